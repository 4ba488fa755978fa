"""A tiny runtime in memory: documents, messages in any order and more than once, facts that travel on.

It does what the real one promises to deciders and no more: one message after the other per document, each applied once
per document, `NotYet` tried again later, facts handed to whoever hears them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.review.domain import (
    announcement,
    honour,
    marking,
    notice,
    objecting,
    officer,
    opening,
    outcome,
    panel,
    shortlist,
)
from services.review.domain.case import Case
from services.review.domain.honour import Register
from services.review.domain.notice import Notice
from services.review.domain.opening import Nominated, Scored
from shared.contracts import (
    AnnouncementMade,
    ApplicationScored,
    CaseNominated,
    Event,
    GateResult,
    HonourGranted,
    MarksSettled,
    NoticeClosed,
    PanelDecided,
    Score,
    ShortlistSealed,
)
from shared.kernel.change import Due, NotYet
from shared.kernel.state import State
from tests.unit.review import given

Decide = Callable[[Any, Any, datetime], Any]
PATIENCE = 10_000
ON_DUE: dict[type[State], Decide] = {Case: opening.on_due, Notice: notice.on_due, Register: honour.on_due}


@dataclass
class Mail:
    """A message on its way to a document."""

    id: str
    key: str
    message: Any
    decide: Decide


@dataclass
class World:
    """All documents of a province (35) and of the centre, and what is under way between them."""

    chance: Random
    now: datetime = given.NOW
    documents: dict[str, State] = field(default_factory=dict)
    heard: dict[str, set[str]] = field(default_factory=dict)
    facts: list[Event] = field(default_factory=list)
    under_way: list[Mail] = field(default_factory=list)

    def act(self, key: str, command: Any, decide: Decide) -> None:
        """A person acts."""
        self.deliver(Mail(f"command {len(self.facts)} {key} {command!r}", key, command, decide))

    def send(self, key: str, message: Any, decide: Decide, *, id_: str | None = None) -> None:
        """A message sets out, perhaps more than once."""
        mail = Mail(id_ or f"{key} {message!r}", key, message, decide)
        self.under_way += [mail] * self.chance.choice((1, 1, 2, 3))

    def settle(self) -> None:
        """Deliver everything, in any order."""
        for _ in range(PATIENCE):
            if not self.under_way:
                return
            mail = self.under_way.pop(self.chance.randrange(len(self.under_way)))
            try:
                self.deliver(mail)
            except NotYet:
                self.under_way.append(mail)
        raise AssertionError(f"stuck: {[mail.message for mail in self.under_way]}")

    def turn_clock(self, to: datetime) -> None:
        """Let time pass, and every deadline act."""
        self.now = to
        while late := [key for key, state in self.documents.items() if (due := state.due()) and due <= to]:
            for key in late:
                due = self.documents[key].due()
                assert due
                self.deliver(Mail(f"due {key} {due}", key, Due(at=due), ON_DUE[type(self.documents[key])]))
        self.settle()

    def case(self, number: int, jurisdiction: str) -> Case:
        """A case."""
        found = self.documents[given.case(number, jurisdiction)]
        assert isinstance(found, Case)
        return found

    def names(self) -> list[str]:
        """The facts so far, by name."""
        return [fact.name for fact in self.facts]

    def deliver(self, mail: Mail) -> None:
        """One message for one document; applied once."""
        heard = self.heard.setdefault(mail.key, set())
        if mail.id in heard:
            return
        change = mail.decide(self.documents.get(mail.key), mail.message, self.now)
        if change is None:
            return
        heard.add(mail.id)
        self.documents[mail.key] = type(change.state).model_validate(change.state.model_dump(mode="json"))
        for index, fact in enumerate(change.facts):
            self.facts.append(fact)
            self._travel(f"{mail.id} → {index}", fact)

    def _travel(self, id_: str, fact: Event) -> None:
        """Who hears this fact: as in the handler tables of a province and of the centre, and a little of scoring."""
        for key, message, decide in _hearers(fact):
            self.send(key, message, decide, id_=f"{id_} {key}")


def _hearers(fact: Event) -> Sequence[tuple[str, Any, Decide]]:
    match fact:
        case CaseNominated():
            message = Nominated(jurisdiction="CN", event=fact, rules=given.rules("CN"), quota=fact.quota)
            found: Sequence[tuple[str, Any, Decide]] = [
                (f"{fact.application}@CN", message, opening.hear_nomination),
            ]
        case MarksSettled():
            found = _rescored(fact)
        case ShortlistSealed():
            found = [(entry.case, fact, outcome.hear_shortlist) for entry in fact.entries]
        case PanelDecided():
            found = [(result.case, fact, outcome.hear_panel) for result in fact.results]
        case NoticeClosed():
            found = [(case, fact, outcome.hear_notice) for case in (*fact.cleared, *fact.excluded)]
        case AnnouncementMade():
            found = [(case, fact, outcome.hear_announcement) for case in fact.cases]
        case HonourGranted():
            found = [(honour.register_key(fact.line, fact.chamber.code), fact, honour.hear_granted)]
        case _:
            found = []
    return found


def _rescored(fact: MarksSettled) -> list[tuple[str, Any, Decide]]:
    """Scoring puts the settled marks into a new scorecard, which both cases hear."""
    event = ApplicationScored(
        area=fact.chamber.area,
        application=fact.application,
        round=fact.round,
        revision=fact.revision,
        sequence=100,
        chamber=fact.chamber,
        score=given.score("75.00", pending=False),
    )
    return [
        (f"{fact.application}@{place}", Scored(jurisdiction=place, event=event, rules=given.rules(place)), hear)
        for place, hear in (("35", opening.hear_score), ("CN", opening.hear_score))
    ]


EXPERTS = tuple(given.expert(number) for number in range(1, 8))


def play(chance: Random, *, withdraws: bool = False) -> World:
    """A whole round with four chambers, messages shuffled and repeated as `chance` has it.

    1 is excellent; 2 is returned, corrected, and objected to, or withdraws; 3 is outside the quota; 4 fails a gate.
    """
    world = World(chance)
    gates: tuple[GateResult, ...] = ("met", "to_be_verified", "met", "not_met")
    for number, gate in enumerate(gates, start=1):
        apply(world, number, given.score(f"{80 - number}.00", gate=gate))
    world.settle()

    own, province, centre = given.officer("3502"), given.officer("35"), given.officer("CN")
    reason = given.text("理由", "reason")
    back = officer.Return(by=own, items=(given.returned("B2.i"),))
    world.act(given.case(2), back, officer.decide_return)
    apply(world, 2, given.score("79.50"), sequence=2, revision=2)
    world.settle()
    if withdraws:
        withdraw(world, 2)
        world.settle()
    for number in (1, 2, 3):
        if world.case(number, "35").status == "open":
            world.act(given.case(number), officer.Pass(by=own), officer.decide_pass)
    contenders = [world.case(n, "35") for n in (1, 2, 3) if world.case(n, "35").status == "open"]
    world.act("CN-2020@35", given.seal(province, contenders), shortlist.seal)
    world.settle()

    before_experts = [case for n in (1, 2, 3, 4) if (case := world.case(n, "CN")).status == "open"]
    for case in before_experts:
        world.act(case.id, marking.Assign(by=centre, experts=EXPERTS[:5]), marking.assign)
        for invited in EXPERTS[:5]:
            marks = dict.fromkeys(given.SETTLES, given.Decimal("2.5"))
            world.act(case.id, marking.Mark(by=given.as_expert(invited), expert=invited, marks=marks), marking.mark)
    world.settle()

    ready = [world.case(n, "CN") for n in (1, 2, 3, 4) if world.case(n, "CN").ready]
    world.act("panel", given.convene(centre, ready, EXPERTS), panel.convene)
    world.act("panel", panel.Attend(by=centre, present=tuple(e.expert for e in EXPERTS)), panel.attend)
    for invited in EXPERTS[:5]:
        world.act("panel", panel.Ballots(by=centre, member=invited, votes={c.id: "yes" for c in ready}), panel.vote)
    world.act("panel", panel.Close(by=centre), panel.close)
    world.settle()

    elected = [case for n in (1, 2, 3) if (case := world.case(n, "CN")).stage == "public_notice"]
    world.act("notice", given.open_notice(centre, elected), notice.open_)
    if any(case.id == given.case(2, "CN") for case in elected):
        objection = objecting.Object(by=given.PUBLIC, case=given.case(2, "CN"), text="数字不实")
        world.act("notice", objection, objecting.object_)
        world.act("notice", objecting.Rule(by=centre, number=1, outcome="upheld", reason=reason), objecting.rule)
    world.turn_clock(world.now + timedelta(days=9))

    cleared = tuple(case.id for n in (1, 2, 3) if (case := world.case(n, "CN")).stage == "announcement")
    world.act("announcement", given.announce(centre, cleared), announcement.announce)
    world.settle()
    world.turn_clock(given.ROUND.calendar.valid_from)
    return world


def apply(world: World, number: int, score: Score, *, sequence: int = 1, revision: int = 1) -> None:
    """A chamber's application was scored."""
    for place in ("35", "CN"):
        message = given.scored(number, sequence=sequence, revision=revision, jurisdiction=place, of=score)
        world.send(given.case(number, place), message, opening.hear_score)


def withdraw(world: World, number: int) -> None:
    """A chamber takes its application back."""
    for place in ("35", "CN"):
        world.send(given.case(number, place), given.withdrawn(number, jurisdiction=place), opening.hear_withdrawal)
