"""An application measured: its figures at once, its sentences only where somebody reads them.

The event carries the figures in brief, with the sentences of the gates and of the costliest shortfalls. The full
scorecard, every item with value, rule and reason, is written when it is asked for. The digest covers inputs and
figures; the sentences follow from them, so that it stands for the whole card.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from services.scoring.domain.figure import Row
from services.scoring.domain.figures import Figures
from services.scoring.domain.marks import Marks
from services.scoring.domain.reasons import Reasons
from services.scoring.domain.rubric import Clause, Item
from services.scoring.domain.scorecard import ClauseLine, DimensionLine, GateLine, ItemLine, Scorecard
from services.scoring.domain.standard import Standard
from shared.contracts.chambers import Chamber
from shared.contracts.scores import Gate, ItemOutcome, ItemScore, Score, Shortfall
from shared.contracts.text import Text
from shared.kernel.canonical import digest

_REMEMBERED = 1 << 14
"""How many figures and lines are kept for the next application: most have most of them in common."""
_STANDARDS = 8
"""Of how many standards sentences are kept: one a round."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything a scorecard is made from."""

    standard: Standard
    chamber: Chamber
    row: Row
    marks: Marks
    evidence: Mapping[str, tuple[str, ...]]
    """Item code → hashes of the files tied to it, in order."""
    figures: Figures

    @property
    def digest(self) -> str:
        """SHA-256 over standard, chamber, facts, evidence, marks and every figure, as lists in the rubric's order."""
        columns, figures = self.standard.columns, self.figures
        return digest(
            [
                self.standard.digest,
                self.chamber.model_dump(mode="json"),
                self.row[: columns.facts],
                self.evidence,
                {code: mark.as_integer_ratio() for code, mark in self.marks.items()},
                figures.gates,
                figures.maximum,
                figures.points,
                figures.pending,
                figures.outcomes,
                list(figures.bonus.items()),
                [[*map(tuple, own)] for own in figures.clauses],
                [*map(tuple, figures.dimensions)],
                tuple(figures.total),
            ]
        )

    def brief(self, shortfalls: int = 10) -> Score:
        """The scorecard as it travels in `application.scored`."""
        figures, rubric = self.figures, self.standard.rubric
        return Score(
            admitted=figures.admitted,
            total=_points(figures.total.points),
            pending=_points(figures.total.pending),
            dimensions={
                dimension.code: _points(sums.points)
                for dimension, sums in zip(rubric.dimensions, figures.dimensions, strict=True)
            },
            gates=tuple(
                Gate(item=item.code, result=result, reason=self._reason(item))
                for (item, _), result in zip(self.standard.gates, figures.gates, strict=True)
                if result is not None
            ),
            items=tuple(
                map(
                    _line,
                    self.standard.codes,
                    figures.points,
                    figures.maximum,
                    figures.outcomes,
                    self.standard.scales,
                    figures.counted,
                )
            ),
            shortfalls=self._shortfalls(shortfalls),
            rubric=rubric.key,
            digest=self.digest,
        )

    def card(self) -> Scorecard:
        """The scorecard in full."""
        figures, rubric, total = self.figures, self.standard.rubric, self.figures.total
        return Scorecard(
            rubric=rubric.key,
            rubric_digest=rubric.digest,
            parameters=dict(self.standard.parameters.data),
            chamber=self.chamber,
            admitted=figures.admitted,
            gates=tuple(
                GateLine(**self._about(item), result=result, remedy=item.remedy)
                for (item, _), result in zip(self.standard.gates, figures.gates, strict=True)
                if result is not None
            ),
            dimensions=tuple(
                DimensionLine(
                    code=dimension.code,
                    text=dimension.text,
                    maximum=_points(sums.maximum),
                    points=_points(sums.points),
                    pending=_points(sums.pending),
                    clauses=tuple(self._clause(clause, number, n) for n, clause in enumerate(dimension.clauses)),
                )
                for number, (dimension, sums) in enumerate(zip(rubric.dimensions, figures.dimensions, strict=True))
            ),
            maximum=_points(total.maximum),
            total=_points(total.points),
            pending=_points(total.pending),
            shortfalls=self._shortfalls(None),
            digest=self.digest,
        )

    def _clause(self, clause: Clause, dimension: int, number: int) -> ClauseLine:
        figures = self.figures
        own, sums = self.standard.clauses[dimension][number], figures.clauses[dimension][number]
        return ClauseLine(
            code=clause.code,
            text=clause.text,
            maximum=_points(sums.maximum),
            points=_points(sums.points),
            pending=_points(sums.pending),
            bonus=_points(sums.bonus),
            items=tuple(
                ItemLine(
                    **self._about(self.standard.items[position]),
                    maximum=_points(figures.maximum[position]),
                    points=_points(figures.points[position]),
                    pending=_points(figures.pending[position]),
                    bonus=_points(figures.bonus.get(position, 0)),
                    outcome=figures.outcomes[position],
                )
                for position in range(own.start, own.stop)
            ),
        )

    def _about(self, item: Item) -> dict[str, Any]:
        """What a gate's line and an item's line have in common."""
        return {
            "code": item.code,
            "text": item.text,
            "source": item.source,
            "value": self.standard.columns.values(item, self.row),
            "rule": self.standard.rules[item.code],
            "reason": self._reason(item),
            "evidence": self.evidence.get(item.code, ()),
        }

    def _shortfalls(self, most: int | None) -> tuple[Shortfall, ...]:
        """The items that lost points, costliest first."""
        found = ((self.standard.items[position], lost) for position, lost in self.figures.losses[:most])
        return tuple(
            Shortfall(item=item.code, lost=_points(lost), cause=self._reason(item), remedy=item.remedy)
            for item, lost in found
        )

    def _reason(self, item: Item) -> Text:
        return _reasons(self.standard).of(item, self.row, self.chamber)


_reasons = lru_cache(_STANDARDS)(Reasons)


@lru_cache(_REMEMBERED)
def _points(hundredths: int) -> Decimal:
    """Hundredths of a point as points."""
    return Decimal(hundredths).scaleb(-2)


@lru_cache(_REMEMBERED)
def _line(  # noqa: PLR0917 - the columns of one line
    code: str,
    points: int,
    of: int,
    outcome: ItemOutcome,
    mark_of: Decimal | None,
    counted: tuple[int, int] | None,
) -> ItemScore:
    """An item in brief; where it is judged and applies, with the scale of the mark, and what its facts would give."""
    known = {"item": code, "points": _points(points), "of": _points(of), "outcome": outcome}
    if mark_of is None or outcome == "not_applicable":
        return ItemScore(**known)
    return ItemScore(**known, mark_of=mark_of, computed=_in_proportion(mark_of, counted) if counted else None)


def _in_proportion(mark_of: Decimal, counted: tuple[int, int]) -> Decimal:
    """The mark that agrees with what the facts earn: two places, halves up, and within the scale."""
    earned, whole = counted
    above, below = mark_of.as_integer_ratio()
    hundredths = (200 * above * earned + below * whole) // (2 * below * whole)
    return Decimal(min(hundredths, int(100 * mark_of))).scaleb(-2)
