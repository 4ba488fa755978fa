"""The checker finds nothing where all is well, and every single thing that is spoilt."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chaos.evidence import DeadOne, Evidence, Mailed
from chaos.ledger import Act, Trespass
from services.notify.domain.letter import letter_key
from tests.chaos.sound import ONE, QUEUE, SECRETARY, TWO, Found, document, of, sound

Spoil = Callable[[Found], None]


def test_where_all_is_well_nothing_is_found():
    assert sound().check() == []


def lose(service: str, collection: str, key: str) -> Spoil:
    def spoil(found: Found) -> None:
        del found.part.documents[service, collection][key]

    return spoil


def change(service: str, collection: str, key: str, **state: Any) -> Spoil:
    def spoil(found: Found) -> None:
        group = found.part.documents[service, collection]
        group[key] = replace(group[key], state={**group[key].state, **state})

    return spoil


def redo(service: str, collection: str, key: str, **parts: Any) -> Spoil:
    def spoil(found: Found) -> None:
        group = found.part.documents[service, collection]
        group[key] = replace(group[key], **parts)

    return spoil


def twice(found: Found) -> None:
    group = found.part.documents["scoring", "records"]
    once = group[ONE]
    group[ONE] = replace(once, steps=once.steps * 2, heard=once.heard * 2)


def phantom(found: Found) -> None:
    found.evidence.ledger.attempted.discard(TWO)


def stray_letter(found: Found) -> None:
    state = {"status": "delivered", "triple": ("nowhere", SECRETARY, "inbox")}
    found.part.documents["notify", "letters"]["stray"] = document("notify", "letters", "stray", state)


def same_letter_twice(found: Found) -> None:
    state = {"status": "delivered", "triple": ("e1", SECRETARY, "inbox")}
    found.part.documents["notify", "letters"]["other"] = document("notify", "letters", "other", state)


def given_twice(found: Found) -> None:
    letters = found.part.documents["notify", "letters"]
    letters["again"] = document("notify", "letters", "again", {"status": "delivered", "triple": ("e1", "x", "inbox")})
    letters["again"] = replace(letters["again"], steps=found.part.of("scoring", "records")[ONE].steps, heard=("e1",))


def unheard_rubric(found: Found) -> None:
    rubric = document("scoring", "rubrics", "r", {}, ("publish", "c9", ("e9",)))
    found.part.documents["scoring", "rubrics"] = of(rubric)
    found.evidence.before_tap = frozenset({"e9"})


def act(what: str) -> Spoil:
    def spoil(found: Found) -> None:
        found.evidence.ledger.acts.add(Act("review-35", "cases", f"{ONE}@35", what, "officer-35", "some-key"))

    return spoil


def do(act_: Callable[[Evidence], object]) -> Spoil:
    def spoil(found: Found) -> None:
        act_(found.evidence)

    return spoil


TRESPASS = Trespass("province-37", "publish round.opened.v1.CN", refused=False)
LETTER = letter_key("e1", SECRETARY, "mail")
SPOILT: Mapping[str, tuple[str, Spoil]] = {
    "an accepted application is gone": ("I1", lose("intake", "applications", ONE)),
    "scoring never heard of it": ("I1", lose("scoring", "records", ONE)),
    "its province never heard of it": ("I1", lose("review-35", "cases", f"{ONE}@35")),
    "nominated and unknown at the centre": ("I1", lose("review", "cases", f"{ONE}@CN")),
    "another receipt": ("I1", change("intake", "applications", ONE, receipts={1: ("x", "y")})),
    "intake and review disagree": ("I1", change("review-35", "cases", f"{ONE}@35", status="open")),
    "scoring missed the withdrawal": ("I1", change("scoring", "records", TWO, withdrawn=False)),
    "scoring missed the correction": ("I1", change("scoring", "records", ONE, revision=0)),
    "nobody handed it in": ("I2", phantom),
    "a letter about nothing": ("I2", stray_letter),
    "a foreign user was let in": ("I2", do(lambda evidence: evidence.ledger.trespasses.append(TRESPASS))),
    "an event id was given twice": ("I3", given_twice),
    "a rubric that intake never heard of": ("I1", unheard_rubric),
    "one message changed a document twice": ("I3", twice),
    "a document forgot what it heard": ("I3", redo("scoring", "records", ONE, heard=())),
    "the same letter twice": ("I3", same_letter_twice),
    "a broken chain": ("I4", redo("scoring", "records", ONE, broken="entry 1: changed")),
    "an unsent fact": ("I5", redo("scoring", "records", ONE, outbox=("e4",))),
    "a fact nobody heard": ("I5", do(lambda evidence: evidence.heard.pop("e6"))),
    "an event in no history": ("I5", do(lambda evidence: evidence.heard.update(e99=("x.v1", b"h")))),
    "an event with two contents": ("I5", do(lambda evidence: evidence.changed.append("e1"))),
    "a message is left": ("I6", do(lambda evidence: evidence.queues.update({QUEUE: 1}))),
    "poison vanished": ("I6", do(lambda evidence: evidence.dead.clear())),
    "a good message was put aside": (
        "I6",
        do(lambda evidence: evidence.dead.append(DeadOne("notify", "notify.x.v1", "refused", "g" * 64))),
    ),
    "two receipts for one key": ("I7", do(lambda evidence: evidence.ledger.contradictions.append("two receipts"))),
    "an act that was answered with yes": ("I7", act("pass")),
    "a scorecard that cannot be had again": ("I8", do(lambda evidence: evidence.recomputed.update({ONE: ("s", "t")}))),
    "review knows another scorecard": ("I8", change("review", "cases", f"{ONE}@CN", digest="t")),
    "the books do not balance": (
        "I10",
        do(lambda evidence: evidence.balance.update({("scoring", "application.submitted.v1"): (7, 6)})),
    ),
    "a task has ended": ("I9", do(lambda evidence: evidence.lifeless.append("intake-a"))),
    "a letter was never written": ("I10", lose("notify", "letters", LETTER)),
    "a letter was never sent": ("I10", change("notify", "letters", LETTER, status="queued")),
    "a mail is missing": ("I10", do(lambda evidence: evidence.mails.clear())),
    "two mails under one id": (
        "I10",
        do(lambda evidence: evidence.mails.append(Mailed("<1@example.org>", "another"))),
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_whatever_is_spoilt_is_found(what):
    invariant, spoil = SPOILT[what]
    found = sound()
    spoil(found)
    assert invariant in {violation.invariant for violation in found.check()}


def test_the_same_mail_sent_again_is_the_same_mail():
    found = sound()
    found.evidence.mails.append(Mailed("<1@example.org>", "m"))
    assert found.check() == []
