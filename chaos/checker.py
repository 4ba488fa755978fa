"""The invariants. Pure: evidence in, violations out; the suite's judgement stands or falls with this file.

I1  every accepted application is in exactly one state, and intake, scoring and review agree on it
I2  nothing is there that nobody handed in
I3  every cause changed a document once; event ids are unique; a letter exists once per (event, person, channel)
I4  every history's hash chain is whole, and its version is its length
I5  outboxes are empty; what histories announce was heard on the bus, and nothing else
I6  queues are empty; dead letters are exactly the poison that was sent
I7  a key stands for one receipt; every command that was answered with yes stands in the history, once
I8  a scorecard computed again from the record has the same digest, in scoring and in review
I9  no background task of any process has ended
I10 whoever is to hear of a submission has a letter, and of every mail there is one
"""

from collections import Counter
from collections.abc import Callable, Iterator

from chaos.evidence import Document, Evidence, Violation
from chaos.ledger import Accepted
from chaos.stage import FUJIAN
from services.notify.domain.letter import letter_key
from shared.contracts import CENTRE, LetterDelivered, LetterFailed, province_of
from shared.kernel.identity import command_id

_INTAKE_SAYS = {
    "open": "under_review",
    "returned": "returned",
    "declined": "declined",
    "nominated": "nominated",
    "withdrawn": "withdrawn",
}
"""What intake tells a chamber, by the status of its case in the province."""
_RECALLED = {LetterDelivered.wire(), LetterFailed.wire()}
"""What a restored store learns from its own facts; only then do they stand in a history as causes."""


def check(evidence: Evidence) -> list[Violation]:
    """Everything that does not hold."""
    return [violation for invariant in INVARIANTS for violation in invariant(evidence)]


def conserved(evidence: Evidence) -> Iterator[Violation]:
    """I1."""
    applications, records = evidence.of("intake", "applications"), evidence.of("scoring", "records")
    latest: dict[str, Accepted] = {}
    for accepted in evidence.ledger.accepted.values():
        found = applications.get(accepted.application)
        path = f"intake/applications/{accepted.application}"
        if found is None:
            yield Violation("I1", f"accepted and lost: {accepted.application}", (path,))
            continue
        if found.state["receipts"].get(accepted.revision) != (accepted.number, accepted.digest):
            yield Violation("I1", f"receipt {accepted.number} does not stand there", (path,))
        before = latest.get(accepted.application)
        if before is None or before.revision < accepted.revision:
            latest[accepted.application] = accepted
    for id_ in latest:
        if id_ in applications:
            yield from _agreed(evidence, applications[id_], records.get(id_))


def _agreed(evidence: Evidence, application: Document, record: Document | None) -> Iterator[Violation]:
    id_, status = application.key, application.state["status"]
    code = id_.rpartition("-")[2]
    place = province_of(evidence.ledger.chambers[code])
    cases = evidence.of(FUJIAN if place == "35" else "review", "cases")
    case, above = cases.get(f"{id_}@{place}"), evidence.of("review", "cases").get(f"{id_}@{CENTRE}")
    if record is None or case is None:
        missing = "scoring" if record is None else f"review of {place}"
        yield Violation("I1", f"{id_} is {status} at intake and unknown to {missing}", (application.path,))
        return
    paths = tuple(document.path for document in (application, record, case, above) if document)
    withdrawn = status == "withdrawn"
    if record.state["withdrawn"] != withdrawn:
        yield Violation("I1", f"{id_} is {status} at intake; withdrawn at scoring: {record.state['withdrawn']}", paths)
    if _INTAKE_SAYS.get(case.state["status"]) != status:
        yield Violation("I1", f"{id_} is {status} at intake, {case.state['status']} in {place}", paths)
    if not withdrawn:
        newest = max(application.state["receipts"])
        told = {
            "intake": newest,
            "scoring": record.state["revision"],
            f"review of {place}": case.state["revision"],
        }
        if len(set(told.values())) > 1:
            yield Violation("I1", f"{id_}: revisions differ: {told}", paths)
    nominated = case.state["status"] == "nominated"
    if nominated and (above is None or above.state["status"] != "open"):
        yield Violation("I1", f"{id_} was nominated and is not open at the centre", paths)
    if not nominated and above is not None and above.state["status"] not in {"awaited", "withdrawn"}:
        yield Violation("I1", f"{id_} was not nominated and is {above.state['status']} at the centre", paths)


