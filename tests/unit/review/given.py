"""What the tests of review begin with: chambers, scorecards, rounds, people, all invented."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from services.review import procedures
from services.review.domain.announcement import Announce
from services.review.domain.case import Case, case_id
from services.review.domain.notice import Open
from services.review.domain.opening import Nominated, Scored, Withdrawn
from services.review.domain.panel import Convene, Matter
from services.review.domain.ranking import Bounds, Contender
from services.review.domain.recusal import Invited, Tie
from services.review.domain.shortlist import Seal
from services.review.domain.terms import Rules, Terms, named_procedures
from shared.contracts import (
    ApplicationScored,
    ApplicationWithdrawn,
    Calendar,
    Candidate,
    CaseNominated,
    Chamber,
    Gate,
    GateResult,
    ItemScore,
    Level,
    ReturnedItem,
    Round,
    Score,
    text,
)
from shared.kernel.actor import PUBLIC, Actor
from shared.kernel.change import Refused

__all__ = ["PUBLIC", "Decimal", "GateResult", "Random", "text"]


@contextmanager
def refused_as(code: str) -> Iterator[None]:
    """What is done inside is refused, and the first problem has this code."""
    with pytest.raises(Refused) as refusal:
        yield
    assert refusal.value.problems[0].code == code


NOW = datetime(2021, 3, 1, 1, tzinfo=UTC)
"""A Monday morning in China."""
LIBRARY = procedures.load()
ROUND = Round(
    code="CN-2020",
    area="CN",
    honour="national-sihao",
    title=text("2019—2020年度全国“四好”商会认定", "National Four-Good chambers 2019-2020"),
    years=(2019, 2020),
    rubric="sihao-2019@1",
    parameters={},
    procedures={"province": "province@1", "nation": "nation@1"},
    quotas={"35": 2, "33": 1},
    calendar=Calendar(
        apply_from=NOW - timedelta(days=60),
        apply_until=NOW - timedelta(days=1),
        nominate_until=NOW + timedelta(days=60),
        valid_from=NOW + timedelta(days=100),
        valid_until=NOW + timedelta(days=830),
    ),
)
TERMS = Terms(round=ROUND, procedures=named_procedures(ROUND, ("CN", "35"), LIBRARY))
SETTLES = ("B1.a", "C1.a")
"""The items that experts judge."""


def rules(jurisdiction: str) -> Rules:
    """What the round lays down there."""
    found = TERMS.rules(jurisdiction)
    assert found
    return found


def code(number: int) -> str:
    """A credit code, well-formed but not real."""
    return f"5135020{number:011d}"


def chamber(number: int = 1, area: str = "3502", level: Level = "city") -> Chamber:
    """An invented chamber."""
    return Chamber(code=code(number), name=f"演示商会{number}", type="industry", level=level, area=area)


def score(
    total: str = "70.00",
    *,
    gate: GateResult = "met",
    pending: bool = True,
    dimension_a: str = "20",
    digest: str = "a",
) -> Score:
    """A scorecard in brief, with one gate and the items that experts judge."""
    judged = tuple(
        ItemScore(
            item=item,
            points=Decimal(0) if pending else Decimal(2),
            of=Decimal("3.25"),
            outcome="pending" if pending else "partial",
            mark_of=Decimal(3),
        )
        for item in SETTLES
    )
    return Score(
        admitted=gate in {"met", "not_applicable"},
        total=Decimal(total),
        pending=Decimal(6) if pending else Decimal(0),
        dimensions={"A": Decimal(dimension_a)},
        gates=(Gate(item="D1.c", result=gate, reason=text("年检结论", "annual inspection")),),
        items=(ItemScore(item="B2.i", points=Decimal(1), of=Decimal(1), outcome="full"), *judged),
        shortfalls=(),
        rubric="sihao-2019@1",
        digest=digest * 64,
    )


def application(number: int = 1) -> str:
    """The id of a chamber's application."""
    return f"CN-2020-{code(number)}"


def case(number: int = 1, jurisdiction: str = "35") -> str:
    """The id of its case."""
    return case_id(application(number), jurisdiction)


