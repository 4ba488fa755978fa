"""Whom a rule reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notify.domain.audience import Rule, addressed, chain, wanted
from shared.contracts import CaseOpened, NoticeOpened, ObjectionFiled, covers, level_of
from tests.unit.notify.given import chamber, example, profile

AREAS = st.one_of(st.just("CN"), st.from_regex(r"[1-9][1-9]([1-9]{2}){0,2}", fullmatch=True))


def opened(area: str = "3502", **changes: object) -> CaseOpened:
    return example(CaseOpened, chamber=chamber(area=area), **changes)


def test_the_secretary_of_the_chamber_and_nobody_else() -> None:
    want = wanted(Rule(role="secretary", of="chamber"), opened())
    assert addressed(want, profile())
    assert addressed(want, profile(area="350203"))
    assert not addressed(want, profile(chamber="51350500MJE00307QU"))
    assert not addressed(want, profile("officer"))


def test_nobody_elsewhere_can_be_registered_to_read_a_chamber_s_letters() -> None:
    want = wanted(Rule(role="secretary", of="chamber"), opened())
    assert not addressed(want, profile(area="44"))
    assert not addressed(want, profile(area="3501"))


def test_all_candidates_of_a_notice() -> None:
    event = example(NoticeOpened)
    want = wanted(Rule(role="secretary", of="candidates.*.chamber"), event)
    assert {code for code, _ in want.chambers} == {candidate.chamber.code for candidate in event.candidates}


def test_officers_above_at_the_levels_that_are_named() -> None:
    event = example(ObjectionFiled, area="350203")
    want = wanted(Rule(role="officer", covering="area", levels=("province", "national")), event)
    reached = [area for area in ("CN", "35", "3502", "350203", "44") if addressed(want, profile("officer", area))]
    assert reached == ["CN", "35"]


def test_officers_of_exactly_this_federation_and_of_those_within() -> None:
    exactly = wanted(Rule(role="officer", of="jurisdiction"), opened(jurisdiction="35"))
    assert [a for a in ("CN", "35", "3502") if addressed(exactly, profile("officer", a))] == ["35"]
    within = wanted(Rule(role="officer", within="jurisdiction", levels=("city",)), opened(jurisdiction="35"))
    assert [a for a in ("CN", "35", "3502", "350203", "3701") if addressed(within, profile("officer", a))] == ["3502"]


@given(AREAS, AREAS)
def test_a_subscriber_hears_of_areas_that_touch_his_own(event_area: str, own: str) -> None:
    want = wanted(Rule(role="subscriber", of="jurisdiction"), opened(jurisdiction=event_area))
    assert addressed(want, profile("subscriber", own)) == (covers(event_area, own) or covers(own, event_area))


@given(AREAS)
def test_the_chain_of_areas_names_every_area_above(area: str) -> None:
    assert chain(area)[-1] == area
    assert all(covers(above, area) for above in chain(area))
    assert [level_of(above) for above in chain(area)] == ["national", "province", "city", "county"][: len(chain(area))]


@pytest.mark.parametrize(
    "rule",
    [
        {"role": "secretary"},
        {"role": "secretary", "covering": "area"},
        {"role": "officer", "of": "area", "within": "area"},
        {"role": "expert", "of": "area"},
        {"role": "officer", "of": "area", "levels": []},
    ],
)
def test_a_rule_that_means_nothing_is_an_error(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)


def test_a_path_that_leads_to_no_area_is_an_error() -> None:
    with pytest.raises(ValueError, match="路径 chamber 不是地区"):
        wanted(Rule(role="officer", of="chamber"), opened())
