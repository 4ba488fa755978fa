"""The invariants. Pure: evidence in, violations out; the suite's judgement stands or falls with this file.

I1  every accepted application is in exactly one state, and intake, scoring and review agree on it
I2  nothing is there that nobody handed in, and nobody did what they may not
I3  every cause changed a document once; event ids are unique; a letter exists once per (event, person, channel)
I4  every history's hash chain is whole, and its version is its length
I5  outboxes are empty; what histories announce was heard on the bus, and nothing else
I6  queues are empty; dead letters are exactly the poison that was sent
I7  a key stands for one receipt; every command that was answered with yes stands in the history, once
I8  a scorecard computed again from the record has the same digest, in scoring and in review
I9  no background task of any process has ended
I10 the books balance: whoever is to hear of a submission has a letter, of every mail there is one, and services account
    for as many messages as were announced for them

The documents of a round are looked at together and then forgotten; what concerns the whole is kept in brief.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from chaos.evidence import Document, Evidence, Part, Violation
from chaos.ledger import Accepted, Act, Ledger
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
_CHANNELS = ("mail", "inbox")


class Checker:
    """Looks at one part after the other, then at the whole."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.documents = 0
        """How many were looked at."""
        self.violations: list[Violation] = []
        self._accepted: dict[str, list[Accepted]] = {}
        for receipt in ledger.accepted.values():
            self._accepted.setdefault(receipt.application, []).append(receipt)
        self._acts: dict[str, list[Act]] = {}
        for act in ledger.acts | {_act_of(receipt) for receipt in ledger.accepted.values()}:
            self._acts.setdefault(f"{act.service}/{act.collection}/{act.document}", []).append(act)
        self._told: dict[str, str] = {}
        """Where each fact was announced, by its id."""
        self._to_be_told: list[tuple[str, str, str]] = []
        """Event, person, path of the application, for everybody who is to hear of their submission."""
        self._letters: dict[str, Document] = {}
        self._rubrics: dict[str, set[str]] = {"announced": set(), "heard": set()}

    def look(self, part: Part) -> None:
        """Everything about these documents, except what concerns the whole."""
        self.violations += self._conserved(part)
        self.violations += self._no_phantom(part)
        self.violations += agreed_scorecards(part)
        for document in part.every():
            self.documents += 1
            self.violations += whole(document)
            self.violations += self._answered(document)
            self.violations += self._announced(document)
        self._letters |= part.of("notify", "letters")
        for collection, what in (("scoring", "announced"), ("intake", "heard")):
            for rubric in part.of(collection, "rubrics").values():
                ids = (id_ for step in rubric.steps for id_ in step.facts) if what == "announced" else rubric.heard
                self._rubrics[what].update(ids)

    def conclude(self, evidence: Evidence) -> list[Violation]:
        """What concerns the whole; answers everything that does not hold."""
        self.violations += self._lost()
        self.violations += self._heard(evidence)
        self.violations += self._letters_written()
        self.violations += mailed(evidence, [one for one in self._letters.values() if one.state["triple"][2] == "mail"])
        self.violations += put_aside(evidence)
        self.violations += said(evidence)
        self.violations.sort(key=lambda violation: int(violation.invariant[1:]))
        return self.violations

    def _conserved(self, part: Part) -> Iterator[Violation]:
        """I1."""
        records = part.of("scoring", "records")
        for id_, application in part.of("intake", "applications").items():
            accepted = self._accepted.pop(id_, [])
            for one in accepted:
                if application.state["receipts"].get(one.revision) != (one.number, one.digest):
                    yield Violation("I1", f"receipt {one.number} does not stand there", (application.path,))
            if accepted:
                yield from _agreed(part, self._ledger, application, records.get(id_))

    def _lost(self) -> Iterator[Violation]:
        """I1, I7: what was answered with yes and is nowhere."""
        for id_ in self._accepted:
            yield Violation("I1", f"accepted and lost: {id_}", (f"intake/applications/{id_}",))
        for path, acts in self._acts.items():
            for act in acts:
                yield Violation(
                    "I7", f"{act.what} on {act.document} was answered with yes and was done 0 times", (path,)
                )
        for id_ in self._rubrics["announced"] - self._rubrics["heard"]:
            yield Violation("I1", f"a rubric that scoring announced by {id_} is unknown to intake")

    def _no_phantom(self, part: Part) -> Iterator[Violation]:
        """I2."""
        submitted = {key for key, found in part.of("intake", "applications").items() if found.state["receipts"]}
        for id_ in submitted - self._ledger.attempted:
            yield Violation("I2", f"nobody handed in {id_}", (f"intake/applications/{id_}",))
        for service, collection in (("scoring", "records"), ("review", "cases"), (FUJIAN, "cases")):
            for found in part.of(service, collection).values():
                if found.state["application"] not in submitted:
                    yield Violation("I2", f"{found.state['application']} is known to {service} only", (found.path,))

    def _answered(self, document: Document) -> Iterator[Violation]:
        """I7."""
        for act in self._acts.pop(document.path, ()):
            cause = command_id(act.subject, f"{act.what} {act.collection}/{act.document}", act.key)
            times = sum(step.cause == cause for step in document.steps)
            if times != 1:
                what = f"{act.what} on {act.document} was answered with yes and was done {times} times"
                yield Violation("I7", what, (document.path,))

    def _announced(self, document: Document) -> Iterator[Violation]:
        """I3, of event ids; and keeps what must have been heard."""
        person = self._ledger.people.get(document.key.rpartition("-")[2])
        for step in document.steps:
            if step.what in _RECALLED:
                self._told.setdefault(step.cause, document.path)
            for id_ in step.facts:
                if id_ in self._told:
                    paths = (document.path, self._told[id_])
                    yield Violation("I3", f"event id {id_} was given twice", paths)
                self._told[id_] = document.path
                if person and step.what == "submit" and document.collection == "applications":
                    self._to_be_told.append((id_, person, document.path))

    def _heard(self, evidence: Evidence) -> Iterator[Violation]:
        """I5."""
        for id_ in self._told.keys() - evidence.heard.keys() - evidence.before_tap:
            path = self._told[id_]
            yield Violation("I5", f"{path} announced {id_}; nobody ever heard it", (path,))
        for id_ in evidence.heard.keys() - self._told.keys():
            yield Violation("I5", f"{evidence.heard[id_][0]} {id_} was heard and is in no history")
        for id_ in evidence.changed:
            yield Violation("I5", f"event {id_} was announced with different contents")

    def _letters_written(self) -> Iterator[Violation]:
        """I2, I3, I10, of letters."""
        for letter in self._letters.values():
            if letter.state["triple"][0] not in self._told:
                yield Violation("I2", "a letter because of an event that is in no history", (letter.path,))
        for triple, times in Counter(letter.state["triple"] for letter in self._letters.values()).items():
            if times > 1:
                yield Violation("I3", f"{times} letters for {triple}")
        for event, person, path in self._to_be_told:
            for channel in _CHANNELS:
                if letter_key(event, person, channel) not in self._letters:
                    yield Violation("I10", f"{person} has no letter ({channel}) for {path}", (path,))


