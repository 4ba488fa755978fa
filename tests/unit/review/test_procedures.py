"""Procedures as data: what ships is sound, and a wrong file is refused with place, field, rule and remedy."""

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from services.review import procedures
from services.review.domain.flowchart import flowchart
from services.review.domain.procedure import Procedure
from services.review.domain.terms import kind_of, named_procedures
from shared.kernel.calendar import WorkingDays
from shared.kernel.change import Refused
from sihao.cli import app
from tests.unit.review import given

NATION = (procedures.HERE / "nation.yaml").read_text(encoding="utf-8")


def stage_ids(procedure: Procedure, *, direct: bool) -> list[str]:
    """The stages a case passes."""
    found, stage = [], procedure.after(None, direct=direct)
    while stage:
        found.append(stage.id)
        stage = procedure.after(stage.id, direct=direct)
    return found


def test_a_province_reviews_at_the_own_level_and_then_ranks() -> None:
    assert stage_ids(given.LIBRARY["province@1"], direct=True) == ["own_level", "shortlist"]


def test_the_centre_reviews_first_what_applies_to_it_directly() -> None:
    nation = given.LIBRARY["nation@1"]
    assert stage_ids(nation, direct=False) == ["expert_panel", "public_notice", "announcement"]
    assert stage_ids(nation, direct=True) == ["national_review", "expert_panel", "public_notice", "announcement"]


def test_every_stage_names_its_source_and_what_is_ours() -> None:
    for procedure in given.LIBRARY.values():
        for stage in procedure.stages:
            assert any(named in stage.source.zh for named in ("S:00", "来源中未见", "公开报道", "39 号", "2021 年"))
            assert ("本平台默认" in stage.source.zh) == ("our default" in stage.source.en)
            if stage.days or stage.kind not in ("announcement", "leadership_decision"):
                assert "本平台默认" in stage.source.zh


