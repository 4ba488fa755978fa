"""Invented chambers, rounds and events for intake's tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from stdnum.cn import uscc

from services.intake.domain import rubric, submitting
from services.intake.domain.application import Application
from services.intake.domain.filling import Fill, ItemEdit, fill
from services.intake.domain.round import PlannedRound
from services.intake.domain.rubric import KnownRubric
from services.intake.domain.timeline import Told
from shared.contracts import (
    ApplicationScored,
    Calendar,
    Candidate,
    CaseAdvanced,
    CaseDeclined,
    CaseNominated,
    CaseOpened,
    CaseReturned,
    CaseWithdrawn,
    Chamber,
    Event,
    HonourEnded,
    HonourExpired,
    HonourGranted,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    HonourWithheld,
    MarksSettled,
    NoticeOpened,
    ObjectionRuled,
    ReturnedItem,
    Round,
    RubricPublished,
    Score,
    text,
)
from shared.kernel.canonical import digest
from shared.kernel.change import Change
from shared.kernel.state import State

S = TypeVar("S", bound=State)

START = datetime(2020, 9, 1, tzinfo=UTC)
NOW = START + timedelta(days=10)
UNTIL = START + timedelta(days=30)
WORDS = text("测试", "test")
HASH = "0" * 64


def credit_code(area: str = "350200", body: str = "MJB123456") -> str:
    """A code that holds, for a social organisation registered in an area."""
    first = f"51{area}{body}"
    return first + uscc.calc_check_digit(first)


CHAMBER = Chamber(code=credit_code(), name="鹭岛虚构商会", type="hometown", level="city", area="3502")
ROUND = Round(
    code="CN-2020",
    area="CN",
    honour="national-sihao",
    title=WORDS,
    years=(2019, 2020),
    rubric="sihao-2019@1",
    parameters={"growth": "0.2", "floor": 3},
    procedures={"province": "province@1", "nation": "nation@1"},
    quotas={"35": 3},
    calendar=Calendar(
        apply_from=START,
        apply_until=UNTIL,
        nominate_until=START + timedelta(days=60),
        valid_from=START + timedelta(days=120),
        valid_until=START + timedelta(days=850),
    ),
)
PUBLISHED = RubricPublished(
    area="CN", rubric="sihao-2019@1", title=WORDS, digest=HASH, items=110, parameters=("growth", "floor")
)
APPLICATION = f"CN-2020-{CHAMBER.code}"
CASE = f"{APPLICATION}@35"
HONOUR = f"national-sihao:{CHAMBER.code}:CN-2020"


def after(change: Change[S] | None) -> S:
    """The state after a decision that must have been one."""
    assert change is not None
    return change.state


def known_rubric() -> KnownRubric:
    """The rubric, as heard from scoring."""
    return after(rubric.hear(None, PUBLISHED, NOW))


def open_round() -> PlannedRound:
    """A round in which chambers may apply."""
    return PlannedRound(
        round=ROUND,
        status="open",
        digest=digest(ROUND.model_dump(mode="json")),
        rubric_digest=HASH,
        drafted_at=START,
        frozen_at=START,
        opened_at=START,
    )


def begun() -> Application:
    """An empty draft."""
    start = submitting.Start(round=ROUND.code, chamber=CHAMBER.code)
    return after(submitting.starting(open_round(), CHAMBER)(None, start, START))


def filled() -> Application:
    """A draft with one item."""
    edit = ItemEdit(version=0, facts={"visited": {"2019": 31}})
    return after(fill(begun(), Fill(items={"B2.i": edit}), NOW))


def submit(state: Application, now: datetime = NOW) -> Change[Application] | None:
    """Hand it in."""
    return submitting.submitting(open_round(), CHAMBER)(state, submitting.Submit(undertaking=True), now)


def submitted() -> Application:
    """An application that was handed in."""
    return after(submit(filled()))


_numbers = count(1)


def told(event: Event, at: datetime, id_: str | None = None) -> Told:
    """An event as it arrives."""
    return Told(id=id_ or f"event-{next(_numbers)}", at=at, event=event)


def returned(*items: str, deadline: datetime = UNTIL + timedelta(days=9)) -> CaseReturned:
    """Sent back for correction."""
    return CaseReturned(
        **_CASE, items=tuple(ReturnedItem(item=item, reason=WORDS) for item in items), deadline=deadline
    )


_CASE: dict[str, Any] = {
    "area": "3502",
    "case": CASE,
    "application": APPLICATION,
    "round": "CN-2020",
    "jurisdiction": "35",
    "chamber": CHAMBER,
}
_HONOUR: dict[str, Any] = {
    "area": "3502",
    "honour": HONOUR,
    "line": "national-sihao",
    "round": "CN-2020",
    "chamber": CHAMBER,
}
_SCORE = Score(
    admitted=True,
    total=Decimal("81.5"),
    pending=Decimal(9),
    dimensions={"A": Decimal(20)},
    gates=(),
    items=(),
    shortfalls=(),
    rubric="sihao-2019@1",
    digest=HASH,
)
EVENTS: tuple[Event, ...] = (
    ApplicationScored(
        area="3502",
        application=APPLICATION,
        round="CN-2020",
        revision=1,
        sequence=1,
        chamber=CHAMBER,
        score=_SCORE,
    ),
    CaseOpened(**_CASE, procedure="province@1", stage="level", stage_title=WORDS),
    CaseAdvanced(**_CASE, passed="level", stage="gate", stage_title=WORDS),
    returned("B2.i"),
    CaseDeclined(**_CASE, stage="gate", code="quota", reason=WORDS, remedy=WORDS),
    CaseWithdrawn(**_CASE),
    CaseNominated(**_CASE, rank=1, quota=3, score=_SCORE),
    MarksSettled(**_CASE, revision=1, marks=()),
    NoticeOpened(
        area="CN",
        notice="n1",
        round="CN-2020",
        title=WORDS,
        opens=NOW,
        closes=UNTIL,
        candidates=(Candidate(case=f"{APPLICATION}@CN", chamber=CHAMBER, points=Decimal(90)),),
    ),
    ObjectionRuled(
        area="3502",
        notice="n1",
        round="CN-2020",
        number=1,
        case=f"{APPLICATION}@CN",
        chamber=CHAMBER,
        outcome="dismissed",
        reason=WORDS,
    ),
    HonourGranted(**_HONOUR, case=CASE, document="虚构〔2021〕1号", valid_from=NOW, valid_until=UNTIL),
    HonourWithheld(**_HONOUR, case=CASE, reason=WORDS),
    HonourSuspended(**_HONOUR, number=1, cause="penalty", reason=WORDS, document="虚构〔2021〕7号"),
    HonourReinstated(**_HONOUR, number=1, reason=WORDS, document="虚构〔2021〕8号"),
    HonourSuperseded(**_HONOUR, by="national-sihao:x:CN-2022"),
    HonourEnded(**_HONOUR, reason=WORDS, document="虚构〔2022〕8号"),
    HonourExpired(**_HONOUR),
    HonourRevoked(**_HONOUR, reason=WORDS, document="虚构〔2022〕9号"),
)
"""One of every event on the timeline, all about `APPLICATION`."""
