"""Letter templates: every one renders with the golden examples of its event, and a faulty one is found at the start."""

import re

import pytest
from pydantic import ValidationError

from services.notify.domain.audience import wanted
from services.notify.wording import Template, Wording, load_provinces, load_templates, load_wording
from shared.contracts import (
    ApplicationScored,
    ApplicationWithdrawn,
    CaseReturned,
    Gate,
    GateResult,
    HonourGranted,
    ObjectionFiled,
    ObjectionRuled,
    text,
)
from tests.unit.notify.given import example, examples

WORDING = load_wording("https://sihao.example/")
BY_NAME = {template.name: template for template in WORDING.templates}
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{%|None|Undefined|Decimal\(|datetime")


def template(**changes: object) -> Template:
    values = {"name": "t", "event": "case.opened.v1", "why": "…", "to": [{"role": "secretary", "of": "chamber"}]}
    words = {"subject": {"zh": "题", "en": "s"}, "body": {"zh": "文", "en": "b"}}
    return Template.model_validate(values | words | changes)


def load(one: Template) -> Wording:
    return Wording([one], load_provinces(), "")


@pytest.mark.parametrize("name", BY_NAME)
def test_every_template_renders_with_the_examples_of_its_event(name: str) -> None:
    chosen = BY_NAME[name]
    for event in examples(chosen.event):
        words = WORDING.render(chosen, event)
        for written in (words.subject.zh, words.subject.en, words.body.zh, words.body.en):
            assert written.strip()
            assert not PLACEHOLDER.search(written)
        assert "\n" not in words.subject.zh + words.subject.en
        assert WORDING.render(chosen, event) == words
        for rule in chosen.to:
            want = wanted(rule, event)
            assert want.chambers or want.areas or want.inside


@pytest.mark.parametrize("name", BY_NAME)
def test_every_template_says_why_it_exists_and_is_named_after_its_event(name: str) -> None:
    chosen = BY_NAME[name]
    assert re.search(r"[一-鿿]", chosen.why)
    assert re.search(r"[a-z]{3}", chosen.why)
    assert name.startswith(chosen.event.removesuffix(".v1"))


def test_a_return_names_every_item_and_the_deadline_with_its_zone() -> None:
    event = example(CaseReturned)
    words = WORDING.render(BY_NAME["case.returned"], event)
    for item in event.items:
        assert f"{item.item}：{item.reason.zh}" in words.body.zh
        assert f"{item.item}: {item.reason.en}" in words.body.en
    assert "2020年10月11日 24:00（北京时间）" in words.body.zh
    assert "11 Oct 2020, 24:00 (China time, UTC+8)" in words.subject.en


def test_a_scoring_with_the_experts_marks_is_not_told_before_the_result() -> None:
    scored, chosen = example(ApplicationScored), BY_NAME["application.scored"]
    assert WORDING.applies(chosen, scored)
    settled = scored.model_copy(update={"sequence": 2, "score": scored.score.model_copy(update={"pending": 0})})
    assert not WORDING.applies(chosen, settled)
    no_experts = settled.model_copy(update={"sequence": 1})
    assert WORDING.applies(chosen, no_experts)


@pytest.mark.parametrize(
    ("results", "zh", "en"),
    [
        (["met", "not_applicable"], "评分结果", "Score"),
        (["met", "to_be_verified"], "资格条件待核实", "Conditions to be verified"),
        (["not_met", "to_be_verified"], "资格条件未通过", "Not admitted"),
    ],
)
def test_a_condition_in_doubt_is_not_told_as_failed(results: list[GateResult], zh: str, en: str) -> None:
    scored = example(ApplicationScored)
    gates = tuple(Gate(item=f"D1.{n}", result=one, reason=text("因", "why")) for n, one in enumerate(results))
    admitted = set(results) <= {"met", "not_applicable"}
    event = scored.model_copy(update={"score": scored.score.model_copy(update={"gates": gates, "admitted": admitted})})
    subject = WORDING.render(BY_NAME["application.scored"], event).subject
    assert subject.zh.startswith(f"{zh}：")
    assert subject.en.startswith(f"{en}: ")


def test_links_lead_to_the_public_site() -> None:
    words = WORDING.render(BY_NAME["honour.granted"], examples("honour.granted.v1")[0])
    assert "https://sihao.example/verify?q=national-sihao%3A" in words.body.zh


def test_words_of_a_chamber_are_text_not_template() -> None:
    event = example(ApplicationWithdrawn, reason="{{ 7 * 7 }}")
    assert "{{ 7 * 7 }}" in WORDING.render(BY_NAME["application.withdrawn"], event).body.zh


@pytest.mark.parametrize(
    "broken",
    [
        template(body={"zh": "{{ chambre.name }}", "en": "b"}),
        template(subject={"zh": "{{ who }}", "en": "s"}),
        template(when="deposit > 1"),
    ],
)
def test_a_field_the_event_does_not_have_is_found_at_the_start(broken: Template) -> None:
    with pytest.raises(ValueError, match="没有字段"):
        load(broken)


def test_a_template_cannot_leave_its_sandbox() -> None:
    escape = template(body={"zh": "{{ chamber.__class__.__mro__ }}", "en": "b"})
    with pytest.raises(Exception, match="unsafe"):
        load(escape).render(escape, examples("case.opened.v1")[0])


def test_a_template_for_an_unknown_event_or_for_nobody_is_refused() -> None:
    with pytest.raises(ValidationError, match="目录中没有事件"):
        template(event="case.lost.v1")
    with pytest.raises(ValidationError):
        template(to=[])


def test_the_shipped_templates_are_all_loaded() -> None:
    assert [t.name for t in load_templates()] == sorted(BY_NAME)
    assert load_provinces()["35"] == text("福建省", "Fujian")


def test_a_citys_honour_names_the_citys_federation_and_a_distinction_by_its_name() -> None:
    granted = example(HonourGranted, jurisdiction="3502")
    words = WORDING.render(BY_NAME["honour.granted"], granted)
    assert "认定单位：福建省厦门市工商联" in words.body.zh
    assert words.subject.zh.startswith("认定“四好”商会")
    best = granted.model_copy(update={"called": text("十佳四好商会", "Ten Best"), "within": granted.line})
    words = WORDING.render(BY_NAME["honour.granted"], best)
    assert words.subject.zh.startswith("授予“十佳四好商会”称号")
    assert "distinguished as Ten Best" in words.body.en


def test_a_citys_objection_is_told_to_the_citys_federation_which_rules() -> None:
    for name, event in (("objection.filed", ObjectionFiled), ("objection.ruled", ObjectionRuled)):
        told = [wanted(rule, example(event, area="3502")) for rule in BY_NAME[name].to if rule.role == "officer"]
        assert [(one.areas, one.inside) for one in told] == [(frozenset({"3502"}), frozenset())]