def check(parts: Iterable[Part], evidence: Evidence) -> list[Violation]:
    """Everything that does not hold."""
    checker = Checker(evidence.ledger)
    for part in parts:
        checker.look(part)
    return checker.conclude(evidence)


def _act_of(receipt: Accepted) -> Act:
    return Act("intake", "applications", receipt.application, "submit", receipt.subject, receipt.key)


def _agreed(part: Part, ledger: Ledger, application: Document, record: Document | None) -> Iterator[Violation]:
    """I1: all services say the same of an application."""
    id_, status = application.key, application.state["status"]
    place = province_of(ledger.chambers[id_.rpartition("-")[2]])
    case = part.of(FUJIAN if place == "35" else "review", "cases").get(f"{id_}@{place}")
    above = part.of("review", "cases").get(f"{id_}@{CENTRE}")
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


def whole(document: Document) -> Iterator[Violation]:
    """I3, I4, I5, of one document."""
    causes = Counter(step.cause for step in document.steps)
    for cause, times in causes.items():
        if times > 1:
            yield Violation("I3", f"{document.key} was changed {times} times by {cause}", (document.path,))
    if Counter(document.heard) != causes:
        yield Violation("I3", f"{document.key} has heard other things than its history tells", (document.path,))
    if document.broken:
        yield Violation("I4", f"{document.key}: {document.broken}", (document.path,))
    if document.outbox:
        yield Violation("I5", f"{document.key} has {len(document.outbox)} unsent facts", (document.path,))


def agreed_scorecards(part: Part) -> Iterator[Violation]:
    """I8: review has the scorecard that scoring has."""
    cases: dict[str, list[Document]] = {}
    for service in ("review", FUJIAN):
        for case in part.of(service, "cases").values():
            if case.state["status"] != "withdrawn":  # one that waits for the other half has a scorecard, too
                cases.setdefault(case.state["application"], []).append(case)
    for record in part.of("scoring", "records").values():
        if record.state["digest"] is None or record.state["withdrawn"]:
            continue
        for case in cases.get(record.key, ()):
            told, known = ((one.state["sequence"], one.state["digest"]) for one in (case, record))
            if told != known:
                what = f"{case.key} has scorecard {told}, scoring {known}"
                yield Violation("I8", what, (record.path, case.path))


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


def said(evidence: Evidence) -> Iterator[Violation]:
    """I2, I7, I8, I9, I10: what was asked of the running platform."""
    for trespass in evidence.ledger.trespasses:
        if not trespass.refused:
            yield Violation("I2", f"nobody stopped {trespass.who}: {trespass.what}")
    for contradiction in [*evidence.ledger.contradictions, *evidence.ledger.unexpected]:
        yield Violation("I7", contradiction)
    for id_, (before, after) in evidence.recomputed.items():
        if before != after:
            path = f"scoring/records/{id_}"
            yield Violation("I8", f"{id_}: computed again, scorecard {before} is {after}", (path,))
    for name in evidence.lifeless:
        yield Violation("I9", f"a background task of {name} has ended")
    for (service, event), (announced, accounted) in evidence.balance.items():
        if announced != accounted:
            yield Violation("I10", f"{service} was to hear {announced} × {event} and accounts for {accounted}")


def mailed(evidence: Evidence, by_mail: list[Document]) -> Iterator[Violation]:
    """I10, by mail."""
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
