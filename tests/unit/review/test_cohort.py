"""The marking of a round is closed: one document, one fact, and every case of it settles by it."""

from decimal import Decimal

import pytest

from services.review.domain import opening
from services.review.domain.case import Case
from services.review.domain.cohort import CloseMarking, Cohort, close_marking, heard_by_cases
from services.review.domain.marking import Assign, Mark, assign, given_in, hear_cohort, is_marked, mark
from services.review.domain.stages import ExpertPanel
from services.review.handlers import table
from services.review.store import ReviewStore
from shared.contracts import CohortFrozen, MarksSettled
from shared.kernel.change import NotYet, Refused
from shared.kernel.custody import Custody
from shared.kernel.state import State
from shared.runtime.handlers import Delivery
from tests.unit.review import given

NOW = given.NOW
OFFICE = given.officer("CN")
FIVE = tuple(given.expert(n) for n in range(1, 6))
STAGE = given.LIBRARY["nation@3"].stage("expert_panel")
assert isinstance(STAGE, ExpertPanel)
RULES = given.rules("CN").model_copy(update={"procedure": given.LIBRARY["nation@3"]})
LAST = 10


def case(number: int, strictness: int = 1) -> Case:
    """A case whose experts have marked, each in their own way; higher numbers are better."""
    half = opening.hear_score(None, given.scored(number, jurisdiction="CN"), NOW)
    assert half
    whole = opening.hear_nomination(half.state, given.nominated(number), NOW)
    assert whole
    seated = assign(whole.state.but(rules=RULES), Assign(by=OFFICE, experts=FIVE), NOW).state
    for turn in range(len(FIVE)):
        value = Decimal(number * 10 + 100 + turn * 5 * strictness).scaleb(-2)
        change = mark(seated, marks_of(turn + 1, value), NOW)
        assert change.facts == (), "nothing settles before the marking is closed"
        seated = change.state
    return seated


def marks_of(number: int, value: Decimal) -> Mark:
    """An expert's marks."""
    invited = FIVE[number - 1]
    return Mark(by=given.as_expert(invited), expert=invited, marks=dict.fromkeys(given.SETTLES, value))


def closing(cases: list[Case], **changes: object) -> CloseMarking:
    """Close the marking of these cases."""
    assert isinstance(STAGE, ExpertPanel)
    assert STAGE.normalise
    told = {
        "id": "CN-2020@CN-1",
        "round": "CN-2020",
        "jurisdiction": "CN",
        "min_cases": STAGE.normalise.min_cases,
        "given": tuple(one for case in cases if is_marked(case) for one in given_in(case)),
        "unfinished": tuple(case.id for case in cases if not is_marked(case)),
        **changes,
    }
    return CloseMarking.model_validate({"by": OFFICE, **told})


CASES = [case(number) for number in range(1, LAST + 1)]


def frozen(cases: list[Case] = CASES) -> Cohort:
    """Their cohort."""
    return close_marking(None, closing(cases), NOW).state


def test_the_cohort_says_which_cases_which_experts_and_by_what() -> None:
    change = close_marking(None, closing(CASES), NOW)
    cohort, [fact] = change.state, change.facts
    assert cohort.cases == tuple(sorted(one.id for one in CASES))
    assert {(one.expert, one.cases, one.normalised) for one in cohort.yardstick.experts} == {
        (f"e-{n}", LAST, True) for n in range(1, 6)
    }
    assert isinstance(fact, CohortFrozen)
    assert (fact.experts, fact.normalised, fact.min_cases, fact.cases) == (5, 5, 10, cohort.cases)
    assert (fact.mean, fact.deviation) == (cohort.yardstick.mean, cohort.yardstick.deviation)
    assert frozen(CASES[::-1]) == cohort
    assert "e-1" not in fact.model_dump_json(), "who marked is in no event"


