"""The checker finds nothing where all is well, and every single thing that is spoilt."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chaos.checker import check
from chaos.evidence import DeadOne, Evidence, Mailed
from chaos.ledger import Act
from services.notify.domain.letter import letter_key
from tests.chaos.sound import ONE, QUEUE, SECRETARY, TWO, document, sound

Spoil = Callable[[Evidence], None]


def test_where_all_is_well_nothing_is_found():
    assert check(sound()) == []


def lose(service: str, collection: str, key: str) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        del evidence.documents[service, collection][key]

    return spoil


def change(service: str, collection: str, key: str, **state: Any) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        group = evidence.documents[service, collection]
        group[key] = replace(group[key], state={**group[key].state, **state})

    return spoil


def redo(service: str, collection: str, key: str, **parts: Any) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        group = evidence.documents[service, collection]
        group[key] = replace(group[key], **parts)

    return spoil


def twice(evidence: Evidence) -> None:
    group = evidence.documents["scoring", "records"]
    found = group[ONE]
    group[ONE] = replace(found, steps=found.steps * 2, heard=found.heard * 2)


def phantom(evidence: Evidence) -> None:
    evidence.ledger.attempted.discard(TWO)


def stray_letter(evidence: Evidence) -> None:
    state = {"status": "delivered", "triple": ("nowhere", SECRETARY, "inbox")}
    evidence.documents["notify", "letters"]["stray"] = document("notify", "letters", "stray", state)


def same_letter_twice(evidence: Evidence) -> None:
    state = {"status": "delivered", "triple": ("e1", SECRETARY, "inbox")}
    evidence.documents["notify", "letters"]["other"] = document("notify", "letters", "other", state)


def act(what: str) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        evidence.ledger.acts.append(Act("review-35", "cases", f"{ONE}@35", what, "officer-35", "some-key"))

    return spoil


def do(act_: Callable[[Evidence], object]) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        act_(evidence)

    return spoil


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
    "one message changed a document twice": ("I3", twice),
    "a document forgot what it heard": ("I3", redo("scoring", "records", ONE, heard=())),
    "the same letter twice": ("I3", same_letter_twice),
    "a broken chain": ("I4", redo("scoring", "records", ONE, broken="entry 1: changed")),
    "an unsent fact": ("I5", redo("scoring", "records", ONE, outbox=("e4",))),
    "a fact nobody heard": ("I5", do(lambda evidence: evidence.heard.pop("e6"))),
    "an event in no history": ("I5", do(lambda evidence: evidence.heard.update(e99=("x.v1", "h")))),
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
    evidence = sound()
    spoil(evidence)
    assert invariant in {violation.invariant for violation in check(evidence)}


def test_the_same_mail_sent_again_is_the_same_mail():
    evidence = sound()
    evidence.mails.append(Mailed("<1@example.org>", "m"))
    assert check(evidence) == []