@pytest.mark.parametrize(
    ("change", "place", "rule"),
    [
        (("window_days: 7", "window_days: 一周"), ":39 stages.2.public_notice.window_days.days", "whole number"),
        (("who: nation", "whom: nation"), ":7 stages.0.officer_decision.who", "required"),
        (("quorum: 2/3", "quorum: 4/3"), ":19 stages.1.expert_panel", "more than all members"),
        (("kind: public_notice", "kind: vote"), ":36 stages.2", "kind"),
        (("id: public_notice", "id: expert_panel"), ":1 (file)", "used twice: expert_panel"),
        (("title: {zh: 通报", "applies_to: direct\n    title: {zh: 通报"), ":1 (file)", "must apply to all"),
        (("title: {zh: 通报", "title: {zh: 又一次}\n    title: {zh: 通报"), ":49 title", "said twice"),
        (("outcomes: [pass, return, decline]", "outcomes: [pass, delay]"), ":12 stages.0", "must be one of"),
    ],
)
def test_a_wrong_file_is_refused_where_it_is_wrong(
    tmp_path: Path, change: tuple[str, str], place: str, rule: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(NATION.replace(*change), encoding="utf-8")
    with pytest.raises(procedures.WrongProcedure) as refusal:
        procedures.read(path)
    found = [p for p in refusal.value.problems if f"mine.yaml{place}" in p.field]
    assert found, [p.field for p in refusal.value.problems]
    assert rule in found[0].rule.en
    assert found[0].rule.zh != found[0].rule.en
    assert found[0].remedy.zh


def test_what_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("id: mine@1\ntitle: [\n", encoding="utf-8")
    with pytest.raises(procedures.WrongProcedure, match=r"mine\.yaml:3"):
        procedures.read(path)


def test_a_file_in_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(NATION.encode("gb18030"))
    with pytest.raises(procedures.WrongProcedure, match="UTF-8"):
        procedures.read(path)


def test_an_announcement_ends_a_procedure_and_of_what_the_office_seals_there_is_one() -> None:
    stages = given.LIBRARY["nation@1"].model_dump(mode="json")["stages"]
    ranked = given.LIBRARY["province@1"].model_dump(mode="json")["stages"][-1]
    for wrong, words in (
        ([*stages, ranked], "announcement must be the last"),
        ([stages[1] | {"id": "another"}, *stages], "one stage of kind expert_panel"),
    ):
        with pytest.raises(ValidationError, match=words):
            Procedure.model_validate({"id": "mine@1", "title": {"zh": "甲", "en": "a"}, "stages": wrong})


def test_a_title_with_quotation_marks_and_a_stage_called_end_can_be_drawn() -> None:
    stages = given.LIBRARY["province@1"].model_dump(mode="json")["stages"]
    stages[0] |= {"id": "end", "title": {"zh": '"本级"', "en": '"own"'}}
    drawn = flowchart(Procedure.model_validate({"id": "mine@1", "title": {"zh": "甲", "en": "a"}, "stages": stages}))
    assert '  stage_end["#quot;本级#quot;<br/>#quot;own#quot;"]' in drawn.splitlines()


def test_two_files_may_not_share_an_id(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(NATION, encoding="utf-8")
    with pytest.raises(procedures.WrongProcedure, match="nation@1"):
        procedures.load(tmp_path)


def test_a_round_freezes_the_procedures_it_names_for_this_deployment() -> None:
    assert set(named_procedures(given.ROUND, ("35",), given.LIBRARY)) == {"province"}
    assert set(named_procedures(given.ROUND, ("CN", "33"), given.LIBRARY)) == {"province", "nation"}
    unknown = given.ROUND.model_copy(update={"procedures": {"province": "province@7"}})
    with pytest.raises(Refused, match="province@7"):
        named_procedures(unknown, ("35",), given.LIBRARY)
    assert named_procedures(unknown, ("CN",), given.LIBRARY) == {}


@pytest.mark.parametrize(
    ("area", "procedure", "code"),
    [
        ("35", "province@1", "procedure.nowhere-to-nominate"),
        ("35", "city-honour@1", "procedure.another-organ"),
        ("3502", "province-honour@1", "procedure.another-organ"),
        ("3502", "city-honour@1", "procedure.line-too-long"),
    ],
)
def test_a_procedure_must_fit_whose_it_is(area: str, procedure: str, code: str) -> None:
    kind = kind_of(area)
    line = "x" * 35 if code == "procedure.line-too-long" else "a-sihao"
    round_ = given.ROUND.model_copy(update={"area": area, "honour": line, "procedures": {kind: procedure}})
    with given.refused_as(code):
        named_procedures(round_, (area,), given.LIBRARY)


def test_a_city_is_a_jurisdiction_in_rounds_of_its_own_alone() -> None:
    city = given.ROUND.model_copy(update={"area": "3502", "procedures": {"city": "city-honour@1"}})
    terms = given.TERMS.but(round=city, procedures=named_procedures(city, ("35", "3502"), given.LIBRARY))
    assert terms.rules("3502")
    assert [terms.rules(other) for other in ("35", "3501", "CN", "350203")] == [None] * 4
    national = {**given.ROUND.procedures, "city": "city-honour@1"}
    terms = given.TERMS.but(
        procedures=named_procedures(
            given.ROUND.model_copy(update={"procedures": national}), ("35", "3502"), given.LIBRARY
        )
    )
    assert terms.rules("35")
    assert terms.rules("3502") is None


def test_a_provincial_round_has_no_case_at_the_centre_or_elsewhere() -> None:
    terms = given.TERMS.but(round=given.ROUND.model_copy(update={"area": "35"}))
    assert terms.rules("35")
    assert terms.rules("33") is None
    assert terms.rules("CN") is None
    assert kind_of("CN") == "nation"


@pytest.mark.parametrize("id_", sorted(given.LIBRARY))
def test_a_drawing_shows_every_stage_and_both_ends(id_: str) -> None:
    procedure = given.LIBRARY[id_]
    lines = flowchart(procedure).splitlines()
    assert lines[0] == "flowchart TB"
    assert len(lines) == len(set(lines))
    for road in (True, False):
        ids = ["BEGIN", *(f"stage_{id_}" for id_ in stage_ids(procedure, direct=road)), "DONE"]
        for here, there in pairwise(ids):
            assert any(line.startswith(f"  {here} -->") and line.endswith(f" {there}") for line in lines)


def test_the_command_names_what_is_wrong_and_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(NATION.replace("quorum: 2/3", "quorum: 4/3"), encoding="utf-8")
    refused = CliRunner().invoke(app, ["procedure", "check", str(path)])
    assert refused.exit_code == 2
    assert "mine.yaml:19" in refused.stderr
    path.write_text(NATION, encoding="utf-8")
    for command in ("check", "draw"):
        assert CliRunner().invoke(app, ["procedure", command, str(path)]).exit_code == 0


def test_a_term_in_working_days_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(NATION.replace("days: 20", "days: {working: 10}"), encoding="utf-8")
    [stage, *_] = procedures.read(path).stages
    assert stage.days == WorkingDays(working=10)
    path.write_text(NATION.replace("days: 20", "days: {working: 0}"), encoding="utf-8")
    with pytest.raises(procedures.WrongProcedure, match="working"):
        procedures.read(path)
