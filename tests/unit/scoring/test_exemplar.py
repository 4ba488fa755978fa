"""Exemplars: who consents, who has lost nothing, and who is nearest."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import measure
from services.scoring.domain.exemplar import (
    Agreed,
    Consent,
    Exemplar,
    Revoke,
    clause_results,
    consent,
    near,
    nearest,
    revoke,
)
from shared.kernel.change import Refused
from tests.unit.scoring.improving import NOW, STANDARD, secretary
from tests.unit.scoring.samples import chamber, sihao
from tests.unit.scoring.test_score import applications, full_marks

A1 = Agreed(rubric="sihao-2019", clause="A1")
CODES = ["51350200MJB000010K", "51350200MJB000011K", "51350200MJB000012K", "51350200MJB000013K"]


def agrees(exemplar: Exemplar | None, clause: str) -> Exemplar:
    command = Consent(by=secretary(), clause=clause, rubric=sihao(), chamber=chamber())
    change = consent(exemplar, command, NOW)
    assert change
    assert change.facts == ()
    return change.state


@given(st.lists(st.tuples(st.sampled_from(["A1", "B2", "C3"]), st.booleans())))
def test_a_chamber_is_shown_on_exactly_what_it_consents_to_now(acts: list[tuple[str, bool]]) -> None:
    state, expected = None, set()
    for clause, given_ in acts:
        if given_:
            change = consent(state, Consent(by=secretary(), clause=clause, rubric=sihao(), chamber=chamber()), NOW)
            expected.add(clause)
        else:
            change = revoke(state, Revoke(by=secretary(), clause=clause), NOW)
            expected.discard(clause)
        state = change.state if change else state
        assert {one.clause for one in state.agreed} == expected if state else not expected


def test_consent_is_for_a_clause_of_the_rubric() -> None:
    for clause in ("A9", "A", "A1.a"):
        with pytest.raises(Refused) as refusal:
            agrees(None, clause)
        assert refusal.value.problems[0].code == "exemplar.unknown-clause"


@settings(max_examples=25, deadline=None)
@given(applications(), st.booleans())
def test_exemplary_is_a_clause_without_a_shortfall(facts, marked) -> None:
    measured = measure(facts, chamber(), STANDARD, (), full_marks() if marked else None)
    card = measured.card()
    short = {shortfall.item for shortfall in card.shortfalls}
    lines = {clause.code: clause for dimension in card.dimensions for clause in dimension.clauses}
    for result in clause_results(measured):
        line = lines[result.clause]
        assert (result.points, result.of, result.pending) == (line.points, line.maximum, line.pending)
        if not line.bonus:
            assert result.lost == any(item.code in short for item in line.items)
        if result.exemplary:
            assert line.points + line.pending == line.maximum
            assert line.points > 0
            assert not (marked and line.points < line.maximum)


def test_what_experts_took_is_lost() -> None:
    marks = {**full_marks(), "C3.e": Decimal("0.5")}
    measured = measure({}, chamber(), STANDARD, (), marks)
    assert next(one for one in clause_results(measured) if one.clause == "C3").lost


@pytest.mark.parametrize(
    ("area", "kind", "expected"),
    [
        ("3502", "industry", "city"),
        ("350203", "general", "city"),
        ("3501", "industry", "province"),
        ("35", "industry", "province"),
        ("3301", "general", "type"),
        ("CN", "general", "type"),
        ("3301", "industry", "elsewhere"),
        ("CN", "industry", "elsewhere"),
    ],
)
def test_near_is_the_city_then_the_province_then_the_type(area: str, kind: str, expected: str) -> None:
    one, other = chamber(area="3502", type="general"), chamber(area=area, type=kind)
    assert near(one, other) == near(other, one) == expected


EXEMPLARS = st.lists(
    st.builds(
        lambda code, area, kind, clauses: Exemplar(
            chamber=chamber(code=code, area=area, type=kind),
            agreed=tuple(Agreed(rubric="sihao-2019", clause=clause) for clause in sorted(clauses)),
        ),
        st.sampled_from(CODES),
        st.sampled_from(["3502", "3501", "3301", "CN"]),
        st.sampled_from(["general", "industry"]),
        st.sets(st.sampled_from(["A1", "B2"])),
    ),
    unique_by=lambda one: one.chamber.code,
)


@given(EXEMPLARS, st.randoms(use_true_random=False))
def test_pairs_are_those_that_consent_never_itself_and_always_in_the_same_order(exemplars, random) -> None:
    weak = chamber(code=CODES[0], area="3502", type="general")
    found = nearest(weak, exemplars, A1)
    assert {one.chamber.code for one in found} == {
        one.chamber.code for one in exemplars if A1 in one.agreed and one.chamber.code != weak.code
    }
    ranks = [["city", "province", "type", "elsewhere"].index(near(weak, one.chamber)) for one in found]
    assert ranks == sorted(ranks)
    turned = list(exemplars)
    random.shuffle(turned)
    assert nearest(weak, turned, A1) == found