def scored(
    number: int = 1,
    *,
    sequence: int = 1,
    revision: int = 1,
    jurisdiction: str = "35",
    of: Score | None = None,
    who: Chamber | None = None,
) -> Scored:
    """A scorecard, as a case hears it."""
    who = who or chamber(number)
    event = ApplicationScored(
        area=who.area,
        application=application(number),
        round="CN-2020",
        revision=revision,
        sequence=sequence,
        chamber=who,
        score=of or score(),
    )
    return Scored(jurisdiction=jurisdiction, event=event, rules=rules(jurisdiction))


def nominated(number: int = 1, *, rank: int = 1, quota: int = 2, who: Chamber | None = None) -> Nominated:
    """A nomination, as the centre hears it."""
    who = who or chamber(number)
    event = CaseNominated(
        area=who.area,
        case=case(number),
        application=application(number),
        round="CN-2020",
        jurisdiction="35",
        chamber=who,
        rank=rank,
        quota=quota,
        score=score(),
    )
    return Nominated(jurisdiction="CN", event=event, rules=rules("CN"), quota=quota)


def withdrawn(number: int = 1, *, jurisdiction: str = "35") -> Withdrawn:
    """A withdrawal, as a case hears it."""
    event = ApplicationWithdrawn(area="3502", application=application(number), round="CN-2020", chamber=chamber(number))
    return Withdrawn(jurisdiction=jurisdiction, event=event)


def officer(area: str) -> Actor:
    """An officer of an area."""
    return Actor(id=f"officer-{area}", role="officer", area=area)


def expert(number: int, *ties: Tie) -> Invited:
    """An expert, with these ties."""
    return Invited(expert=f"e-{number}", ties=ties)


def as_expert(invited: Invited) -> Actor:
    """The expert as the one who acts."""
    return Actor(id=invited.expert, role="expert")


def returned(item: str) -> ReturnedItem:
    """An item to correct."""
    return ReturnedItem(item=item, reason=text("请补走访记录", "add the visits"))


def contender(number: int, points: str = "70", *, doubts: int = 0, dimension_a: str = "20") -> Contender:
    """A case as it stands for ranking."""
    return Contender(
        case=case(number),
        code=code(number),
        points=Decimal(points),
        dimensions={"A": Decimal(dimension_a)},
        doubts=doubts,
    )


def seal(by: Actor, cases: list[Case], quota: int = 2) -> Seal:
    """A list of these cases, to be sealed."""
    contenders = tuple(
        Contender(case=c.id, code=c.chamber.code, points=c.score.total, dimensions=c.score.dimensions, doubts=0)
        for c in cases
        if c.score
    )
    return sealing(by, contenders, quota=quota)


def sealing(by: Actor, contenders: tuple[Contender, ...], *, quota: int = 2) -> Seal:
    """A list of these contenders, to be sealed."""
    return Seal(
        by=by,
        id="CN-2020@35",
        round="CN-2020",
        area="35",
        bounds=Bounds(quota=quota),
        ties=("doubts", "A", "code"),
        until=ROUND.calendar.nominate_until,
        contenders=contenders,
        undecided=(),
    )


def convene(by: Actor, cases: list[Case], members: tuple[Invited, ...]) -> Convene:
    """A committee about these cases."""
    matters = tuple(Matter(case=c.id, chamber=c.chamber.code, points=c.score.total) for c in cases if c.score)
    return Convene(
        by=by,
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        members=members,
        quorum="2/3",
        look_back_years=2,
        matters=matters,
    )


def open_notice(by: Actor, cases: list[Case]) -> Open:
    """A notice of these cases."""
    return Open(
        by=by,
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        title=text("公示", "public notice"),
        window_days=7,
        ruling_days=15,
        candidates=tuple(Candidate(case=c.id, chamber=c.chamber, points=c.score.total) for c in cases if c.score),
    )


def announce(by: Actor, cases: tuple[str, ...]) -> Announce:
    """An announcement of these cases."""
    return Announce(
        by=by,
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        document="演示〔2021〕1号",
        title=text("通报", "announcement"),
        cases=cases,
    )
