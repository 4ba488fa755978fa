"""A mark off the computed or the province's value has its reason; the office sees it, and whose marks lie far off."""

from decimal import Decimal

import pytest

from services.review.api import views
from services.review.domain import moves, opening
from services.review.domain.case import Case, Seat
from services.review.domain.marking import Assign, Mark, assign, mark
from services.review.domain.opening import Nominated
from services.review.domain.opinion import Opine, opine
from services.review.domain.spread import Outlier, spread
from shared.contracts import CaseNominated
from shared.kernel.change import Refused
from tests.unit.review import given
from tests.unit.review.test_marking import seated as settled_without_reasons

NOW = given.NOW
FIRST, SECOND = given.SETTLES
FIVE = tuple(given.expert(n) for n in range(1, 6))
WHY = given.text("现场核实", "verified on the spot")
RULES = given.rules("CN").model_copy(update={"procedure": given.LIBRARY["nation@3"]})


def province_case() -> Case:
    """A case in a province, open."""
    opened = opening.hear_score(None, given.scored(), NOW)
    assert opened
    return opened.state


def said(*marks: tuple[str, str]) -> Opine:
    """What the province would give."""
    return Opine(by=given.officer("35"), marks={item: Decimal(mark) for item, mark in marks})


def seated(opinion: str | None, computed: str | None) -> Case:
    """A case at the centre with five experts; the province's and the computed value of the first item."""
    known = given.score()
    items = tuple(
        item.model_copy(update={"computed": Decimal(computed)}) if computed and item.item == FIRST else item
        for item in known.items
    )
    own = province_case()
    if opinion:
        told = opine(own, said((FIRST, opinion)), NOW)
        assert told
        own = told.state
    [fact] = moves.nominate(own, 1, 2).facts
    assert isinstance(fact, CaseNominated)
    score = known.model_copy(update={"items": items})
    half = opening.hear_score(None, given.scored(jurisdiction="CN", of=score), NOW)
    assert half
    message = Nominated(jurisdiction="CN", event=fact, rules=RULES, quota=2)
    whole = opening.hear_nomination(half.state, message, NOW)
    assert whole
    command = Assign(by=given.officer("CN"), experts=FIVE)
    return assign(whole.state.but(rules=RULES), command, NOW).state


def marked(case: Case, value: str, **reasons: object) -> Case:
    """The first expert's marks."""
    marks = {FIRST: Decimal(value), SECOND: Decimal(1)}
    told = {item.replace("_", "."): WHY for item in reasons}
    return mark(case, Mark(by=given.as_expert(FIVE[0]), expert=FIVE[0], marks=marks, reasons=told), NOW).state


@pytest.mark.parametrize(("opinion", "computed"), [("2.00", None), (None, "2.00")])
def test_a_mark_that_is_far_off_is_refused_without_a_reason(opinion: str | None, computed: str | None) -> None:
    case = seated(opinion, computed)
    for near in ("1.25", "2", "2.75"):
        assert marked(case, near).seats[0].status == "marked"
    for far in ("1.24", "2.76", "0"):
        with pytest.raises(Refused) as refusal:
            marked(case, far)
        [problem] = refusal.value.problems
        assert (problem.code, problem.field) == ("marks.reason-missing", f"reasons.{FIRST}")
        assert far in problem.rule.zh
        assert ("省级初评" if opinion else "系统测算") in problem.rule.zh
        assert marked(case, far, B1_a=WHY).seats[0].reasons == {FIRST: WHY}


def test_both_values_are_held_against_and_each_is_named() -> None:
    with pytest.raises(Refused) as refusal:
        marked(seated("3", "2.90"), "0")
    assert [problem.field for problem in refusal.value.problems] == [f"reasons.{FIRST}"] * 2


def test_a_reason_for_what_was_not_marked_is_refused() -> None:
    with given.refused_as("marks.reason-astray"):
        marked(seated(None, None), "1", Z9_z=WHY)


def test_a_procedure_that_does_not_ask_takes_any_mark() -> None:
    case = settled_without_reasons()
    assert case.score
    items = tuple(item.model_copy(update={"computed": Decimal(0)}) for item in case.score.items)
    case = case.but(score=case.score.model_copy(update={"items": items}))
    assert marked(case, "3").seats[0].status == "marked"


def test_the_expert_sees_the_values_and_the_office_the_reasons_when_marks_are_settled() -> None:
    case = marked(seated("2.00", "1.00"), "0", B1_a=WHY)
    seen = views.for_expert(case, "e-1")
    assert [(one.source, one.value) for one in seen.references[FIRST]] == [
        ("computed", Decimal("1.00")),
        ("province", Decimal("2.00")),
    ]
    assert seen.reasons == {FIRST: WHY}
    assert views.for_expert(case, "e-2").reasons == {}
    assert WHY.zh not in views.for_officer(case).model_dump_json()


def test_a_province_says_what_it_would_give_before_experts_mark_and_it_travels_with_the_nomination() -> None:
    told = opine(province_case(), said((FIRST, "2.5")), NOW)
    assert told
    assert opine(told.state, said((FIRST, "2.5")), NOW) is None
    [fact] = moves.nominate(told.state, 1, 2).facts
    assert isinstance(fact, CaseNominated)
    assert fact.opinion == {FIRST: Decimal("2.5")}
    [plain] = moves.nominate(province_case(), 1, 2).facts
    assert isinstance(plain, CaseNominated)
    assert plain.opinion is None


@pytest.mark.parametrize(
    ("item", "mark", "code"),
    [(FIRST, "3.01", "marks.item"), ("B2.i", "1", "marks.item"), (FIRST, "0.001", "marks.item")],
)
def test_an_opinion_has_to_fit_its_item(item: str, mark: str, code: str) -> None:
    with given.refused_as(code):
        opine(province_case(), said((item, mark)), NOW)


def test_the_centre_has_no_opinion_of_its_own_and_none_comes_after_the_experts() -> None:
    with given.refused_as("opinion.centre"):
        opine(seated(None, None), said((FIRST, "1")), NOW)
    late = province_case().but(seats=(Seat(expert="e-1", status="marked"),))
    with given.refused_as("opinion.closed"):
        opine(late, said((FIRST, "1")), NOW)
    with given.refused_as("opinion.closed"):
        opine(province_case().but(status="declined"), said((FIRST, "1")), NOW)
    with given.refused_as("case.unknown"):
        opine(None, said((FIRST, "1")), NOW)


def test_the_office_sees_how_far_marks_lie_apart_and_whose_lie_far_off() -> None:
    case = settled_without_reasons()
    assert spread(case) == ()
    for invited, value in zip(FIVE, ("0.50", "2.00", "2.20", "2.40", "3.00"), strict=True):
        marks = dict.fromkeys(given.SETTLES, Decimal(value))
        case = mark(case, Mark(by=given.as_expert(invited), expert=invited, marks=marks), NOW).state
    seen = views.for_officer(case)
    first = seen.spread[0]
    assert (first.item, first.lowest, first.median, first.highest) == (
        FIRST,
        Decimal("0.50"),
        Decimal("2.20"),
        Decimal("3.00"),
    )
    assert first.range == Decimal("2.50")
    assert first.outliers == (
        Outlier(expert="e-1", mark=Decimal("0.50"), off=Decimal("-1.70")),
        Outlier(expert="e-5", mark=Decimal("3.00"), off=Decimal("0.80")),
    )
    assert [seat.counted == seat.marks for seat in seen.seats] == [True] * 5
