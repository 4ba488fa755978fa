"""One day between a province and the centre: who says what, when it is said again, what is owed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.contracts.ledgers import (
    FactsReturned,
    HealingAsked,
    LedgerClosed,
    LedgerCompared,
    LedgerDiffered,
    Named,
    ReturnedFact,
)
from shared.kernel import reconciliation as day_of_books
from shared.kernel import returned
from shared.kernel.change import Refused
from shared.kernel.ledger import brief, itemise, tally
from shared.kernel.reconciliation import OPERATOR, Close, Compare, DayLedger, Give, Heal, Healed, Name
from shared.kernel.returned import Given, Settle

NOW = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
SOON = NOW + timedelta(seconds=5)
DAY = date(2026, 11, 25)
KIND = ("review", "case.advanced.v1")
FACT = Named(id="a", subject="x@35")


def closing(ids: list[str], *, final: bool = True, ask: bool = False) -> Close:
    return Close(area="35", day=DAY, final=final, sent=(tally(KIND, ids),), accepted=(), unsent=0, ask=ask)


def closed(ids: list[str]) -> tuple[DayLedger, LedgerClosed]:
    change = day_of_books.close(None, closing(ids), NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, LedgerClosed)
    return change.state, fact


def found(said: LedgerClosed, ours: dict[str, str], *, by: str = "intake", at: datetime = SOON) -> LedgerCompared:
    told, whole = itemise(said.sent[0], ours, 100)
    return LedgerCompared(
        area="35",
        by=by,
        day=DAY,
        closed=said.at,
        at=at,
        agrees=told is None,
        accepted=(brief(KIND, ours),),
        sent=(),
        differing_accepted=(told,) if told else (),
        more=not whole,
    )


def differing() -> tuple[DayLedger, LedgerDiffered]:
    """At the province: intake lacks `a`, and knows a `b` that the province has forgotten."""
    state, said = closed(["a"])
    heard = day_of_books.hear_compared(state, found(said, {"b": "y@35"}), SOON)
    assert heard
    assert heard.state.unnamed == ("intake",)
    lists = {"lacking_there": (FACT,), "forgotten_here": (Named(id="b", subject="y@35"),)}
    change = day_of_books.name_differences(heard.state, Name(of="intake", compared=SOON, lists=lists), SOON)
    assert change
    [fact] = change.facts
    assert isinstance(fact, LedgerDiffered)
    return change.state, fact


def test_books_are_said_once_and_again_when_they_change_or_are_asked_about() -> None:
    state, _ = closed(["a"])
    assert day_of_books.close(state, closing(["a"]), SOON) is None
    late = day_of_books.close(state, closing(["a", "late"]), SOON)
    assert late
    assert [fact.at for fact in late.facts if isinstance(fact, LedgerClosed)] == [SOON]
    assert day_of_books.close(state, closing(["a"], ask=True), SOON)
    assert day_of_books.close(state, closing(["a"], final=False), SOON)


def test_a_service_answers_the_newest_books_only() -> None:
    _, said = closed(["a"])
    heard = day_of_books.hear_closed(None, said, SOON)
    assert heard
    assert heard.state.unanswered
    assert day_of_books.hear_closed(heard.state, said, SOON) is None
    newer = said.model_copy(update={"at": SOON})
    again = day_of_books.hear_closed(heard.state, newer, SOON)
    assert again
    assert day_of_books.compare(again.state, Compare(found=found(said, {})), SOON) is None
    answer = day_of_books.compare(again.state, Compare(found=found(newer, {"a": "x@35"})), SOON)
    assert answer
    assert not answer.state.unanswered
    assert answer.state.agrees
    [told] = answer.facts
    assert isinstance(told, LedgerCompared)


def test_what_differs_is_named_and_the_ids_of_its_neighbours_are_not_kept() -> None:
    state, fact = differing()
    assert state.differences == 2
    assert not state.agrees
    assert fact.wanted == ()
    assert state.compared["intake"].differing_accepted == ()
    assert state.unnamed == ()


def test_when_a_service_agrees_nothing_differs_from_it_any_more() -> None:
    state, _ = differing()
    assert state.closed
    agreeing = found(state.closed, {"a": "x@35"}, at=SOON + timedelta(seconds=1))
    change = day_of_books.hear_compared(state, agreeing, SOON)
    assert change
    assert (change.state.agrees, change.state.differed, change.state.unnamed) == (True, {}, ())
    assert day_of_books.hear_compared(change.state, agreeing, SOON) is None


def test_what_came_meanwhile_is_no_difference() -> None:
    state, said = closed(["a"])
    heard = day_of_books.hear_compared(state, found(said, {}), SOON)
    assert heard
    nothing: dict[str, tuple[Named, ...]] = {"lacking_there": ()}
    change = day_of_books.name_differences(heard.state, Name(of="intake", compared=SOON, lists=nothing), SOON)
    assert change
    assert change.facts == ()
    assert change.state.differed == {}


def test_findings_that_newer_ones_have_replaced_are_not_named() -> None:
    state, said = closed(["a"])
    heard = day_of_books.hear_compared(state, found(said, {}), SOON)
    assert heard
    old = Name(of="intake", compared=NOW, lists={"lacking_there": (FACT,)})
    assert day_of_books.name_differences(heard.state, old, SOON) is None


def test_an_answer_about_older_books_is_no_agreement() -> None:
    state, said = closed(["a"])
    heard = day_of_books.hear_compared(state, found(said, {"a": "x@35"}), SOON)
    assert heard
    assert heard.state.agrees
    asked = day_of_books.close(heard.state, closing(["a"], ask=True), SOON)
    assert asked
    assert not asked.state.agrees


def test_healing_asks_for_what_is_lacking_here_once() -> None:
    state, _ = differing()
    healing = day_of_books.heal(state, Heal(by=OPERATOR), SOON)
    assert healing
    assert day_of_books.heal(healing.state, Heal(by=OPERATOR), SOON) is None
    done = day_of_books.healed(healing.state, Healed(), SOON)
    assert done
    [asked] = done.facts
    assert isinstance(asked, LedgerDiffered)
    assert asked.wanted == ("b",)
    assert not done.state.healing
    assert day_of_books.healed(done.state, Healed(), SOON) is None


def test_the_centre_asks_the_province_to_heal() -> None:
    _, said = closed(["a"])
    heard = day_of_books.hear_closed(None, said, NOW)
    assert heard
    [asked] = day_of_books.ask(heard.state, Heal(by=OPERATOR), SOON).facts
    assert isinstance(asked, HealingAsked)
    state, _ = differing()
    change = day_of_books.hear_asked(state, asked, SOON)
    assert change
    assert change.state.healing


def test_of_a_day_that_nobody_has_closed_nothing_is_healed() -> None:
    with pytest.raises(Refused):
        day_of_books.heal(None, Heal(by=OPERATOR), NOW)
    with pytest.raises(Refused):
        day_of_books.ask(None, Heal(by=OPERATOR), NOW)


def test_what_two_services_have_is_asked_for_once() -> None:
    state, fact = differing()
    both = state.but(healing=True, differed={**state.differed, "notify": fact.model_copy(update={"of": "notify"})})
    done = day_of_books.healed(both, Healed(), SOON)
    assert done
    assert [one.wanted for one in done.facts if isinstance(one, LedgerDiffered)] == [("b",)]


def test_a_service_owes_what_is_wanted_of_it_until_it_has_given_it() -> None:
    _, fact = differing()
    wanted = fact.model_copy(update={"wanted": ("b",)})
    owing = day_of_books.hear_wanted(None, wanted, SOON)
    assert owing
    assert owing.state.owed == ("b",)
    assert day_of_books.hear_wanted(owing.state, wanted, SOON) is None
    back = ReturnedFact(id="b", event="case.advanced.v1", source="/sihao/review", time="x", body="{}")
    given = day_of_books.give(owing.state, Give(by="intake", facts=(back,)), SOON)
    assert given
    assert given.state.owed == ()
    assert [one.facts for one in given.facts if isinstance(one, FactsReturned)] == [(back,)]
    assert day_of_books.give(given.state, Give(by="intake", facts=(back,)), SOON) is None
    absent = day_of_books.give(owing.state, Give(by="intake", facts=(), absent=("b",)), SOON)
    assert absent
    assert (absent.state.owed, absent.facts) == ((), ())


def test_others_note_what_differs_and_owe_nothing() -> None:
    _, wanted = differing()
    noted = day_of_books.hear_differed(None, wanted, SOON)
    assert noted
    assert noted.state.owed == ()
    assert noted.state.differences == 2
    _, said = closed(["a"])
    agreeing = found(said, {"a": "x@35"})
    change = day_of_books.hear_other(noted.state, agreeing, SOON)
    assert change
    assert change.state.differences == 0
    assert day_of_books.hear_other(change.state, agreeing, SOON) is None


def test_what_is_given_back_is_kept_once_and_settled_once() -> None:
    fact = ReturnedFact(id="b", event="case.advanced.v1", source="/sihao/review", time="x", body="{}")
    kept = returned.keep(None, Given(area="35", day=DAY, fact=fact), NOW)
    assert kept
    assert returned.keep(kept.state, Given(area="35", day=DAY, fact=fact), NOW) is None
    settled = returned.settle(kept.state, Settle(fate="recovered", subject="y@35"), NOW)
    assert settled
    assert (settled.state.fate, settled.state.subject) == ("recovered", "y@35")
    assert returned.settle(settled.state, Settle(fate="lost", subject=""), NOW) is None
    assert returned.settle(None, Settle(fate="lost", subject=""), NOW) is None
