"""A scorecard computed again from what was handed in and the frozen rubric: the same facts give the same digest."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from services.scoring.domain.decide import measured_of
from services.scoring.domain.record import Record
from services.scoring.domain.standard import Standard
from shared.contracts.scores import Score
from shared.contracts.text import text
from shared.kernel.difference import Difference, differ


def replayed_record(record: Record, standard: Standard) -> Iterator[Difference]:
    """The digest of a record's last scorecard; one of which nothing was scored has none."""
    if record.submission is None or record.digest is None:
        return
    measured, _ = measured_of(record, standard)
    where = f"records/{record.application}"
    yield from differ(where, text("评分卡摘要", "digest of the scorecard"), record.digest, measured.digest)


def replayed_score(where: str, kept: Score, record: Record, standard: Standard) -> Iterator[Difference]:
    """A scorecard in brief as somebody else kept it, figure by figure; sentences may have been put better since."""
    measured, _ = measured_of(record, standard)
    computed = _figures(measured.brief())
    for name, recorded in _figures(kept).items():
        yield from differ(where, text(f"得分 {name}", f"the score: {name}"), recorded, computed.pop(name, None))
    for name, left in computed.items():
        yield from differ(where, text(f"得分 {name}", f"the score: {name}"), None, left)


def replayed_marks(record: Record, settled: Mapping[str, Decimal]) -> Iterator[Difference]:
    """The experts' marks that were scored, beside those that were settled."""
    where = f"records/{record.application}"
    yield from differ(where, text("计入的专家评分", "the marks that were scored"), record.marks, dict(settled))


def _figures(score: Score) -> dict[str, Any]:
    return {
        "total": score.total,
        "pending": score.pending,
        "admitted": score.admitted,
        **{f"dimension {code}": points for code, points in score.dimensions.items()},
        **{f"gate {gate.item}": gate.result for gate in score.gates},
        **{item.item: (item.points, item.of, item.outcome) for item in score.items},
        "rubric": score.rubric,
        "digest": score.digest,
    }
