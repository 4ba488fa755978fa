"""Mergers and renames: what becomes of honours and cases, whoever hears of it first."""

from itertools import permutations
from typing import Any

import pytest

from services.review.domain import opening
from services.review.domain.chamber import KnownChamber, Merged, hear_merged, hear_renamed
from services.review.domain.honour import Register
from services.review.domain.merger import Carried, Carry, End, carry, end, hear_carried
from services.review.domain.sanction import Suspend, suspend
from shared.contracts import ChamberMerged, ChamberRenamed, HonourCarried, HonourEnded
from shared.kernel.change import Change
from tests.unit.review import given
from tests.unit.review.test_honour import OFFICE, T0, day, granted, hear, run, standings
from tests.unit.review.world import play

INTO = given.chamber(2)
MERGED = ChamberMerged(area="3502", chamber=given.chamber(1), into=INTO, document="合并〔1〕", since=day(-2))
GONE = KnownChamber(code=given.code(1), merged=Merged(into=INTO, document="合并〔1〕", since=day(-2)))
LINE = "national-sihao"
SAID: dict[str, Any] = {
    "by": OFFICE,
    "round": "R-1",
    "reason": given.text("业务延续", "work goes on"),
    "document": "承继",
}


def held() -> Register:
    """The honour of the chamber that is no more, until day 100."""
    return hear(None, granted("R-1", -10, 100)).state


def others(*spans: tuple[str, int, int]) -> Register:
    """Honours of the other chamber."""
    register: Register | None = None
    for round_, begins, ends in spans:
        event = granted(round_, begins, ends).model_copy(
            update={"chamber": INTO, "honour": f"{LINE}:{INTO.code}:{round_}"}
        )
        register = hear(register, event).state
    return register or Register(line=LINE, code=INTO.code)


def carried(register: Register, other: Register | None = None, chamber: KnownChamber | None = GONE) -> Change[Register]:
    """The other chamber carries the honour on."""
    return carry(register, Carry(**SAID, chamber=chamber, held=other.terms if other else ()), day(0))


def test_an_honour_is_carried_on_for_the_time_that_is_left_and_both_are_linked() -> None:
    change = carried(held())
    assert [fact.name for fact in change.facts] == ["honour.carried", "honour.superseded"]
    event = change.facts[0]
    assert isinstance(event, HonourCarried)
    assert (event.area, event.chamber, event.valid_from, event.valid_until) == ("3502", INTO, day(0), day(100))
    assert change.state.terms[0].by == event.honour == f"{LINE}:{INTO.code}:R-1"
    entered = hear_carried(None, Carried(event=event, jurisdiction="CN"), day(0))
    assert entered
    [term] = entered.state.terms
    assert (term.status, term.origin, term.jurisdiction) == ("valid", f"{LINE}:{given.code(1)}:R-1", "CN")
    assert hear_carried(entered.state, Carried(event=event, jurisdiction="CN"), day(1)) is None
    assert run(change.state, 200)[1] == [], "what was carried on does not expire a second time"
    assert run(entered.state, 200)[1] == ["honour.expired R-1"]


def test_what_is_carried_on_supersedes_an_honour_that_ends_sooner() -> None:
    other = others(("R-0", -300, 50))
    event = carried(held(), other).facts[0]
    assert isinstance(event, HonourCarried)
    entered = hear_carried(other, Carried(event=event, jurisdiction="CN"), day(0))
    assert entered
    assert standings(entered.state) == [("R-0", "superseded"), ("R-1", "valid")]


@pytest.mark.parametrize("own", [("R-1", -10, 100), ("R-2", 10, 300), ("R-1", -10, -5)])
def test_nothing_is_carried_on_over_an_honour_that_reaches_as_far(own: tuple[str, int, int]) -> None:
    with given.refused_as("merger.held"):
        carried(held(), others(own))


def test_without_a_merger_on_record_nothing_is_carried_on_or_ended() -> None:
    for chamber in (None, KnownChamber(code=given.code(1), names={1: "新名商会"})):
        with given.refused_as("merger.none"):
            carried(held(), chamber=chamber)
        with given.refused_as("merger.none"):
            end(held(), End(**SAID, chamber=chamber, plaque=15), day(0))


def test_an_honour_does_not_leave_the_area_of_who_granted_it() -> None:
    register = held()
    provincial = register.but(terms=(register.terms[0].model_copy(update={"jurisdiction": "35"}),))
    away = GONE.but(merged=Merged(into=given.chamber(2, area="4401"), document="d", since=day(-2)))
    with given.refused_as("merger.elsewhere"):
        carried(provincial, chamber=away)
    assert carried(provincial).state.terms[0].status == "superseded"


def test_a_suspended_honour_is_not_carried_on_but_may_end() -> None:
    waiting = suspend(held(), Suspend(**SAID, cause="inquiry"), day(0)).state
    with given.refused_as("honour.standing"):
        carried(waiting)
    change = end(waiting, End(**SAID, chamber=GONE, plaque=15), day(1))
    [fact] = change.facts
    assert isinstance(fact, HonourEnded)
    assert standings(change.state) == [("R-1", "ended")]
    assert change.state.due() is None


@pytest.mark.parametrize("number", [1, 3])
def test_a_case_under_review_ends_with_its_chamber_and_one_that_is_over_stays(number: int) -> None:
    case = play(given.Random(1)).case(number, "35")
    for status in ("open", "returned"):
        change = opening.hear_merged(case.but(status=status, ending=None), MERGED, T0)
        assert change
        assert change.state.ending
        assert (change.state.status, change.state.ending.code) == ("declined", "merged")
        assert INTO.code in change.state.ending.reason.zh
        assert INTO.name in change.state.ending.remedy.en
    for status in ("nominated", "declined", "withdrawn", "honoured", "awaited"):
        assert opening.hear_merged(case.but(status=status), MERGED, T0) is None
    assert opening.hear_merged(None, MERGED, T0) is None


def test_names_and_a_merger_are_known_in_any_order_and_once() -> None:
    events = [
        ChamberRenamed(area="3502", chamber=given.chamber(1).model_copy(update={"name": name}), former="旧", number=n)
        for n, name in ((1, "二名商会"), (2, "三名商会"))
    ]
    for order in permutations([*events, MERGED, events[0]]):
        known: KnownChamber | None = None
        for event in order:
            hear_ = hear_merged if isinstance(event, ChamberMerged) else hear_renamed
            change = hear_(known, event, T0)  # type: ignore[arg-type]
            known = change.state if change else known
        assert known
        assert (known.name, known.merged and known.merged.into) == ("三名商会", INTO)
        assert KnownChamber.model_validate(known.model_dump(mode="json")) == known
