"""A province's store that was put back: cases come to where they stood, from what was heard and from own facts."""

import copy
from collections import Counter
from typing import Any

import pytest

from services.review.domain.officer import Decline, Pass, Return, decide_decline, decide_pass, decide_return
from services.review.domain.shortlist import seal
from services.review.store import CASES, SHORTLISTS
from shared.contracts import ApplicationScored, ReturnedItem, RoundOpened
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.runtime.message import Message
from tests.unit.review import given
from tests.unit.review.restored import Archive, Deployment, heard

OFFICER = Actor(id="officer", role="officer", area="35")


def scored(number: int, *, revision: int = 1, sequence: int = 1) -> ApplicationScored:
    event = given.scored(number).event
    return event.model_copy(update={"revision": revision, "sequence": sequence})


def known(document: Any) -> Any:
    """A state without what its facts do not tell."""
    state = document["state"]
    unknown = {"by", "on_behalf", "reason"}
    decisions = [{k: v for k, v in one.items() if k not in unknown} for one in state["decisions"]]
    return {**state, "decisions": decisions}


async def test_cases_and_the_sealed_list_come_back_and_nothing_is_announced_again() -> None:
    archive: Archive = []
    before = Deployment({}, archive)
    await before.hear(heard(RoundOpened(area="CN", round=given.ROUND), "round", given.NOW))
    for number in range(1, 7):
        await before.hear(heard(scored(number), f"score {number}", given.NOW))
    backup = copy.deepcopy(before.shelves)

    items = (ReturnedItem(item="B2.i", reason=text("缺", "missing")),)
    for number in (1, 2, 3):
        await before.act(CASES, given.case(number), Pass(by=OFFICER), decide_pass)
    await before.act(CASES, given.case(4), Return(by=OFFICER, items=items), decide_return)
    await before.hear(heard(scored(4, revision=2, sequence=2), "score 4 again", before.now()))
    await before.act(CASES, given.case(4), Pass(by=OFFICER), decide_pass)
    await before.act(CASES, given.case(5), Decline(by=OFFICER, reason=text("合成", "x")), decide_decline)
    await before.act(CASES, given.case(6), Return(by=OFFICER, items=items), decide_return)
    await before.hear(heard(scored(7), "score 7", before.now()))
    await before.act(CASES, given.case(7), Pass(by=OFFICER), decide_pass)
    list_ = given.sealing(OFFICER, tuple(given.contender(number) for number in (1, 2, 3, 4, 7)))
    await before.act(SHORTLISTS, list_.id, list_, seal)
    length = len(archive)

    after = Deployment(backup, archive)
    found = await after.restore()
    assert await found.forgotten() == frozenset()
    assert len(archive) == length
    assert not any(document["outbox"] for document in after.shelves["cases"].values())
    assert after.shelves["cases"].keys() == before.shelves["cases"].keys()
    for id_, then in before.shelves["cases"].items():
        assert known(after.shelves["cases"][id_]) == known(then), id_
    whats = [entry["what"] for entry in after.shelves["cases"][given.case(4)]["history"]]
    assert whats == [
        "application.scored.v1",
        "case.returned.v1",
        "application.scored.v1",
        "case.advanced.v1",
        "shortlist.sealed.v1",
    ]
    sealed = after.shelves["shortlists"][list_.id]["state"]
    assert [place["case"] for place in sealed["places"]] == [
        place["case"] for place in before.shelves["shortlists"][list_.id]["state"]["places"]
    ]
    assert sealed["sealed_by"]["id"] == "recovered"
    again = copy.deepcopy(after.shelves)
    await after.restore()
    assert after.shelves == again, "harmless to repeat"


async def test_where_the_sealed_list_itself_is_not_known_the_nomination_still_is() -> None:
    archive: Archive = []
    before = Deployment({}, archive)
    await before.hear(heard(RoundOpened(area="CN", round=given.ROUND), "round", given.NOW))
    await before.hear(heard(scored(1), "score 1", given.NOW))
    await before.act(CASES, given.case(1), Pass(by=OFFICER), decide_pass)
    backup = copy.deepcopy(before.shelves)
    list_ = given.sealing(OFFICER, (given.contender(1),))
    await before.act(SHORTLISTS, list_.id, list_, seal)
    archive[:] = [one for one in archive if not str(one.routing_key).startswith("shortlist.sealed")]

    after = Deployment(backup, archive)
    found = await after.restore()
    assert await found.forgotten() == frozenset()
    assert known(after.shelves["cases"][given.case(1)]) == known(before.shelves["cases"][given.case(1)])
    assert after.shelves["cases"][given.case(1)]["history"][-1]["what"] == "case.nominated.v1"


async def test_what_is_done_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the archive is cheap; deciding again is not."""
    archive: Archive = []
    before = Deployment({}, archive)
    await before.hear(heard(RoundOpened(area="CN", round=given.ROUND), "round", given.NOW))
    backup = copy.deepcopy(before.shelves)
    for number in range(1, 4):
        await before.hear(heard(scored(number), f"score {number}", given.NOW))
    await before.act(CASES, given.case(1), Pass(by=OFFICER), decide_pass)
    looked = Counter[str]()
    read = Message.read

    def counted(message: Message) -> None:
        looked[message.envelope.id] += 1
        read(message)

    monkeypatch.setattr(Message, "read", counted)
    after = Deployment(backup, archive)
    known_ = await after.restore()
    assert await known_.forgotten() == frozenset()
    assert [looked[f"score {number}"] for number in range(1, 4)] == [1, 1, 1]
