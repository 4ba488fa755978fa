"""The books of a province and of the centre's services: what is lost is named, healed, recovered."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.review.domain.honour import record, register_key
from services.review.domain.officer import Decline, Pass, decide_decline, decide_pass
from services.review.domain.sanction import Revoke, Suspend, revoke, suspend
from services.review.store import CASES, HONOURS
from shared.contracts import RoundOpened
from shared.contracts.text import text
from shared.kernel import reconciliation
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.ledger import day_of
from shared.kernel.reconciliation import OPERATOR, Heal, ledger_key
from shared.runtime import reconciling
from shared.runtime.ledgers import LEDGERS, RETURNED
from tests.unit.review import given
from tests.unit.review.test_honour import past_of_fujian
from tests.unit.runtime.books import Bus, Party, a_country

OFFICER = Actor(id="officer", role="officer", area="35")
Country = tuple[Bus, dict[str, Party]]


@pytest.fixture
async def country() -> AsyncIterator[Country]:
    """A round is open, and three applications were scored."""
    async with a_country() as (bus, parties):
        await parties["intake"].announce(RoundOpened(area="CN", round=given.ROUND))
        await bus.deliver()
        for number in (1, 2, 3):
            await score(bus, parties, number)
        await bus.settle()
        assert (await parties["review-35"].day()).agrees
        yield bus, parties


async def score(bus: Bus, parties: dict[str, Party], number: int) -> str:
    id_ = await parties["scoring"].announce(given.scored(number).event)
    await bus.deliver()
    return id_


async def act(bus: Bus, province: Party, number: int, command: Any = None, decide: Any = decide_pass) -> None:
    await province.commands.do(CASES, given.case(number), command or Pass(by=OFFICER), decide, what="act", by=OFFICER)
    await province.relay.finish()
    await bus.deliver()


async def heal(bus: Bus, party: Party, decide: Any) -> None:
    key = ledger_key("35", (await party.day()).day)
    await party.commands.do(LEDGERS, key, Heal(by=OPERATOR), decide, what="heal", by=OPERATOR)
    await bus.settle()


async def again(bus: Bus, province: Party) -> None:
    """The province's service begins anew, so that it asks."""
    province.begin()
    await bus.settle()


async def test_what_the_centre_lacks_is_named_and_sent_again_with_the_same_bytes(country: Country) -> None:
    bus, parties = country
    province, intake = parties["review-35"], parties["intake"]
    bus.loses = lambda to, fact: to == "intake" and fact.type == "case.advanced.v1"
    await act(bus, province, 1)
    [lost] = bus.lost
    first = next(fact for fact in bus.carried if fact.id == lost)
    province.begin()
    province.bookkeeper._has_drained = _never  # a person decides
    await bus.settle()
    for party in (province, parties["review"], intake):
        day = await party.day()
        assert {of: [f.id for f in one.lacking_there] for of, one in day.differed.items()} == {"intake": [lost]}
        assert [f.subject for f in day.differed["intake"].lacking_there] == [given.case(1)]
    bus.loses = lambda _to, _fact: False
    await heal(bus, parties["review"], reconciliation.ask)
    repeats = [fact for fact in bus.carried if fact.id == lost]
    assert [(fact.body, fact.time, fact.routing_key) for fact in repeats] == [
        (first.body, first.time, first.routing_key)
    ] * 2
    assert (await province.day()).agrees
    assert (await parties["review"].day()).agrees
    assert await intake.guard.evidence.get("35", lost)


async def _never() -> bool:
    return False


async def test_what_the_province_lacks_is_given_to_it_alone(country: Country) -> None:
    bus, parties = country
    province = parties["review-35"]
    bus.loses = lambda to, fact: to == "review-35" and fact.type == "application.scored.v1"
    lost = await score(bus, parties, 4)
    province.begin()
    province.bookkeeper._has_drained = _never
    await bus.settle()
    day = await province.day()
    assert {of: [f.id for f in one.lacking_here] for of, one in day.differed.items()} == {"scoring": [lost]}
    assert await province.database.get(CASES, given.case(4)) is None
    await heal(bus, province, reconciliation.heal)
    assert await province.database.get(CASES, given.case(4)) is not None
    assert [fact.id for fact in bus.carried].count(lost) == 1, "nobody else hears it again"
    back = await province.database.get(RETURNED, lost)
    assert back
    assert back.fate == "handed on"
    assert (await province.day()).agrees


