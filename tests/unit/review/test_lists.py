"""A list shows an expert full pages of what they may judge, and no trace of the rest."""

from types import SimpleNamespace
from typing import Any, cast

from services.review.api.cases import _visible
from services.review.api.desk import Desk
from services.review.domain import opening
from services.review.domain.expert import Expert
from services.review.domain.line import Line, where_to_go_on
from services.review.domain.recusal import Tie
from shared.runtime.http import PageRequest
from tests.unit.review import given


def line_of(number: int) -> Line:
    """A case before the centre's experts, as a list reads it."""
    who = given.chamber(number, "CN", "national")
    opened = opening.hear_score(None, given.scored(jurisdiction="CN", who=who), given.NOW)
    assert opened
    return Line(opened.state.but(id=f"case-{number}").model_dump(mode="json"))


class Cases:
    """A store of five cases, in the order of their ids."""

    def __init__(self) -> None:
        self.all = [line_of(number) for number in range(1, 6)]

    async def lines(self, where: Any, *, limit: int, after: str | None, **_: str | None) -> list[Line]:
        """A page."""
        del where
        return [line for line in self.all if where_to_go_on(line) > (after or "")][:limit]


def desk() -> Desk:
    """A desk over that store."""
    clock = SimpleNamespace(now=lambda: given.NOW)
    return cast("Desk", SimpleNamespace(store=Cases(), clock=clock))


async def pages(expert: Expert | None) -> list[list[str]]:
    """Every page of two, as the caller pages through."""
    found: list[list[str]] = []
    after, more = None, True
    while more:
        seen, more = await _visible(desk(), {}, PageRequest(limit=2, after=after), expert)
        found.append([case.id for case in seen])
        after = where_to_go_on(seen[-1]) if seen else None
    return found


async def test_a_conflicted_case_is_on_no_page_and_in_no_cursor() -> None:
    ties = tuple(Tie(code=given.code(number), kind="kin") for number in (2, 3, 4))
    assert await pages(Expert(id="e-1", fields=("法律",), area="11", ties=ties)) == [["case-1", "case-5"], []]
    assert await pages(None) == [["case-1", "case-2"], ["case-3", "case-4"], ["case-5"]]
