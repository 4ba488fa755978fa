"""The platform's own road: handed in → scored → case opened → timeline and letters, and what officers and chambers do.

Four services with their real tables, deciders, rubric, procedures and templates; three chambers of one city, one of
which a gate excludes. The round's opening is still in intake's outbox when the story begins: anything may overtake it.
"""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from pydantic import BaseModel

from dev.generate import ROOT
from dev.generated.schemas import example_path
from dev.generated.services import TABLES
from services.intake.domain import filling, rubric, submitting
from services.intake.domain import round as rounds
from services.intake.domain.application import application_id
from services.intake.store import APPLICATIONS, ROUNDS, RUBRICS
from services.intake.store import KINDS as INTAKE
from services.notify.domain.recipient import Profile, Register, register
from services.notify.store import KINDS as NOTIFY
from services.notify.store import RECIPIENTS
from services.review.domain import officer
from services.review.domain.case import case_id
from services.review.store import CASES
from services.review.store import KINDS as REVIEW
from services.scoring.domain.decide import announcement_of
from services.scoring.library import rubric as rubric_file
from services.scoring.store import KINDS as SCORING
from shared.contracts import Chamber, RoundOpened, text
from shared.contracts.cases import ReturnedItem
from shared.kernel.actor import CLOCK, Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Decider
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.work import Applied, Outcome, Work
from tests.model.audit import at_once
from tests.model.broker import Sent
from tests.model.collections import Shelf
from tests.model.machine import PICKS, Machine, Tally
from tests.model.process import Deployed
from tests.model.world import Request, World

BEGINS = datetime(2020, 9, 21, 8, tzinfo=UTC)
PROVINCE = "35"
ROUND = RoundOpened.model_validate_json((ROOT / example_path(RoundOpened.wire(), "")).read_bytes()).round
CHAMBERS = tuple(
    Chamber(code=code, name=f"{name}商会（虚构）", type="industry", level="city", area="3502")
    for code, name in (("51350200MJB00102XM", "甲"), ("51350200MJB00103XG", "乙"), ("51350200MJB00104X9", "丙"))
)
FACTS: tuple[dict[str, Any], ...] = (
    {"S1": {"registered": True}, "A1.e": {"attended": 9, "invited": 10}},
    {"S1": {"registered": True}},
    {"S1": {"registered": False}},
)
IDS = tuple(application_id(ROUND.code, chamber.code) for chamber in CHAMBERS)
OFFICER = Actor(id="officer-35", role="officer", area=PROVINCE)
SHOWN_AS = {"open": "under_review", "returned": "returned", "declined": "declined", "withdrawn": "withdrawn"}
"""A case's status, as its chamber sees it."""
Place = tuple[str, Kind[Any], str]
"""Service, kind and key of a document."""
WHICH = st.integers(0, len(CHAMBERS) - 1)


def _service(name: str, kinds: tuple[Kind[Any], ...]) -> Deployed:
    return Deployed(name, kinds, TABLES[name])