async def test_what_was_lost_while_the_province_was_away_comes_back_when_it_begins(country: Country) -> None:
    bus, parties = country
    bus.loses = lambda to, fact: to == "review-35" and fact.type == "application.scored.v1"
    await score(bus, parties, 4)
    await again(bus, parties["review-35"])
    assert await parties["review-35"].database.get(CASES, given.case(4)) is not None
    assert (await parties["review-35"].day()).agrees


async def test_a_day_counts_as_agreed_only_when_every_service_has_answered(country: Country) -> None:
    """The service that knows of the loss answers last, of a day on which nobody has answered before."""
    bus, parties = country
    province, scoring = parties["review-35"], parties["scoring"]
    bus.now += timedelta(days=1)
    bus.loses = lambda to, fact: to == "review-35" and fact.type == "application.scored.v1"
    await score(bus, parties, 4)
    scoring.bookkeeper, at_once = Silent(), scoring.bookkeeper
    await again(bus, province)
    assert (await province.day()).agrees
    assert not province.bookkeeper._answered.is_set()
    scoring.bookkeeper = at_once
    await bus.settle()
    assert await province.database.get(CASES, given.case(4)) is not None
    assert province.bookkeeper._answered.is_set()


class Silent:
    """Does not answer."""

    async def look(self) -> None:
        """Nothing."""


async def test_a_fact_that_was_refused_is_named_with_the_reason(country: Country) -> None:
    bus, parties = country
    province, intake = parties["review-35"], parties["intake"]
    await act(bus, province, 1)
    [id_] = [fact.id for fact in bus.carried if fact.type == "case.advanced.v1"]
    kept = intake.shelves["received"].pop(f"35/{id_}")
    await intake.guard.evidence.keep([])
    intake.shelves["received"][f"35/{id_}"] = {**kept, "day": "2000-01-01", "content": "of another body"}
    await province.bookkeeper._publisher.publish(await province.book.facts([id_]))
    await bus.deliver()
    await again(bus, province)
    day = await parties["review"].day()
    assert [fact.id for fact in day.differed["intake"].lacking_there] == [id_]
    [refused] = [fact for fact in day.compared["intake"].refused if fact.id == id_]
    assert refused.code == "message.id-reused"


async def test_a_day_that_is_over_is_closed_and_a_late_fact_opens_it_again(country: Country) -> None:
    bus, parties = country
    province = parties["review-35"]
    await act(bus, province, 1)
    [fact] = [fact for fact in bus.carried if fact.type == "case.advanced.v1"]
    key = ledger_key("35", day_of(bus.now))
    bus.now += timedelta(days=1)
    await bus.settle()
    closed = await province.database.get(LEDGERS, key)
    assert closed
    assert closed.closed
    assert closed.closed.final
    assert closed.agrees
    said = len(bus.carried)
    await bus.settle()
    assert len(bus.carried) == said, "nothing is said twice"

    late = replace(fact, id="late")
    await province.book.enter([late])
    await province.bookkeeper._publisher.publish([late])
    await bus.deliver()
    await bus.settle()
    again_ = await province.database.get(LEDGERS, key)
    assert again_
    assert again_.closed
    assert [line.count for line in again_.closed.sent if line.event == fact.type] == [2]
    assert again_.closed.at > closed.closed.at
    assert again_.agrees


async def test_a_restored_store_asks_for_what_it_forgot_and_is_what_it_was(country: Country) -> None:
    bus, parties = country
    province = parties["review-35"]
    backup = province.keep()
    await act(bus, province, 1)
    await act(bus, province, 2, Decline(by=OFFICER, reason=text("合成", "x")), decide_decline)
    for number in (4, 5):
        await score(bus, parties, number)
    await act(bus, province, 4)
    await bus.settle()
    before, said = province.keep(), len(case_facts(bus))

    province.put_back(backup)
    await bus.settle()
    assert (await province.day()).agrees
    assert (await parties["review"].day()).agrees
    assert case_facts(bus)[said:] == [], "nothing is announced again"
    assert province.shelves["cases"].keys() == before["cases"].keys()
    for id_, then in before["cases"].items():
        assert known(province.shelves["cases"][id_]) == known(then), id_
    history = province.shelves["cases"][given.case(4)]["history"]
    assert [entry["what"] for entry in history] == ["application.scored.v1", "case.advanced.v1"]
    assert history[0] == before["cases"][given.case(4)]["history"][0]
    fates = [one.fate for _, one in await province.database.find(RETURNED, {})]
    assert set(fates) == {"decided", "recovered"}
    assert fates.count("recovered") == 3
    assert province.commands.forgotten == frozenset()
    assert not [one for one in await province.letters.list() if one.code != "refused-elsewhere"]


