"""Exemplars 互学互促: a chamber that lost nothing in a clause shows a weak one how, if it consents.

S:001 “请优秀商协会代表作先进经验交流发言”, “学习借鉴……先进经验和做法”. Consent is for one clause, given by the
chamber itself, and can be taken back at any time. The order of nearness is ours.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from services.scoring.domain.measured import Measured
from services.scoring.domain.rubric import Rubric
from shared.contracts.area import CENTRE, province_of
from shared.contracts.chambers import Chamber
from shared.contracts.text import Text
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State

Near = Literal["city", "province", "type", "elsewhere"]
"""同市 · 同省 · 同类 · 其他."""
_CITY = 4
"""Digits of a city's area code (GB/T 2260)."""


class Agreed(State):
    """Consent to be shown on one clause."""

    rubric: str
    """Id of the rubric, without version."""
    clause: str
    """Code of the clause."""


class Exemplar(State):
    """A chamber, and the clauses on which it consents to be shown."""

    chamber: Chamber
    """The chamber, as of its last consent."""
    agreed: tuple[Agreed, ...] = ()
    """In the order of rubric and clause."""


class Consent(Command):
    """Consent to be shown on a clause."""

    clause: str
    rubric: Rubric = Field(exclude=True)
    """The rubric by which the chamber was scored last."""
    chamber: Chamber = Field(exclude=True)


class Revoke(Command):
    """Take consent back."""

    clause: str


class ClauseResult(State):
    """What a clause came to."""

    clause: str
    """Its code."""
    text: Text
    """Its name."""
    points: Decimal
    """Points given, with the bonus credited."""
    of: Decimal
    """Points possible; 0 if it does not apply."""
    pending: Decimal
    """What experts may still add."""
    lost: bool
    """Whether anything is lost, exactly."""

    @property
    def exemplary(self) -> bool:
        """Whether nothing is lost, and something is earned: what experts have not marked yet is not lost."""
        return not self.lost and self.points > 0


def consent(exemplar: Exemplar | None, command: Consent, _now: datetime) -> Change[Exemplar] | None:
    """Consent on one clause more; None if it is given.

    Raises:
        Refused: the rubric has no such clause.
    """
    known = [clause.code for dimension in command.rubric.dimensions for clause in dimension.clauses]
    if command.clause not in known:
        codes = ", ".join(known)
        raise refused(
            "exemplar.unknown-clause",
            "clause",
            rule=(f"标准没有 {command.clause} 条。", f"The rubric has no clause {command.clause}."),
            remedy=(f"现有：{codes}", f"There are: {codes}"),
        )
    before = exemplar or Exemplar(chamber=command.chamber)
    agreed = Agreed(rubric=command.rubric.id, clause=command.clause)
    if agreed in before.agreed:
        return None
    after = sorted({*before.agreed, agreed}, key=lambda one: (one.rubric, one.clause))
    return Change(Exemplar(chamber=command.chamber, agreed=tuple(after)))


def revoke(exemplar: Exemplar | None, command: Revoke, _now: datetime) -> Change[Exemplar] | None:
    """No consent on this clause any more, under any rubric; None if there was none."""
    if exemplar is None:
        return None
    left = tuple(one for one in exemplar.agreed if one.clause != command.clause)
    return None if left == exemplar.agreed else Change(exemplar.but(agreed=left))


def clause_results(measured: Measured) -> Iterator[ClauseResult]:
    """Every clause, in the order of the text."""
    rubric, figures = measured.standard.rubric, measured.figures
    for dimension, sums, exact in zip(rubric.dimensions, figures.clauses, figures.exact_clauses, strict=True):
        for clause, shown, (points, most) in zip(dimension.clauses, sums, exact, strict=True):
            yield ClauseResult(
                clause=clause.code,
                text=clause.text,
                points=Decimal(shown.points).scaleb(-2),
                of=Decimal(shown.maximum).scaleb(-2),
                pending=Decimal(shown.pending).scaleb(-2),
                lost=points < most,
            )


def near(one: Chamber, other: Chamber) -> Near:
    """How near another chamber is: in the same city, else the same province, else of the same type."""
    if CENTRE not in {one.area, other.area}:
        if len(one.area) >= _CITY and one.area[:_CITY] == other.area[:_CITY]:
            return "city"
        if province_of(one.area) == province_of(other.area):
            return "province"
    return "type" if one.type == other.type else "elsewhere"


def nearest(chamber: Chamber, exemplars: Iterable[Exemplar], agreed: Agreed) -> list[Exemplar]:
    """Those that consent on this clause, other than the chamber itself: same city, same province, same type, others.

    Within a city and a province those of the same type come first; then by credit code, so that the order is fixed.
    """
    order: tuple[Near, ...] = ("city", "province", "type", "elsewhere")
    others = (one for one in exemplars if agreed in one.agreed and one.chamber.code != chamber.code)
    return sorted(
        others,
        key=lambda one: (
            order.index(near(chamber, one.chamber)),
            one.chamber.type != chamber.type,
            one.chamber.code,
        ),
    )