def no_phantom(evidence: Evidence) -> Iterator[Violation]:
    """I2."""
    submitted = {key for key, found in evidence.of("intake", "applications").items() if found.state["receipts"]}
    for id_ in submitted - evidence.ledger.attempted:
        yield Violation("I2", f"nobody handed in {id_}", (f"intake/applications/{id_}",))
    elsewhere = [("scoring", "records"), ("review", "cases"), (FUJIAN, "cases")]
    for service, collection in elsewhere:
        for found in evidence.of(service, collection).values():
            if found.state["application"] not in submitted:
                yield Violation("I2", f"{found.state['application']} is known to {service} only", (found.path,))
    facts = {id_ for document in evidence.every() for step in document.steps for id_ in step.facts}
    for letter in evidence.of("notify", "letters").values():
        if letter.state["triple"][0] not in facts:
            yield Violation("I2", "a letter because of an event that is in no history", (letter.path,))


def once(evidence: Evidence) -> Iterator[Violation]:
    """I3."""
    announced: Counter[str] = Counter()
    for document in evidence.every():
        causes = Counter(step.cause for step in document.steps)
        for cause, times in causes.items():
            if times > 1:
                yield Violation("I3", f"{document.key} was changed {times} times by {cause}", (document.path,))
        if Counter(document.heard) != causes:
            yield Violation("I3", f"{document.key} has heard other things than its history tells", (document.path,))
        announced.update(id_ for step in document.steps for id_ in step.facts)
    for id_, times in announced.items():
        if times > 1:
            yield Violation("I3", f"event id {id_} was given {times} times")
    letters = Counter(letter.state["triple"] for letter in evidence.of("notify", "letters").values())
    for triple, times in letters.items():
        if times > 1:
            yield Violation("I3", f"{times} letters for {triple}")


def chained(evidence: Evidence) -> Iterator[Violation]:
    """I4."""
    for document in evidence.every():
        if document.broken:
            yield Violation("I4", f"{document.key}: {document.broken}", (document.path,))


def announced(evidence: Evidence) -> Iterator[Violation]:
    """I5."""
    told: dict[str, Document] = {}
    for document in evidence.every():
        if document.outbox:
            yield Violation("I5", f"{document.key} has {len(document.outbox)} unsent facts", (document.path,))
        told |= {id_: document for step in document.steps for id_ in step.facts}
        told |= {step.cause: document for step in document.steps if step.what in _RECALLED}
    heard = evidence.heard.keys() | evidence.before_tap
    for id_ in told.keys() - heard:
        yield Violation("I5", f"{told[id_].key} announced {id_}; nobody ever heard it", (told[id_].path,))
    for id_ in evidence.heard.keys() - told.keys():
        yield Violation("I5", f"{evidence.heard[id_][0]} {id_} was heard and is in no history")
    for id_ in evidence.changed:
        yield Violation("I5", f"event {id_} was announced with different contents")


def put_aside(evidence: Evidence) -> Iterator[Violation]:
    """I6."""
    for queue, count in evidence.queues.items():
        if count:
            yield Violation("I6", f"{count} messages are left in {queue}")
    sent = Counter((one.service, one.queue, one.body) for one in evidence.ledger.poison)
    kinds = {one.body: one.kind for one in evidence.ledger.poison}
    found = Counter((one.service, one.queue, one.body) for one in evidence.dead)
    codes = {one.body: one.code for one in evidence.dead}
    for service, queue, body in sent - found:
        yield Violation("I6", f"poison ({kinds[body]}) for {queue} was not put aside by {service}: {body}")
    for service, queue, body in found - sent:
        yield Violation("I6", f"{service} put aside what was no poison, from {queue} ({codes[body]}): {body}")