async def test_what_is_forgotten_later_is_asked_for_without_a_start(country: Country) -> None:
    """Somebody deletes from a running store; it is found when the day is closed."""
    bus, parties = country
    province = parties["review-35"]
    await act(bus, province, 1)
    await bus.settle()
    day = day_of(bus.now)
    [fact] = [fact for fact in bus.carried if fact.type == "case.advanced.v1"]
    del province.shelves["sent"][fact.id]
    bus.now += timedelta(days=1)
    await bus.settle()
    assert fact.id in province.shelves["sent"]
    closed = await province.database.get(LEDGERS, ledger_key("35", day))
    assert closed
    assert closed.agrees
    assert province.bookkeeper._asking == set()
    assert province.commands.forgotten == frozenset()


@pytest.mark.parametrize("late", ["intake", "scoring", "review", "notify"])
@pytest.mark.parametrize("patience", [60.0, -1.0], ids=["is waited for", "is not waited for"])
async def test_a_service_that_answers_late_is_asked_too_and_nothing_is_lost(
    country: Country, late: str, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it alone can give is what others' facts rest on."""
    monkeypatch.setattr(reconciling, "_PATIENCE", patience)
    bus, parties = country
    province = parties["review-35"]
    backup = province.keep()
    await act(bus, province, 1)
    await score(bus, parties, 4)
    await act(bus, province, 4)
    await bus.settle()
    before, said = province.keep(), len(case_facts(bus))

    parties[late].bookkeeper, its = Silent(), parties[late].bookkeeper
    province.put_back(backup)
    await bus.settle()
    parties[late].bookkeeper = its
    await bus.settle()
    assert (await province.day()).agrees
    assert case_facts(bus)[said:] == [], "nothing is announced again"
    for id_, then in before["cases"].items():
        assert known(province.shelves["cases"][id_]) == known(then), id_
    assert province.commands.forgotten == frozenset()
    fates = {one.fate for _, one in await province.database.find(RETURNED, {})}
    assert fates <= {"decided", "recovered", "handed on", "known"}, fates


def case_facts(bus: Bus) -> list[str]:
    return [fact.id for fact in bus.carried if fact.type.startswith("case.")]


def known(document: Any) -> Any:
    unknown = {"by", "on_behalf", "reason"}
    decisions = [{k: v for k, v in one.items() if k not in unknown} for one in document["state"]["decisions"]]
    return {**document["state"], "decisions": decisions}


async def test_until_it_is_back_nobody_acts_on_what_was_forgotten(country: Country) -> None:
    bus, parties = country
    province = parties["review-35"]
    backup = province.keep()
    await act(bus, province, 1)
    province.put_back(backup)
    bus.loses = lambda _to, fact: fact.type == "facts.returned.v1"
    await bus.settle()
    assert set(province.bookkeeper.forgotten.values()) == {given.case(1)}
    with pytest.raises(Refused) as refusal:
        await act(bus, province, 1)
    assert refusal.value.problems[0].code == "store.recovering"
    await act(bus, province, 2)
    bus.loses = lambda _to, _fact: False
    await again(bus, province)
    assert province.bookkeeper.forgotten == {}
    case = await province.database.get(CASES, given.case(1))
    assert case
    assert case.stage == "shortlist"
    await again(bus, province)
    assert (await province.day()).agrees


async def test_an_honour_comes_back_with_what_was_decided_about_it_and_until_then_nobody_decides(
    country: Country,
) -> None:
    """Its facts are about a term; the document is its chamber's register."""
    bus, parties = country
    province = parties["review-35"]
    key = register_key("fujian-sihao", given.code(1))
    said: Any = {"by": OFFICER, "round": "FJ-2018", "reason": text("事由", "a cause"), "document": "闽演〔2021〕9号"}
    await decide_on(bus, province, key, past_of_fujian(), record)
    backup = province.keep()
    await decide_on(bus, province, key, Suspend(**said, cause="penalty"), suspend)
    province.put_back(backup)
    bus.loses = lambda _to, fact: fact.type == "facts.returned.v1"
    await bus.settle()
    with pytest.raises(Refused) as refusal:
        await decide_on(bus, province, key, Revoke(**said, plaque=15), revoke)
    assert refusal.value.problems[0].code == "store.recovering"
    bus.loses = lambda _to, _fact: False
    await again(bus, province)
    register = await province.database.get(HONOURS, key)
    assert register
    assert [term.status for term in register.terms] == ["suspended"]
    assert province.bookkeeper.forgotten == {}


async def decide_on(bus: Bus, province: Party, key: str, command: Any, decide: Any) -> None:
    await province.commands.do(HONOURS, key, command, decide, what="act", by=OFFICER)
    await province.relay.finish()
    await bus.deliver()
