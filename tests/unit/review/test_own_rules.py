"""A province's own stages, fields and criteria: they add, they are checked, and the national procedure stays whole."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.review import procedures
from services.review.api import views
from services.review.domain import moves, officer, opening, outcome, ranking, visiting
from services.review.domain.case import Case, Finding
from services.review.domain.layer import Layer, layered
from services.review.domain.own_fields import Given
from services.review.domain.procedure import Procedure
from services.review.domain.replay import replayed_shortlist
from services.review.domain.shortlist import Seal, seal
from services.review.domain.stages import OfficersTurn
from services.review.domain.stages import Shortlist as ListStage
from services.review.domain.terms import RoundHeard, Terms, freeze, named_procedures, own_procedures
from shared.contracts import CaseAdvanced, CaseNominated, RoundOpened, ShortlistSealed, text
from shared.contracts.extensions import LIMIT, extensions_of
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Refused
from sihao.cli import app
from tests.support.own_rules import put, shown
from tests.unit.review import given

FUJIAN = given.officer("35")
XIAMEN = given.officer("3502")
FILE: Mapping[str, Given] = {"x-35-file-number": "FJ-2024/017", "x-35-district": "member"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Procedure]:
    """What a deployment of Fujian has, with the files that the page shows."""
    return procedures.library(put(tmp_path_factory.mktemp("own"), under="procedures"), ("35", "3502"))


@pytest.fixture
def terms(library: dict[str, Procedure]) -> Terms:
    own = own_procedures(given.ROUND, ("35",), library)
    named = named_procedures(given.ROUND, ("35",), library)
    event = RoundOpened(area=given.ROUND.area, round=given.ROUND)
    change = freeze(None, RoundHeard(event=event, procedures=named, own=own), given.NOW)
    assert change
    return change.state


def opened(terms: Terms, number: int = 1, points: str = "70") -> Case:
    rules = terms.rules("35")
    assert rules
    heard = given.scored(number, of=given.score(points))
    change = opening.hear_score(None, heard.model_copy(update={"rules": rules}), given.NOW)
    assert change
    return change.state


def visited(case: Case) -> Case:
    report = visiting.Report(
        by=FUJIAN,
        at=given.NOW,
        visitors=("甲", "乙"),
        findings=(Finding(item="B1.a", agrees=True, text=text("属实", "as stated")),),
        photos=("a" * 64,),
    )
    return visiting.report(case, report, given.NOW).state


def passed(case: Case, by: Actor, fields: Mapping[str, Given]) -> Change[Case]:
    return officer.decide_pass(case, officer.Pass(by=by, fields=dict(fields)), given.NOW)


def listed(terms: Terms, number: int = 1, points: str = "70", site: str = "8.5") -> Case:
    case = passed(opened(terms, number, points), XIAMEN, FILE).state
    return passed(visited(case), FUJIAN, {"x-35-site-score": Decimal(site), "x-35-minutes": "张三陪同"}).state


def test_the_national_stages_stay_as_they_are_and_the_province_s_stand_before_the_gate(
    library: dict[str, Procedure],
) -> None:
    own, national = library["x-35-review@1"], given.LIBRARY["province@1"]
    assert [stage.id for stage in own.stages] == ["own_level", "fujian_visit", "shortlist"]
    kept = [_bare(stage) for stage in own.stages if stage.id != "fujian_visit"]
    assert kept == [_bare(stage) for stage in national.stages]
    assert not any(isinstance(stage, OfficersTurn) and stage.fields for stage in national.stages)


def _bare(stage: Any) -> Any:
    return stage.model_dump(exclude={"fields"})


@drawn(
    before=st.lists(st.sampled_from(["completeness", "visit", "inspection", "shortlist"]), max_size=4),
    asked=st.sets(st.sampled_from(["completeness", "visit", "inspection"])),
)
def test_whatever_a_layer_adds_nothing_of_the_platform_s_is_loosened(before: list[str], asked: set[str]) -> None:
    base = given.LIBRARY["province-honour@1"]
    stages = [
        {
            "before": place,
            "stage": {
                "id": f"own_{'abcd'[n]}",
                "kind": "officer_decision",
                "title": {"zh": "甲", "en": "a"},
                "who": "province",
                "outcomes": ["pass", "decline"],
                "return_days": 5,
                "allowance_minutes": 0,
                "source": {"zh": "甲", "en": "a"},
            },
        }
        for n, place in enumerate(before)
    ]
    fields = {place: [{"name": f"x-35-{place}", "type": "yes_no", "title": {"zh": "甲", "en": "a"}}] for place in asked}
    layer = Layer.model_validate(
        {"id": "x-35-a@1", "area": "35", "extends": base.id, "title": {"zh": "甲", "en": "a"}, "stages": stages}
        | {"fields": fields}
    )
    merged = layered(base, layer)
    ids = {stage.id for stage in base.stages}
    assert [_bare(stage) for stage in merged.stages if stage.id in ids] == [_bare(stage) for stage in base.stages]
    gate = [stage.kind for stage in merged.stages].index("shortlist")
    assert all(stage.id in ids for stage in merged.stages[gate:])


def test_a_round_that_names_the_platform_s_procedure_gets_the_province_s_and_only_there(
    library: dict[str, Procedure], terms: Terms
) -> None:
    rules = terms.rules("35")
    assert rules
    assert rules.procedure.id == "x-35-review@1"
    assert own_procedures(given.ROUND, ("33", "CN"), library) == {}
    assert terms.procedures["province"].id == "province@1"


def test_a_stage_is_not_passed_before_its_fields_are_filled_in(terms: Terms) -> None:
    case = opened(terms)
    with pytest.raises(Refused) as refusal:
        passed(case, XIAMEN, {"x-35-district": "chief", "x-35-other": "1"})
    found = {problem.field: problem.code for problem in refusal.value.problems}
    assert found == {
        "fields.x-35-other": "field.unknown",
        "fields.x-35-file-number": "field.missing",
        "fields.x-35-district": "field.value",
    }
    assert "lead, member, none" in str([problem.rule.en for problem in refusal.value.problems])


@pytest.mark.parametrize(
    "score", [Decimal("10.1"), Decimal(-1), Decimal("8.55"), "八", True, "", "NaN", "1e99999999", "1e-99999999"]
)
def test_a_number_outside_its_limits_is_refused(terms: Terms, score: Given) -> None:
    case = visited(passed(opened(terms), XIAMEN, FILE).state)
    with pytest.raises(Refused) as refusal:
        passed(case, FUJIAN, {"x-35-site-score": score})
    assert [problem.code for problem in refusal.value.problems] == ["field.value"]


def test_what_travels_goes_with_every_fact_and_words_stay(terms: Terms) -> None:
    case = passed(opened(terms), XIAMEN, FILE).state
    [advanced] = passed(visited(case), FUJIAN, {"x-35-site-score": "8.5", "x-35-minutes": "张三陪同"}).facts
    assert isinstance(advanced, CaseAdvanced)
    assert advanced.extensions == {"x-35-file-number": "FJ-2024/017", "x-35-site-score": "8.5"}
    assert "张三" not in advanced.model_dump_json()


def test_own_points_stand_apart_and_their_digest_covers_the_national_scorecard(terms: Terms) -> None:
    case = listed(terms)
    own = case.own_score
    assert own
    assert case.score
    assert [(item.code, item.points, item.of) for item in own.items] == [
        ("35.site", Decimal("4.25"), Decimal(5)),
        ("35.prosperity", Decimal("1.50"), Decimal(3)),
    ]
    assert (own.points, own.of, own.national) == (Decimal("5.75"), Decimal(8), case.score.digest)
    assert case.score.total == Decimal(70)
    other = case.but(score=case.score.model_copy(update={"digest": "f" * 64})).own_score
    assert other
    assert other.digest != own.digest
    assert "8.5" in own.items[0].reason.zh
    assert "4.25" in own.items[0].reason.en


def test_the_list_ranks_by_both_and_says_so(terms: Terms) -> None:
    cases = [listed(terms, 1, "70", "10"), listed(terms, 2, "73", "1"), listed(terms, 3, "60", "10")]
    stage = next(s for s in terms.own["35"].stages if isinstance(s, ListStage))
    command = Seal(
        by=FUJIAN,
        id="CN-2020@35",
        round="CN-2020",
        area="35",
        bounds=ranking.Bounds(quota=2),
        ties=stage.ties,
        until=given.NOW + timedelta(days=1),
        contenders=tuple(ranking.contender_of(case, own=True) for case in cases),
        undecided=(),
    )
    assert [ranking.contender_of(case).standing for case in cases] == [Decimal(70), Decimal(73), Decimal(60)]
    change = seal(None, command, given.NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, ShortlistSealed)
    assert [(entry.case, entry.points) for entry in fact.entries] == [
        (given.case(1), Decimal(70)),
        (given.case(2), Decimal(73)),
        (given.case(3), Decimal(60)),
    ]
    first = fact.entries[0].why
    assert first
    assert "自有指标 6.50 分，合计 76.50 分" in first.zh
    assert "6.50 by own criteria, 76.50 together" in first.en
    assert list(replayed_shortlist(change.state)) == []
    nominated = outcome.hear_shortlist(cases[0], fact, given.NOW)
    assert nominated
    [told] = nominated.facts
    assert isinstance(told, CaseNominated)
    assert told.score.total == Decimal(70)
    own = cases[0].own_score
    assert own
    assert told.extensions["x-35-own-points"] == {"points": "6.50", "of": "8", "digest": own.digest}


def test_the_office_sees_what_is_to_be_filled_in_what_was_and_what_it_earns(terms: Terms) -> None:
    shown_ = views.for_officer(listed(terms))
    asked = {stage.id: [field.name for field in stage.fields] for stage in shown_.stages}
    assert asked["fujian_visit"] == ["x-35-site-score", "x-35-minutes"]
    assert shown_.own["x-35-minutes"].value == "张三陪同"
    assert shown_.own["x-35-file-number"].by == XIAMEN
    assert shown_.own_score
    assert shown_.own_score.points == Decimal("5.75")


def test_thirty_fields_of_the_largest_sort_still_travel_whole() -> None:
    fields: dict[str, Any] = {f"x-35-{'n' * 52}{n:02}": "9" * 40 for n in range(30)}
    fields["x-35-own-points"] = {"points": "20.00", "of": "20.00", "digest": "f" * 64}
    assert extensions_of(fields, "35") == fields
    assert len(str(fields)) < LIMIT


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        (("extends: province@1", "extends: province@9"), "review.yaml extends", "no procedure province@9"),
        (("before: shortlist", "before: fujian_visit"), "review.yaml", "stand before the gate"),
        (("kind: site_visit", "kind: public_notice"), "review.yaml:9 stages.0.stage", "kind"),
        (
            ("  own_level:\n", "  shortlist:\n"),
            "review.yaml",
            "the stages that officers end in province@1 are own_level",
        ),
        (("x-35-file-number", "x-36-file-number"), "review.yaml", "x-36-file-number must begin with x-35-"),
        (("x-35-file-number", "file-number"), "review.yaml:30 fields.own_level.0.code.name", "must match"),
        (("x-35-file-number", "x-35-site-score"), "review.yaml", "x-35-site-score is said twice"),
        (("x-35-file-number", "x-35-own-points"), "review.yaml", "not be x-35-own-points"),
        (
            ("type: text, max", "type: text, travels: true, max"),
            "review.yaml:24 stages.0.stage.site_visit.fields",
            "False",
        ),
        (("code: 35.site", "code: A1.a"), "review.yaml:40 criteria.0.code", "must match"),
        (("code: 35.site", "code: 36.site"), "review.yaml", "36.site must begin with 35."),
        (("of: 5", "of: 18"), "review.yaml", "20 points at the most"),
        (("field: x-35-site-score", "field: x-35-minutes"), "review.yaml", "type text earns no points"),
        (("field: x-35-site-score", "field: x-35-nothing"), "review.yaml", "there is no field x-35-nothing"),
        (("{lead: 3, member: 1.5, none: 0}", "{lead: 3}"), "review.yaml", "must give points for each"),
        (("{lead: 3,", "{lead: 4,"), "review.yaml", "between 0 and 3"),
        (("id: x-35-review@1", "id: province@2"), "review.yaml:2 id", "must match"),
        (("id: x-35-review@1", "id: x-36-review@1"), "review.yaml", "begins with x-35-"),
        (('area: "35"', 'area: "CN"'), "review.yaml", "belong to a province or city"),
        (("min: 0, max: 10", "min: 10, max: 10"), "review.yaml", "min must be less than max"),
        (("{value: none,", "{value: lead,"), "review.yaml", "stands twice"),
        (("id: fujian_visit", "id: own_level"), "review.yaml", "used twice: own_level"),
    ],
)
def test_a_wrong_layer_is_refused_where_it_is_wrong(
    tmp_path: Path, change: tuple[str, str], field: str, rule: str
) -> None:
    path = tmp_path / "review.yaml"
    path.write_text(shown()["procedures/review.yaml"].replace(*change, 1), encoding="utf-8")
    with pytest.raises(procedures.WrongProcedure) as refusal:
        procedures.read(path)
    found = [p for p in refusal.value.problems if field in p.field and rule in p.rule.en]
    assert found, [(p.field, p.rule.en) for p in refusal.value.problems]
    assert found[0].rule.zh != found[0].rule.en
    assert found[0].remedy.zh


def test_a_deployment_does_not_start_with_a_folder_that_does_not_fit(tmp_path: Path) -> None:
    def refusal_of(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
        with pytest.raises(procedures.WrongProcedure) as refusal:
            procedures.library(folder, ("35",))
        return refusal.value.problems[0].code

    layer = shown()["procedures/review.yaml"]
    national = (procedures.HERE / "province.yaml").read_text(encoding="utf-8")
    assert refusal_of(mine=national) == "procedure.platform"
    assert refusal_of(mine=national.replace("province@1", "mine@1")) == "procedure.platform"
    assert refusal_of(mine=layer.replace("x-35-", "x-36-").replace('"35"', '"36"').replace("35.", "36.")) == (
        "procedure.anothers"
    )
    assert refusal_of(one=layer, two=layer.replace("review@1", "review@2")) == "procedure.two-layers"
    with pytest.raises(procedures.WrongProcedure, match="SIHAO_PROCEDURES"):
        procedures.library(tmp_path / "nowhere", ("35",))


def test_another_province_s_own_procedure_is_not_taken(library: dict[str, Procedure]) -> None:
    named = given.ROUND.model_copy(update={"procedures": {"province": "x-35-review@1"}})
    assert named_procedures(named, ("35",), library)["province"].id == "x-35-review@1"
    with pytest.raises(Refused, match="not for 33"):
        named_procedures(named, ("33",), library)


def test_the_command_line_checks_a_layer(tmp_path: Path) -> None:
    folder = put(tmp_path, under="procedures")
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["procedure", "check", str(folder / "review.yaml")])
    assert ran.exit_code == 0, ran.output
    assert "fujian_visit" in ran.output
    assert "x-35-site-score" in ran.output
    (folder / "review.yaml").write_text(shown()["procedures/review.yaml"].replace("of: 5", "of: 50"), encoding="utf-8")
    ran = CliRunner().invoke(app, ["procedure", "check", str(folder / "review.yaml")])
    assert ran.exit_code != 0


def test_the_centre_s_case_has_nothing_of_a_province_s_own() -> None:
    case = opening.hear_nomination(None, given.nominated(), given.NOW)
    assert case
    assert moves.travelling(case.state) == {}
    assert case.state.own_score is None


def test_a_procedure_of_its_own_is_for_rounds_that_name_it(tmp_path: Path) -> None:
    whole = (procedures.HERE / "province-honour.yaml").read_text(encoding="utf-8")
    own = whole.replace("id: province-honour@1\n", 'id: x-35-honour@1\narea: "35"\n')
    (tmp_path / "honour.yaml").write_text(own, encoding="utf-8")
    found = procedures.library(tmp_path, ("35",))
    round_ = given.ROUND.model_copy(update={"area": "35", "procedures": {"province": "x-35-honour@1"}})
    assert named_procedures(round_, ("35",), found)["province"].stages == found["province-honour@1"].stages
    assert own_procedures(round_, ("35",), found) == {}