def answered(evidence: Evidence) -> Iterator[Violation]:
    """I7."""
    for contradiction in [*evidence.ledger.contradictions, *evidence.ledger.unexpected]:
        yield Violation("I7", contradiction)
    commands = [("intake", "applications", a.application, "submit", a.subject, a.key) for a in _receipts(evidence)]
    for service, collection, key, what, subject, idempotency_key in [*commands, *evidence.ledger.acts]:
        cause = command_id(subject, f"{what} {collection}/{key}", idempotency_key)
        document = evidence.of(service, collection).get(key)
        times = sum(step.cause == cause for step in document.steps) if document else 0
        if times != 1:
            path = f"{service}/{collection}/{key}"
            yield Violation("I7", f"{what} on {key} was answered with yes and was done {times} times", (path,))


def recomputed(evidence: Evidence) -> Iterator[Violation]:
    """I8."""
    for id_, (before, after) in evidence.recomputed.items():
        if before != after:
            path = f"scoring/records/{id_}"
            yield Violation("I8", f"{id_}: computed again, scorecard {before} is {after}", (path,))
    cases = [_cases_of(evidence, service) for service in ("review", FUJIAN)]
    for record in evidence.of("scoring", "records").values():
        digest = record.state["digest"]
        if digest is None:
            continue
        if record.state["withdrawn"]:
            continue
        for of_application in cases:
            for case in of_application.get(record.key, ()):
                told, known = (case.state["sequence"], case.state["digest"]), (record.state["sequence"], digest)
                if told != known:
                    what = f"{case.key} has scorecard {told}, scoring {known}"
                    yield Violation("I8", what, (record.path, case.path))


def alive(evidence: Evidence) -> Iterator[Violation]:
    """I9."""
    for name in evidence.lifeless:
        yield Violation("I9", f"a background task of {name} has ended")


def written_to(evidence: Evidence) -> Iterator[Violation]:
    """I10, in the store."""
    letters = evidence.of("notify", "letters")
    for application in evidence.of("intake", "applications").values():
        person = evidence.ledger.people.get(application.key.rpartition("-")[2])
        if person is None:
            continue
        for event in (id_ for step in application.steps if step.what == "submit" for id_ in step.facts):
            for channel in ("mail", "inbox"):
                if letter_key(event, person, channel) not in letters:
                    what = f"{person} has no letter ({channel}) for {application.key}"
                    yield Violation("I10", what, (application.path,))


def mailed(evidence: Evidence) -> Iterator[Violation]:
    """I10, by mail."""
    letters = evidence.of("notify", "letters")
    by_mail = [letter for letter in letters.values() if letter.state["triple"][2] == "mail"]
    for letter in by_mail:
        if letter.state["status"] != "delivered":
            yield Violation("I10", f"letter {letter.key} is {letter.state['status']}", (letter.path,))
    contents: dict[str, set[str]] = {}
    for mail in evidence.mails:
        contents.setdefault(mail.id, set()).add(mail.content)
    for id_, different in contents.items():
        if len(different) > 1:
            yield Violation("I10", f"{len(different)} different mails bear Message-ID {id_}")
    if len(contents) != len(by_mail):
        yield Violation("I10", f"{len(by_mail)} letters were to be mailed, {len(contents)} different mails arrived")


INVARIANTS: tuple[Callable[[Evidence], Iterator[Violation]], ...] = (
    conserved,
    no_phantom,
    once,
    chained,
    announced,
    put_aside,
    answered,
    recomputed,
    alive,
    written_to,
    mailed,
)
"""All of them, I1 to I10."""


def _receipts(evidence: Evidence) -> list[Accepted]:
    return list(evidence.ledger.accepted.values())


def _cases_of(evidence: Evidence, service: str) -> dict[str, list[Document]]:
    """Cases by application; a case that waits for the other half has a scorecard, too."""
    found: dict[str, list[Document]] = {}
    for case in evidence.of(service, "cases").values():
        if case.state["status"] != "withdrawn":
            found.setdefault(case.state["application"], []).append(case)
    return found
