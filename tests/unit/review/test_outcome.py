"""What lists, votes, notices and announcements mean for a case, and that they may overtake each other."""

from itertools import permutations
from random import Random

import pytest

from services.review.domain import opening, outcome
from services.review.domain.case import Case
from services.review.domain.moves import enter
from shared.contracts import AnnouncementMade, CaseDeclined, NoticeClosed, PanelDecided, PanelResult, Tally
from shared.kernel.change import NotYet
from tests.unit.review import given
from tests.unit.review.world import Decide, World

NOW = given.NOW
CASE = given.case(1, "CN")
TALLY = Tally(members=7, present=6, recused=1, quorum=5, yes=4, no=1, abstain=1, majority=4)


def decided(*, elected: bool = True) -> PanelDecided:
    """The committee's vote on one case."""
    votes = {} if elected else {"yes": 3, "no": 2}
    result = PanelResult(
        case=CASE,
        outcome="elected" if elected else "not_elected",
        points=given.Decimal("80.00"),
        tally=TALLY.model_copy(update=votes),
    )
    return PanelDecided(area="CN", panel="p", round="CN-2020", results=(result,))


CLOSED = NoticeClosed(area="CN", notice="n", round="CN-2020", cleared=(CASE,), excluded=(), objections=0)
MADE = AnnouncementMade(
    area="CN", announcement="a", round="CN-2020", document="演示1号", title=given.text("通报", "list"), cases=(CASE,)
)
STEPS: list[tuple[object, Decide]] = [
    (given.scored(jurisdiction="CN"), opening.hear_score),
    (given.nominated(), opening.hear_nomination),
    (decided(), outcome.hear_panel),
    (CLOSED, outcome.hear_notice),
    (MADE, outcome.hear_announcement),
]


def before_the_committee() -> Case:
    """A case with its experts."""
    first = opening.hear_score(None, given.scored(jurisdiction="CN"), NOW)
    assert first
    whole = opening.hear_nomination(first.state, given.nominated(), NOW)
    assert whole
    return whole.state


@pytest.mark.parametrize("steps", list(permutations(STEPS)))
def test_whatever_overtakes_whatever_the_honour_is_granted_once(steps: list[tuple[object, Decide]]) -> None:
    world = World(Random(1))  # noqa: S311 - a test's shuffling
    for message, decide in steps:
        world.send(CASE, message, decide)
    while world.under_way:
        mail = world.under_way.pop(0)
        try:
            world.deliver(mail)
        except NotYet:
            world.under_way.append(mail)
    assert world.case(1, "CN").status == "honoured"
    assert world.names().count("honour.granted") == 1


def test_what_comes_again_under_another_name_changes_nothing() -> None:
    case = before_the_committee()
    elected = outcome.hear_panel(case, decided(), NOW)
    assert elected
    assert elected.state.stage == "public_notice"
    assert outcome.hear_panel(elected.state, decided(elected=False), NOW) is None
    for status in ("declined", "withdrawn"):
        assert outcome.hear_panel(case.but(status=status), decided(), NOW) is None


def test_who_is_not_elected_is_told_the_figures() -> None:
    change = outcome.hear_panel(before_the_committee(), decided(elected=False), NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, CaseDeclined)
    assert fact.code == "vote"
    assert "赞成 3，反对 2，弃权 1，须 4 票赞成" in fact.reason.zh
    assert "7 members 6 present, 1 recused" in fact.reason.en


def test_the_honour_is_valid_as_the_rounds_calendar_says() -> None:
    case = enter(before_the_committee(), given.rules("CN").procedure.stage("announcement"), NOW)
    change = outcome.hear_announcement(case, MADE, NOW)
    assert change
    [fact] = change.facts
    assert fact.model_dump(include={"valid_from", "valid_until", "document", "honour", "area"}) == {
        "valid_from": given.ROUND.calendar.valid_from,
        "valid_until": given.ROUND.calendar.valid_until,
        "document": "演示1号",
        "honour": f"national-sihao:{given.code(1)}:CN-2020",
        "area": "3502",
    }
