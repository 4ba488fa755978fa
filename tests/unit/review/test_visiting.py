"""Site visits and inspections by another city: who goes, what a report needs, and that no case passes without it."""

from datetime import timedelta

import pytest

from services.review.domain import visiting
from services.review.domain.case import Case, Finding
from services.review.domain.moves import enter
from services.review.domain.officer import Pass, decide_pass
from services.review.domain.visiting import Appoint, Report
from shared.contracts import Evidence
from shared.kernel.change import Refused
from tests.unit.review import given

NOW = given.NOW
PHOTO = "c" * 64
FOUND = Finding(item="B2.i", agrees=False, text=given.text("走访记录只有 3 家", "records of 3 visits only"))
HONOURS = given.LIBRARY["province-honour@1"]


def before(stage: str) -> Case:
    """A case in a stage of a province's own honour."""
    rules = given.rules("35").model_copy(update={"procedure": HONOURS})
    case = Case(
        id=given.case(),
        application=given.application(),
        round="CN-2020",
        jurisdiction="35",
        chamber=given.chamber(),
        rules=rules,
        score=given.score(),
        revision=1,
    )
    return enter(case, HONOURS.stage(stage), NOW)


def report(by: str = "3502", **changes: object) -> Report:
    """A report an hour after the stage began."""
    told = {
        "at": NOW + timedelta(hours=1),
        "visitors": ("甲", "乙"),
        "findings": (FOUND,),
        "photos": (PHOTO,),
        **changes,
    }
    return Report.model_validate({"by": given.officer(by), **told})


LATER = NOW + timedelta(days=2)


def test_a_case_passes_a_visit_only_with_its_report() -> None:
    case = before("visit")
    with given.refused_as("visit.reports"):
        decide_pass(case, Pass(by=given.officer("3502")), LATER)
    seen = visiting.report(case, report(), LATER).state
    [visit] = seen.visits
    assert (visit.at, visit.reported, visit.findings) == (NOW + timedelta(hours=1), LATER, (FOUND,))
    assert decide_pass(seen, Pass(by=given.officer("3502")), LATER).state.stage == "inspection"


def test_a_report_of_one_stage_does_not_stand_for_another() -> None:
    seen = visiting.report(before("visit"), report(), LATER).state
    inspected = decide_pass(seen, Pass(by=given.officer("3502")), LATER).state
    with given.refused_as("visit.reports"):
        decide_pass(inspected, Pass(by=given.officer("35")), LATER)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": NOW - timedelta(hours=1)}, "visit.time"),
        ({"at": LATER + timedelta(hours=1)}, "visit.time"),
        ({"visitors": ("甲", "甲")}, "visit.visitors"),
        ({"photos": ()}, "visit.photos"),
        ({"findings": (FOUND, FOUND)}, "visit.item"),
        ({"findings": (FOUND.model_copy(update={"item": "Z9.z"}),)}, "visit.item"),
    ],
)
def test_a_report_that_lacks_something_is_refused_by_its_field(changes: dict[str, object], code: str) -> None:
    with given.refused_as(code):
        visiting.report(before("visit"), report(**changes), LATER)


def test_facts_of_a_visit_name_nobody() -> None:
    assert visiting.report(before("visit"), report(), LATER).facts == ()


def test_only_the_federation_whose_turn_it_is_goes() -> None:
    with given.refused_as("visit.not-yours"):
        visiting.report(before("visit"), report("3503"), LATER)


def test_an_inspection_is_by_another_city_which_the_province_appoints() -> None:
    case = before("inspection")
    for officer in ("3502", "35", "3503"):
        with given.refused_as("visit.not-yours"):
            visiting.report(case, report(officer), LATER)
    for area in ("3502", "350203", "35", "3301"):
        with given.refused_as("inspection.same-area"):
            visiting.appoint(case, Appoint(by=given.officer("35"), area=area), NOW)
    with given.refused_as("visit.not-yours"):
        visiting.appoint(case, Appoint(by=given.officer("3502"), area="3503"), NOW)
    change = visiting.appoint(case, Appoint(by=given.officer("35"), area="3503"), NOW)
    assert change
    with given.refused_as("visit.not-yours"):
        visiting.report(change.state, report("3502"), LATER)
    seen = visiting.report(change.state, report("3503"), LATER).state
    with given.refused_as("inspection.under-way"):
        visiting.appoint(seen, Appoint(by=given.officer("35"), area="3505"), LATER)
    with given.refused_as("case.not-your-turn"):
        decide_pass(seen, Pass(by=given.officer("3503")), LATER)
    assert decide_pass(seen, Pass(by=given.officer("35")), LATER).state.stage == "shortlist"


def test_what_earns_points_needs_a_file_where_the_procedure_says_so() -> None:
    stage = HONOURS.stage("completeness").model_copy(update={"evidence_for": ("B2",)})
    procedure = HONOURS.model_copy(update={"stages": (stage, *HONOURS.stages[1:])})
    case = before("completeness")
    case = case.but(rules=given.rules("35").model_copy(update={"procedure": procedure}))
    with pytest.raises(Refused) as refusal:
        decide_pass(case, Pass(by=given.officer("3502")), NOW)
    assert "B2.i" in refusal.value.problems[0].rule.zh
    proof = Evidence(sha256="e" * 64, name="走访.pdf", media_type="application/pdf", size=1, items=("B2.i",))
    passed = decide_pass(case.but(evidence=(proof,)), Pass(by=given.officer("3502")), NOW)
    assert passed.state.stage == "visit"


def test_a_case_that_is_not_to_be_visited_takes_no_report() -> None:
    with given.refused_as("case.wrong-stage"):
        visiting.report(before("completeness"), report(), LATER)
    with given.refused_as("case.wrong-stage"):
        visiting.appoint(before("visit"), Appoint(by=given.officer("35"), area="3503"), NOW)