def test_every_case_settles_by_what_was_frozen() -> None:
    cohort = frozen()
    heard = heard_by_cases(cohort)
    for one in CASES:
        change = hear_cohort(one, heard[one.id], NOW)
        assert change
        [fact] = change.facts
        assert isinstance(fact, MarksSettled)
        assert (fact.cohort, fact.marks) == (cohort.id, change.state.settled)
        assert fact.normalised == given.text("5 名专家的评分均已标准化。", "The marks of all 5 experts are normalised.")
        assert change.state.yardstick == heard[one.id].yardstick
        assert hear_cohort(change.state, heard[one.id], NOW) is None
        with pytest.raises(Refused, match="marks"):
            mark(change.state, marks_of(1, Decimal(1)), NOW)


def test_below_the_minimum_marks_count_as_given_and_it_is_said() -> None:
    few = CASES[:3]
    cohort = frozen(few)
    change = hear_cohort(few[0], heard_by_cases(cohort)[few[0].id], NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, MarksSettled)
    assert fact.marks[0].points == Decimal("1.20")
    assert fact.normalised
    assert fact.normalised.zh == "未标准化 5 名：评审案件不足 10 件，或各案评分几乎相同。"
    assert [one.why.en for one in cohort.yardstick.experts][:1] == ["Not normalised: 3 cases marked, 10 are needed."]


def test_a_case_whose_marks_changed_in_between_waits_for_another_closing() -> None:
    cohort = frozen()
    changed = mark(CASES[0], marks_of(1, Decimal("0.10")), NOW).state
    assert hear_cohort(changed, heard_by_cases(cohort)[changed.id], NOW) is None
    later = close_marking(None, closing([changed], id="CN-2020@CN-2"), NOW).state
    assert hear_cohort(changed, heard_by_cases(later)[changed.id], NOW)
    assert frozen() == cohort, "what was frozen is not changed by it"


def test_a_case_that_has_gone_lets_it_go_by_and_one_that_is_not_there_waits() -> None:
    heard = heard_by_cases(frozen())[CASES[0].id]
    assert hear_cohort(CASES[0].but(status="withdrawn"), heard, NOW) is None
    with pytest.raises(NotYet):
        hear_cohort(None, heard, NOW)


def test_it_is_closed_once_and_without_unfinished_cases_only_for_a_reason() -> None:
    with given.refused_as("cohort.exists"):
        close_marking(frozen(), closing(CASES), NOW)
    with given.refused_as("cohort.empty"):
        close_marking(None, closing([]), NOW)
    unfinished = CASES[0].but(seats=CASES[0].seats[:-1])
    with given.refused_as("cohort.unfinished"):
        close_marking(None, closing([unfinished, *CASES[1:]]), NOW)
    why = given.text("专家病假", "an expert is ill")
    cohort = close_marking(None, closing([unfinished, *CASES[1:]], reason=why), NOW).state
    assert (cohort.left_out, cohort.reason) == ((unfinished.id,), why)
    assert unfinished.id not in cohort.cases


class Knows(ReviewStore):
    """A store that has one cohort, or none."""

    def __init__(self, cohort: Cohort | None) -> None:
        self._cohort = cohort

    async def custodies(self) -> dict[str, Custody]:
        """No area ever moved."""
        return {}

    async def get(self, _kind: object, _key: str) -> State | None:  # type: ignore[override]
        """It, whatever is asked for."""
        return self._cohort

    async def these(self, _kind: object, _keys: object) -> list[State]:  # type: ignore[override]
        """No case."""
        return []


async def test_the_cases_of_a_cohort_are_told_where_it_was_frozen() -> None:
    change = close_marking(None, closing(CASES), NOW)
    [fact] = change.facts

    async def told(areas: tuple[str, ...], cohort: Cohort | None) -> list[str]:
        heard = table(Knows(cohort), given.LIBRARY, areas, areas[0])
        [reaction] = next(one for one in heard if one.event is CohortFrozen).reactions
        return [target.key for target in await reaction.route(fact, Delivery("id", "review", NOW))]

    assert await told(("CN", "33"), change.state) == list(change.state.cases)
    assert await told(("35",), None) == []
    with pytest.raises(NotYet):
        await told(("CN",), None)