class Road(Machine):
    """The weather over the platform."""

    services = (
        _service("intake", INTAKE),
        _service("scoring", SCORING),
        _service("review.35", REVIEW),
        _service("notify", NOTIFY),
    )
    begins = BEGINS
    tally: ClassVar[Tally] = Tally()
    _prepared: ClassVar[dict[str, dict[str, Shelf]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def make(self, *, replicas: int) -> World:
        """A world in which the round is opened, drafts are filled in, and people are known."""
        world = super().make(replicas=replicas)
        if not Road._prepared:
            _prepare(world)
            Road._prepared = world.shelves
        world.shelves = {
            service: {name: dict(shelf) for name, shelf in shelves.items()}
            for service, shelves in Road._prepared.items()
        }
        return world

    @initialize(seed=st.integers(0, 999), early=st.sets(WHICH))
    def begin(self, seed: int, early: set[int]) -> None:
        """Everybody is there; some hand in at once."""
        self.world.dice.seed(seed)
        for name in self.world.names:
            self.world.start(name)
        for which in sorted(early):
            self.submit(which, which)

    # --- chambers and officers -------------------------------------------------------------------------------------

    @rule(which=WHICH, replica=PICKS)
    def submit(self, which: int, replica: int) -> None:
        """A chamber hands in, for the first time or corrected."""
        planned = rounds.PlannedRound.model_validate(self.world.shelves["intake"]["rounds"][ROUND.code]["state"])
        decide = submitting.submitting(planned, CHAMBERS[which])
        command = submitting.Submit(undertaking=True)
        self._ask(("intake", APPLICATIONS, IDS[which]), command, decide, by=_secretary(which), replica=replica)

    @rule(which=WHICH, replica=PICKS)
    def withdraw(self, which: int, replica: int) -> None:
        """A chamber takes its application back: in good weather an officer may have been faster, or slower."""
        self.comparable = False
        command = submitting.Withdraw()
        place = ("intake", APPLICATIONS, IDS[which])
        self._ask(place, command, submitting.withdraw, by=_secretary(which), replica=replica)

    @rule(which=WHICH, how=st.sampled_from(("pass", "return", "return", "decline")), replica=PICKS)
    def decide(self, which: int, how: str, replica: int) -> None:
        """An officer decides on a case, if it is open."""
        item = ReturnedItem(item="S1", reason=text("请补正", "Correct it."))
        command, decide = {
            "pass": (officer.Pass(by=OFFICER), officer.decide_pass),
            "return": (officer.Return(by=OFFICER, items=(item,)), officer.decide_return),
            "decline": (officer.Decline(by=OFFICER, reason=text("不符", "No.")), officer.decide_decline),
        }[how]
        self._ask(("review.35", CASES, case_id(IDS[which], PROVINCE)), command, decide, by=OFFICER, replica=replica)

    @rule(days=st.sampled_from((1, 5, 30)))
    def turn(self, days: int) -> None:
        """Days pass: corrections become overdue that in good weather would have been there."""
        self.comparable = False
        super().turn(days)

    def _ask(self, place: Place, command: BaseModel, decide: Any, *, by: Actor, replica: int) -> None:
        self.asked += 1
        what = type(command).__name__.lower()
        self.ask(Request(*place, command, decide, what, by, f"request-{self.asked}"), replica)

    def case(self, which: int) -> dict[str, Any]:
        """A case as it stands at review."""
        state: dict[str, Any] = self.world.shelves["review.35"]["cases"][case_id(IDS[which], PROVINCE)]["state"]
        return state

    # --- in the end ------------------------------------------------------------------------------------------------

    def should_be_parked(self, queue: str, sent: Sent) -> None:
        """On this road nothing is refused."""
        del queue, sent

    def ends_well(self) -> None:
        """Every application is in one state, and everybody knows the same; one letter per event, person and channel."""
        for id_ in IDS:
            application, record, case = _of(self.world, id_)
            if not application["submissions"]:
                assert record is None, id_
                assert case is None, id_
                continue
            assert record is not None, id_
            assert case is not None, id_
            assert application["status"] == SHOWN_AS[case["status"]], (
                f"{id_}: {application['status']}, {case['status']}"
            )
            assert record["withdrawn"] == (application["status"] == "withdrawn"), id_
            if not record["withdrawn"]:
                handed_in = len(application["submissions"])
                assert record["submission"]["revision"] == case["revision"] == handed_in, id_
                assert record["sequence"] == case["sequence"], id_
                assert record["digest"] == case["score"]["digest"], id_
        letters = self.world.shelves["notify"].get("letters", {}).values()
        drafts = [letter["state"]["draft"] for letter in letters]
        assert len({(draft["because"], draft["to"], draft["channel"]) for draft in drafts}) == len(drafts)
        told = [
            json.loads(sent.body)["letter"]
            for sent in (*self.world.broker.accepted.values(), *self.world.broker.returned.values())
            if sent.properties.message_type == "letter.delivered.v1"
        ]
        born = sorted(letter["_id"] for letter in letters if letter["state"]["draft"]["channel"] == "inbox")
        assert sorted(told) == born

    def outcome(self, world: World) -> Any:
        """What chambers and officers see, without the hours at which it came."""
        return {id_: _summary(*_of(world, id_)) for id_ in IDS} | {
            "letters": sorted(world.shelves["notify"].get("letters", {}))
        }


def _of(world: World, id_: str) -> tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]:
    """An application at intake, at scoring and at review."""
    record = world.shelves["scoring"].get("records", {}).get(id_)
    case = world.shelves["review.35"].get("cases", {}).get(case_id(id_, PROVINCE))
    application = world.shelves["intake"]["applications"][id_]
    return application["state"], record and record["state"], case and case["state"]


def _summary(application: dict[str, Any], record: dict[str, Any] | None, case: dict[str, Any] | None) -> Any:
    return (
        application["status"],
        sorted(step["id"] for step in application["steps"]),
        [submission["receipt"] for submission in application["submissions"]],
        record and (record["sequence"], record["digest"]),
        case and (case["status"], case["stage"], case["sequence"], [d["outcome"] for d in case["decisions"]]),
    )


def _secretary(which: int) -> Actor:
    return Actor(id=f"secretary-{which}", role="secretary", chamber=CHAMBERS[which].code)


# --- before the story begins ---------------------------------------------------------------------------------------


def _prepare(world: World) -> None:
    known = announcement_of(rubric_file(ROUND.rubric))
    _apply(world, ("intake", RUBRICS, known.rubric), known, rubric.hear)
    found = rubric.KnownRubric.model_validate(world.shelves["intake"]["rubrics"][known.rubric]["state"])
    _apply(world, ("intake", ROUNDS, ROUND.code), rounds.DraftRound(round=ROUND), rounds.draft)
    _apply(world, ("intake", ROUNDS, ROUND.code), rounds.FreezeRound(), rounds.freezing(found))
    _apply(world, ("intake", ROUNDS, ROUND.code), rounds.OpenRound(), rounds.open_)
    planned = rounds.PlannedRound.model_validate(world.shelves["intake"]["rounds"][ROUND.code]["state"])
    for which, chamber in enumerate(CHAMBERS):
        start = submitting.Start(round=ROUND.code, chamber=chamber.code)
        _apply(world, ("intake", APPLICATIONS, IDS[which]), start, submitting.starting(planned, chamber))
        items = {item: filling.ItemEdit(version=0, facts=fields) for item, fields in FACTS[which].items()}
        _apply(world, ("intake", APPLICATIONS, IDS[which]), filling.Fill(items=items), filling.fill)
        person = _secretary(which).id
        _know(world, person, "secretary", chamber.area, chamber.code)
    _know(world, OFFICER.id, "officer", PROVINCE, None)


def _know(world: World, person: str, role: Any, area: str, chamber: str | None) -> None:
    profile = Profile(role=role, name="某", area=area, chamber=chamber, mail="x@example.org")
    _apply(world, ("notify", RECIPIENTS, person), Register(id=person, profile=profile), register)


def _apply(world: World, place: Place, command: BaseModel, decide: Decider[Any, Any]) -> None:
    service, kind, key = place
    content = digest(command.model_dump(mode="json"))
    what = type(command).__name__.lower()
    work = Work(kind, key, command, decide, what=what, by=CLOCK, cause=f"{what}/{key}", content=content)
    outcomes: list[Outcome] = at_once(Documents(world.database(service), world).apply([work]))
    assert isinstance(outcomes[0], Applied), outcomes
