"""Who sees what: the office the case, an expert what there is to judge, nobody a mark before all are in."""

from decimal import Decimal

from services.review.api import views
from services.review.api.ballots import as_member_sees
from services.review.domain import opening
from services.review.domain.case import Case, Seat
from services.review.domain.officer import Pass, decide_pass
from services.review.domain.panel import convene
from services.review.domain.recusal import Tie
from shared.contracts import ExpertMark
from tests.unit.review import given

SECRET = Decimal("1.37")


def marked(*, settled: bool) -> Case:
    """A case at the centre that two experts have marked."""
    who = given.chamber(1, "CN", "national")
    first = opening.hear_score(None, given.scored(jurisdiction="CN", who=who), given.NOW)
    assert first
    note = given.text("内部意见", "internal note")
    passed = decide_pass(first.state, Pass(by=given.officer("CN"), note=note), given.NOW).state
    seats = (
        Seat(expert="e-1", status="marked", marks={"B1.a": Decimal(2)}),
        Seat(expert="e-2", status="marked", marks={"B1.a": SECRET}),
    )
    mark = ExpertMark(item="B1.a", points=Decimal(2), of=Decimal(3), marks=2, dropped=0, lowest=SECRET, highest=2)
    return passed.but(seats=seats, settled=(mark,) if settled else ())


def test_an_expert_sees_own_marks_and_not_those_of_others() -> None:
    seen = views.for_expert(marked(settled=False), "e-1")
    assert seen.marks == {"B1.a": Decimal(2)}
    assert set(seen.judged) == set(given.SETTLES)
    for hidden in (str(SECRET), "e-2", "内部意见", "officer-CN"):
        assert hidden not in seen.model_dump_json()


def test_the_office_sees_marks_only_when_they_are_settled() -> None:
    assert str(SECRET) not in views.for_officer(marked(settled=False)).model_dump_json()
    seats = views.for_officer(marked(settled=True)).seats
    assert [seat.marks for seat in seats] == [{"B1.a": Decimal(2)}, {"B1.a": SECRET}]


def test_the_office_sees_where_the_case_stands_in_its_procedure() -> None:
    seen = views.for_officer(marked(settled=False))
    assert [(stage.id, stage.here) for stage in seen.stages] == [
        ("national_review", False),
        ("expert_panel", True),
        ("public_notice", False),
        ("announcement", False),
    ]
    assert (seen.points, seen.pending, seen.ready) == (Decimal("70.00"), Decimal(6), False)


def test_a_member_sees_nothing_of_cases_they_stand_aside_from() -> None:
    case = marked(settled=True)
    tied = given.expert(1, Tie(code=given.code(1), kind="kin"))
    panel = convene(None, given.convene(given.officer("CN"), [case], (tied, given.expert(2))), given.NOW).state
    free, aware = given.expert(2), given.expert(2, Tie(code=given.code(1), kind="interest"))
    assert [matter.case for matter in as_member_sees(panel, free, given.NOW).matters] == [case.id]
    for barred in (tied, aware):
        assert case.id not in as_member_sees(panel, barred, given.NOW).model_dump_json()
