"""The invented world of a run: rounds, chambers and scorecards, each different from all others."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from shared.contracts import (
    CENTRE,
    ApplicationScored,
    ApplicationWithdrawn,
    Calendar,
    Chamber,
    Evidence,
    Gate,
    ItemScore,
    Round,
    RoundOpened,
    Score,
    Shortfall,
    level_of,
    text,
)

ITEM = "B2.i"
"""The item that is sent back for correction."""
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_YEARS = timedelta(days=5 * 365)


@dataclass
class World:
    """Everything is named after the run, so that runs on one broker do not meet."""

    area: str
    """The province under test."""
    run: str
    """What the codes of its rounds begin with."""
    procedure: str
    """The procedure that its rounds name for provinces."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def elsewhere(self) -> str:
        """Another province."""
        return "11" if self.area != "11" else "12"

    def round(self, name: str, *, quota: int = 5) -> RoundOpened:
        """A round of the centre that gives the province this quota, and far more time than a run takes."""
        now = datetime.now(UTC).replace(microsecond=0)
        calendar = Calendar(
            apply_from=now,
            apply_until=now + _YEARS,
            nominate_until=now + _YEARS,
            valid_from=now + _YEARS,
            valid_until=now + 2 * _YEARS,
        )
        return RoundOpened(
            area=CENTRE,
            round=Round(
                code=f"{self.run}-{name}",
                area=CENTRE,
                honour="conformance",
                title=text("一致性测试（虚构）", "Conformance test (invented)"),
                years=(now.year,),
                rubric="sihao-2019@1",
                parameters={},
                procedures={"province": self.procedure, "nation": "nation@1"},
                quotas={self.area: quota},
                calendar=calendar,
            ),
        )

    def scored(self, round_: str, *, total: str = "80.00", failed: bool = False, area: str = "") -> ApplicationScored:
        """The first scorecard of another chamber, of the province itself, a city or a county of it in turn."""
        number = next(self._numbers)
        chamber = _chamber(area or self.area + ("", "01", "0102")[number % 3], number)
        return _scored(chamber, round_, total=total, failed=failed)

    def again(self, before: ApplicationScored, *, total: str, corrected: bool) -> ApplicationScored:
        """The same application, scored anew: of the next revision if it was corrected, else of the same."""
        score = _score(before.application, before.sequence + 1, total, failed=False)
        later = {"score": score, "sequence": before.sequence + 1, "revision": before.revision + corrected}
        return before.model_copy(update=later)

    def withdrawn(self, scored: ApplicationScored) -> ApplicationWithdrawn:
        """Its chamber takes it back."""
        return ApplicationWithdrawn(
            area=scored.area, application=scored.application, round=scored.round, chamber=scored.chamber
        )

    def case(self, scored: ApplicationScored) -> str:
        """The id of its case in the province."""
        return f"{scored.application}@{self.area}"


def _scored(chamber: Chamber, round_: str, *, total: str, failed: bool) -> ApplicationScored:
    application = f"{round_}-{chamber.code}"
    return ApplicationScored(
        area=chamber.area,
        application=application,
        round=round_,
        revision=1,
        sequence=1,
        chamber=chamber,
        evidence=(
            Evidence(
                sha256=_digest(application, "file"),
                name="走访登记表.xlsx",
                media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                size=20_480,
                items=(ITEM,),
            ),
        ),
        score=_score(application, 1, total, failed=failed),
    )


def _score(application: str, sequence: int, total: str, *, failed: bool) -> Score:
    reason = text("年检结论：不合格", "annual inspection: failed") if failed else text("年检合格", "inspection passed")
    return Score(
        admitted=not failed,
        total=Decimal(total),
        pending=Decimal("1.50"),
        dimensions={"A": Decimal("20.10"), "B": Decimal("20.20"), "C": Decimal("20.30"), "D": Decimal("19.40")},
        gates=(Gate(item="D1.c", result="not_met" if failed else "met", reason=reason),),
        items=(ItemScore(item=ITEM, points=Decimal("1.10"), of=Decimal("2.00"), outcome="partial"),),
        shortfalls=(
            Shortfall(
                item=ITEM,
                lost=Decimal("0.90"),
                cause=text("走访不足", "too few visits"),
                remedy=text("补足走访", "make the visits up"),
            ),
        ),
        rubric="sihao-2019@1",
        digest=_digest(application, str(sequence), total),
    )


def _chamber(area: str, number: int) -> Chamber:
    return Chamber(
        code=_credit_code(area, number),
        name=f"第{number}号一致性测试商会（虚构）",
        type="industry",
        level=level_of(area),
        area=area,
    )


def _credit_code(area: str, number: int) -> str:
    """A valid unified social credit code of a social organisation, GB 32100-2015 and GB 11714."""
    body = f"MJ{number:06d}"
    rest = 11 - sum(w * int(c, 36) for w, c in zip(_BODY_WEIGHTS, body, strict=True)) % 11
    code = f"51{area:0<6}{body}{'0123456789X0'[rest]}"
    check = sum(w * _ALPHABET.index(c) for w, c in zip(_WEIGHTS, code, strict=True))
    return code + _ALPHABET[-check % 31]


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
