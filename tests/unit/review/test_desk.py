"""What every endpoint asks first: whose case it is, whose decision, and which cases are meant."""

import pytest
from pydantic import ValidationError

from services.review.api.desk import Words, chosen, require_case, require_jurisdiction
from services.review.domain.case import Case
from shared.contracts import Level
from shared.kernel.actor import PUBLIC, Actor
from shared.kernel.change import Refused
from shared.runtime.problems import Forbidden
from tests.unit.review import given


def a_case(area: str = "3502", jurisdiction: str = "35", level: Level = "city") -> Case:
    """A case."""
    return Case(
        id=given.case(1, jurisdiction),
        application=given.application(),
        round="CN-2020",
        jurisdiction=jurisdiction,
        chamber=given.chamber(1, area, level),
    )


@pytest.mark.parametrize(
    ("area", "jurisdiction", "officer", "allowed"),
    [
        ("3502", "35", "3502", True),
        ("3502", "35", "35", True),
        ("3502", "35", "CN", True),
        ("3502", "35", "350203", False),
        ("3502", "35", "3501", False),
        ("3502", "35", "33", False),
        ("3502", "CN", "CN", True),
        ("3502", "CN", "35", False),
        ("3502", "CN", "3502", False),
    ],
)
def test_an_officer_reaches_cases_of_their_area_and_the_centre_its_own(
    area: str, jurisdiction: str, officer: str, *, allowed: bool
) -> None:
    if allowed:
        require_case(given.officer(officer), a_case(area, jurisdiction))
    else:
        with pytest.raises(Forbidden):
            require_case(given.officer(officer), a_case(area, jurisdiction))


def test_what_a_federation_decides_is_not_decided_in_its_place() -> None:
    require_jurisdiction(given.officer("35"), "35")
    for other in ("CN", "3502", "33"):
        with pytest.raises(Forbidden) as refusal:
            require_jurisdiction(given.officer(other), "35")
        assert refusal.value.problems[0].code == "access.jurisdiction"
    require_jurisdiction(Actor(id="e-1", role="expert"), "35")
    require_jurisdiction(PUBLIC, "35")


def test_all_available_cases_are_meant_unless_some_are_named() -> None:
    one, two = a_case(), a_case("3502", "33")
    assert chosen(None, [one, two]) == [one, two]
    assert chosen([two.id, two.id], [one, two]) == [two]
    with pytest.raises(Refused, match="cases"):
        chosen(["x@35"], [one, two])


def test_chinese_stands_for_both_languages_where_a_person_wrote_no_english() -> None:
    assert Words(zh="理由").text().en == "理由"
    assert Words(zh="理由", en="reason").text().en == "reason"
    with pytest.raises(ValidationError):
        Words(zh="")
