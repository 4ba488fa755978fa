"""Evidence in which all is well: two applications, one nominated and one withdrawn, with all they caused."""

from dataclasses import dataclass

from chaos.checker import check
from chaos.evidence import DeadOne, Document, Evidence, Mailed, Part, Step, Violation
from chaos.ledger import Accepted, Act, Ledger, Poison
from services.notify.domain.letter import letter_key
from shared.kernel.identity import command_id

ONE, TWO = "CN-2024-W1-51350200YY000001X8", "CN-2024-W1-51370100YY000001XB"
SECRETARY = "secretary-51350200YY000001X8"
QUEUE = "scoring.application.submitted.v1"


@dataclass
class Found:
    """What a run has left: the documents of one round, and what is there once."""

    part: Part
    evidence: Evidence

    def check(self) -> list[Violation]:
        """Everything that does not hold."""
        return check([self.part], self.evidence)


def document(
    service: str,
    collection: str,
    key: str,
    state: dict[str, object],
    *steps: tuple[str, str, tuple[str, ...]],
) -> Document:
    """A document whose history is these (what, cause, facts)."""
    taken = tuple(Step(*step) for step in steps)
    heard = tuple(step.cause for step in taken)
    return Document(service, collection, key, state, taken, heard, ())


def of(*documents: Document) -> dict[str, Document]:
    """By key."""
    return {one.key: one for one in documents}


def command(subject: str, what: str, path: str, key: str) -> str:
    """The cause of a command."""
    return command_id(subject, f"{what} {path}", key)


def sound() -> Found:
    """A new one each time, for being spoilt."""
    ledger = Ledger()
    ledger.chambers = {ONE[-18:]: "3502", TWO[-18:]: "3701"}
    ledger.people = {ONE[-18:]: SECRETARY}
    subjects = {ONE: SECRETARY, TWO: f"secretary-{TWO[-18:]}"}
    for id_, subject in subjects.items():
        ledger.attempted.add(id_)
        ledger.accept(Accepted(id_, 1, f"{id_}-R1", "d" * 64, subject, f"submit-{id_}"), began=0.0)
    ledger.acts.add(Act("intake", "applications", TWO, "withdraw", subjects[TWO], "withdraw-2"))
    ledger.poison.append(Poison(QUEUE, "scoring", "not-json", "b" * 64))
    submits = {
        id_: command(subject, "submit", f"applications/{id_}", f"submit-{id_}") for id_, subject in subjects.items()
    }
    withdrawn = command(subjects[TWO], "withdraw", f"applications/{TWO}", "withdraw-2")
    receipts = {id_: {1: (f"{id_}-R1", "d" * 64)} for id_ in subjects}
    part, evidence = Part(), Evidence(ledger)
    part.documents[("intake", "applications")] = of(
        document(
            "intake",
            "applications",
            ONE,
            {"status": "nominated", "receipts": receipts[ONE]},
            ("begin", "c0", ()),
            ("submit", submits[ONE], ("e1",)),
        ),
        document(
            "intake",
            "applications",
            TWO,
            {"status": "withdrawn", "receipts": receipts[TWO]},
            ("submit", submits[TWO], ("e2",)),
            ("withdraw", withdrawn, ("e3",)),
        ),
    )
    record = {"digest": "s", "sequence": 1, "revision": 1}
    part.documents[("scoring", "records")] = of(
        document(
            "scoring",
            "records",
            ONE,
            {**record, "withdrawn": False, "application": ONE},
            ("application.submitted.v1", "e1", ("e4",)),
        ),
        document(
            "scoring",
            "records",
            TWO,
            {**record, "withdrawn": True, "application": TWO},
            ("application.submitted.v1", "e2", ("e5",)),
            ("application.withdrawn.v1", "e3", ()),
        ),
    )
    case = {"revision": 1, "sequence": 1, "digest": "s", "ending": None}
    part.documents[("review-35", "cases")] = of(
        document(
            "review-35",
            "cases",
            f"{ONE}@35",
            {**case, "status": "nominated", "stage": "shortlist", "application": ONE},
            ("application.scored.v1", "e4", ("e6",)),
        ),
    )
    part.documents[("review", "cases")] = of(
        document(
            "review",
            "cases",
            f"{ONE}@CN",
            {**case, "status": "open", "stage": "expert_panel", "application": ONE},
            ("application.scored.v1", "e4", ()),
            ("case.nominated.v1", "e6", ()),
        ),
        document(
            "review",
            "cases",
            f"{TWO}@37",
            {**case, "status": "withdrawn", "stage": "own_level", "application": TWO},
            ("application.scored.v1", "e5", ()),
            ("application.withdrawn.v1", "e3", ()),
        ),
    )
    part.documents[("notify", "letters")] = of(
        *(
            document(
                "notify",
                "letters",
                letter_key("e1", SECRETARY, channel),
                {"status": "delivered", "triple": ("e1", SECRETARY, channel)},
                ("application.submitted.v1", "e1", (f"l-{channel}",)),
            )
            for channel in ("mail", "inbox")
        )
    )
    evidence.mails = [Mailed("<1@example.org>", "m")]
    evidence.dead = [DeadOne("scoring", QUEUE, "unreadable", "b" * 64)]
    evidence.queues = {QUEUE: 0}
    facts = {id_ for one in part.every() for step in one.steps for id_ in step.facts}
    evidence.heard = dict.fromkeys(facts, ("some.event.v1", b"h"))
    evidence.recomputed = {ONE: ("s", "s")}
    return Found(part, evidence)
