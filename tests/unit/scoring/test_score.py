"""The sums: N/A costs nothing, totals stay within 0…100, and the same input gives the same bytes."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import Standard, measure, score
from services.scoring.domain.fields import Field
from shared.contracts.chambers import Evidence
from shared.kernel.canonical import canonical_bytes
from tests.unit.scoring.samples import card, chamber, example, item, sihao, sihao_parameters

COUNT = {"kind": "count", "field": "n", "steps": {1: 25, 2: 50, 4: 100}}
CONDITION = {"field": "asked", "equals": True}
FIELDS = {"n": "integer", "asked": "boolean"}


def scored(facts: dict[str, Any], marks: Any = None, **profile: Any):
    return score(facts, chamber(**profile), sihao(), sihao_parameters(), (), marks)


def values(field: Field) -> st.SearchStrategy[Any]:
    """Any right value of a field."""
    number = st.integers(0, 30)
    names = list(field.choices) if isinstance(field.choices, dict) else list(sihao_parameters().names(field.choices))
    return {
        "integer": number,
        "boolean": st.booleans(),
        "yearly": st.dictionaries(st.sampled_from(["2018", "2019", "2020", "2021"]), number),
        "series": st.dictionaries(st.sampled_from(["洪水", "疫情"]), number),
        "date": st.sampled_from(["2017-01-01", "2020-01-01"]),
        "dates": st.lists(st.sampled_from(["2009-01-01", "2020-01-01"])),
        "choice": st.sampled_from(names or ["none"]),
        "list": st.lists(st.sampled_from(names or ["none"]), unique=True),
        "amount": st.just("12.50"),
        "text": st.just("说明"),
    }[field.type]


@st.composite
def applications(draw: Any) -> dict[str, Any]:
    """Any right facts of the rubric of 2019, some missing; drawn by a seed, so that large facts stay quick."""
    random = draw(st.randoms(use_true_random=False))
    facts: dict[str, dict[str, Any]] = {}
    for code in random.sample(sorted(sihao().items), 25):
        for name, field in sihao().items[code].fields.items():
            if field.origin is None:
                facts.setdefault(code, {})[name] = draw(values(field))
    return {**(example()["facts"] if draw(st.booleans()) else {}), **facts}


def full_marks() -> dict[str, Decimal]:
    return sihao().judged_maxima


@settings(max_examples=40, deadline=None)
@given(applications(), st.booleans(), st.sampled_from(["industry", "general"]))
def test_totals_stay_within_their_maximum(facts, marked, kind):
    found = scored(facts, full_marks() if marked else None, type=kind)
    assert 0 <= found.total <= found.total + found.pending <= found.maximum == 100
    assert found.pending == 0 or not marked
    for dimension in found.dimensions:
        assert 0 <= dimension.points <= dimension.maximum == 25
        for clause in dimension.clauses:
            assert 0 <= clause.points <= clause.maximum
            assert abs(sum(i.maximum for i in clause.items) - clause.maximum) < Decimal("0.1")
    for line in found.items:
        assert 0 <= line.points <= line.points + line.pending <= line.maximum + Decimal("0.01")
        assert (line.outcome == "not_applicable") == (line.maximum == 0)
    assert found.admitted == (not found.blockers)


@settings(max_examples=20, deadline=None)
@given(applications(), st.randoms(use_true_random=False))
def test_the_order_of_facts_means_nothing(facts, random):
    codes = sorted(facts)
    random.shuffle(codes)
    turned = {
        code: {n: v[::-1] if isinstance(v, list) else v for n, v in reversed(facts[code].items())} for code in codes
    }
    first, second = scored(facts), scored(turned)
    assert canonical_bytes(first.model_dump(mode="json")) == canonical_bytes(second.model_dump(mode="json"))


def test_the_example_keeps_its_digest():
    """What was announced years ago must still verify; a change here needs a new version of the rubric."""
    evidence = tuple(Evidence(media_type="application/pdf", size=1, **file) for file in example()["evidence"])
    marks = {code: most / 2 for code, most in full_marks().items()}
    assert (
        score(example()["facts"], chamber(), sihao(), sihao_parameters(), evidence).digest
        == "b3fb12fb57030fa20c948d3208a4dfd4477780228cb1c42e66858bb706f95aa4"
    )
    assert (
        score(example()["facts"], chamber(), sihao(), sihao_parameters(), evidence, marks).digest
        == "5f4757f93a078ffc4d76d736a71839ab06c2f35ec09f931bb06309dee0e3bfda"
    )


def test_the_digest_stands_for_inputs_and_figures():
    found = scored(example()["facts"])
    assert found.rubric_digest == sihao().digest
    facts = example()["facts"]
    facts["B2.i"]["visited"]["2020"] += 1
    narrated = example()["facts"]
    narrated["A1.a"]["narrative"] = "另一份说明"
    others = [
        scored(facts),
        scored(narrated),
        scored(example()["facts"], {"A1.a": Decimal("0.5")}),
        scored(example()["facts"], name="示例商会（更名，虚构）"),
        score(example()["facts"], chamber(), sihao(), sihao_parameters(leading_firms=6)),
        score(example()["facts"], chamber(), sihao(), sihao_parameters(), (file("B2.i"),)),
        score(example()["facts"], chamber(), sihao(), sihao_parameters(), (file("B2.j"),)),
    ]
    assert len({found.digest, *(other.digest for other in others)}) == len(others) + 1


def file(*items: str) -> Evidence:
    return Evidence(sha256="ab" * 32, name="走访.xlsx", media_type="application/zip", size=1, items=items)


@settings(max_examples=40, deadline=None)
@given(applications(), applications(), st.booleans())
def test_the_same_digest_is_the_same_card_and_another_digest_another_card(one, other, marked):
    """The digest leaves the sentences out; they follow from what it covers, so that it stands for the whole card."""
    first, second, third = (scored(facts, full_marks() if marked else None) for facts in (one, deepcopy(one), other))
    assert canonical_bytes(first.model_dump(mode="json")) == canonical_bytes(second.model_dump(mode="json"))
    same = first.model_dump(exclude={"digest"}) == third.model_dump(exclude={"digest"})
    assert (first.digest == third.digest) == same


def test_full_marks_and_full_facts_give_100_whatever_does_not_apply():
    one, two, three = (item(f"A1.{letter}", "3", COUNT, fields=FIELDS, applies_if=CONDITION) for letter in "abc")
    full = {"n": 4, "asked": True}
    for absent in ([], ["A1.a"], ["A1.a", "A1.c"]):
        facts = {code: {"asked": False} if code in absent else full for code in ("A1.a", "A1.b", "A1.c")}
        assert card([one, two, three], facts).total == 9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20)), min_size=2, max_size=6), st.data())
def test_not_applicable_never_costs(parts, data):
    """Leaving out an item that earned nothing never lowers the total; the rest keep their proportions."""
    items = [
        item(f"A1.{chr(97 + n)}", str(points), COUNT, fields=FIELDS, applies_if=CONDITION)
        for n, (_, points) in enumerate(parts)
    ]
    facts = {f"A1.{chr(97 + n)}": {"n": number, "asked": True} for n, (number, _) in enumerate(parts)}
    left_out = data.draw(st.sampled_from(sorted(facts)))
    before = card(items, {**facts, left_out: {"n": 0, "asked": True}})
    after = card(items, {**facts, left_out: {"asked": False}})
    assert after.total >= before.total
    assert after.maximum == before.maximum
    assert left_out not in {shortfall.item for shortfall in after.shortfalls}


def test_the_points_of_what_does_not_apply_are_spread_in_proportion():
    items = [
        item("A1.a", "3", COUNT, fields=FIELDS),
        item("A1.b", "1", COUNT, fields=FIELDS),
        item("A1.c", "4", COUNT, fields=FIELDS, applies_if=CONDITION),
    ]
    lines = card(items, {"A1.a": {"n": 4}, "A1.c": {"asked": False}}).items
    assert [line.maximum for line in lines] == [6, 2, 0]
    assert [line.points for line in lines] == [6, 0, 0]


def test_nothing_at_all_applies():
    found = card([item("A1.a", "3", COUNT, fields=FIELDS, applies_if=CONDITION)], {"A1.a": {"asked": False}})
    assert (found.total, found.maximum, found.shortfalls) == (0, 0, ())


@settings(deadline=None)
@given(st.integers(0, 6), st.integers(0, 6))
def test_more_is_never_less(less, more):
    one = item("A1.a", "7", COUNT, fields=FIELDS)
    less, more = sorted((less, more))
    assert card([one], {"A1.a": {"n": less}}).total <= card([one], {"A1.a": {"n": more}}).total


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 160), st.integers(0, 160))
def test_more_visits_never_lower_the_score_of_2019(less, more):
    def total(visits):
        facts = example()["facts"]
        facts["B2.i"] = {"visited": {"2019": 30, "2020": visits}}
        return scored(facts).total

    less, more = sorted((less, more))
    assert total(less) <= total(more)


def test_shortfalls_are_sorted_and_complete():
    found = scored(example()["facts"], full_marks())
    lost = [shortfall.lost for shortfall in found.shortfalls]
    assert lost == sorted(lost, reverse=True)
    assert {s.item for s in found.shortfalls} == {i.code for i in found.items if i.outcome in {"partial", "none"}}
    assert all(s.cause.zh and s.remedy.en for s in found.shortfalls)


def test_the_example_reads_as_the_guide_says():
    found = scored(example()["facts"])
    lines = {line.code: line for line in found.items}
    assert lines["B2.i"].outcome == "partial"
    assert "2019 年实地走访会员企业 30/150＝20 %，达到 20 %" in lines["B2.i"].reason.zh
    assert "31/160＝19.38 %，未达到 20 %，差 1 家" in lines["B2.i"].reason.zh
    assert lines["B2.f"].outcome == "full"
    assert lines["C1.d"].outcome == "not_applicable"
    assert lines["B2.i"].value["firms"] == example()["facts"]["B2.f"]["firms"]


def test_evidence_is_tied_to_its_items():
    visits = file("B2.i", "D1.d")
    found = score(example()["facts"], chamber(), sihao(), sihao_parameters(), (visits, visits))
    assert next(line for line in found.items if line.code == "B2.i").evidence == ("ab" * 32,)
    assert next(line for line in found.gates if line.code == "D1.d").evidence == ("ab" * 32,)
    assert next(line for line in found.items if line.code == "B2.j").evidence == ()


@settings(max_examples=20, deadline=None)
@given(applications(), st.booleans())
def test_the_brief_agrees_with_the_card(facts, marked):
    measured = measure(facts, chamber(), Standard(sihao(), sihao_parameters()), (), full_marks() if marked else None)
    brief, full = measured.brief(), measured.card()
    assert full == scored(facts, full_marks() if marked else None)
    assert (brief.admitted, brief.total, brief.pending) == (full.admitted, full.total, full.pending)
    assert (brief.rubric, brief.digest) == (full.rubric, full.digest)
    assert brief.dimensions == {dimension.code: dimension.points for dimension in full.dimensions}
    assert [(g.item, g.result, g.reason) for g in brief.gates] == [(g.code, g.result, g.reason) for g in full.gates]
    assert [(i.item, i.points, i.of, i.outcome) for i in brief.items] == [
        (i.code, i.points, i.maximum, i.outcome) for i in full.items
    ]
    assert {i.item: i.mark_of for i in brief.items if i.mark_of} == {
        i.code: full_marks()[i.code] for i in full.items if i.code in full_marks() and i.outcome != "not_applicable"
    }
    assert brief.shortfalls == full.shortfalls[:10]


def test_the_brief_of_2019_has_every_item_and_the_six_gates():
    brief = measure(example()["facts"], chamber(), Standard(sihao(), sihao_parameters())).brief()
    assert len(brief.items) == 106
    assert [gate.item for gate in brief.gates] == ["S1", "S2", "B1.h", "D1.b", "D1.c", "D1.d"]
    assert len(brief.shortfalls) == 10
    assert sum(brief.dimensions.values()) == pytest.approx(brief.total, abs=Decimal("0.02"))
