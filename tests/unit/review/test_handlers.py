"""What a deployment hears, of which areas, and which documents each event concerns there."""

from collections.abc import Sequence

import pytest
from pydantic import SecretStr, ValidationError

from services.review.domain.terms import Terms, named_procedures
from services.review.handlers import table
from services.review.settings import ReviewSettings
from services.review.store import ReviewStore
from shared.contracts import (
    ApplicationScored,
    Event,
    HonourGranted,
    NoticeClosed,
    RoundOpened,
)
from shared.kernel.change import NotYet, Refused
from shared.kernel.custody import Custody
from shared.runtime.handlers import Delivery, HandlerTable, Target
from tests.unit.review import given


class KnownRounds(ReviewStore):
    """A store that knows some rounds and nothing else."""

    def __init__(self, *known: Terms) -> None:
        self._known = {terms.round.code: terms for terms in known}
        self.moved: dict[str, Custody] = {}

    async def custodies(self) -> dict[str, Custody]:
        """Of these areas some have moved."""
        return self.moved

    async def terms(self, round_: str) -> Terms | None:
        """What a round lays down."""
        return self._known.get(round_)


def deployed(areas: str, *known: Terms, moved: Custody | None = None) -> HandlerTable:
    """The table of a deployment."""
    settings, store = ReviewSettings.model_construct(areas=areas), KnownRounds(*known)
    store.moved = {moved.area: moved} if moved else {}
    return table(store, given.LIBRARY, settings.jurisdictions, settings.scope)


async def concerned(heard: HandlerTable, event: Event) -> Sequence[Target]:
    """Which documents an event concerns."""
    [subscription] = [s for s in heard if s.event is type(event)]
    [reaction] = subscription.reactions
    return await reaction.route(event, Delivery("id", event.source, given.NOW))


def bindings(heard: HandlerTable, event: type[Event]) -> tuple[str, tuple[str, ...]]:
    """The queue of an event, and what it is bound to."""
    [subscription] = [s for s in heard if s.event is event]
    return subscription.queue, subscription.bindings


def test_a_province_hears_its_own_area_and_the_rounds_of_the_centre() -> None:
    heard = deployed("35")
    assert bindings(heard, ApplicationScored) == (
        "review.application.scored.v1.35",
        ("application.scored.v1.35.#",),
    )
    assert bindings(heard, RoundOpened)[1] == ("round.opened.v1.CN.#", "round.opened.v1.35.#")
    assert "case.nominated.v1" not in {subscription.event.wire() for subscription in heard}


def test_the_centre_hears_every_chamber_and_every_nomination_whatever_it_hosts() -> None:
    for areas in ("CN", "CN,33"):
        heard = deployed(areas)
        assert bindings(heard, ApplicationScored) == (
            "review.application.scored.v1.CN",
            ("application.scored.v1.#",),
        )
        assert "case.nominated.v1" in {subscription.event.wire() for subscription in heard}


@pytest.mark.parametrize(
    ("areas", "area", "cases"),
    [
        ("35", "3502", ["@35"]),
        ("33", "3502", []),
        ("CN", "3502", ["@CN"]),
        ("CN,35", "3502", ["@35", "@CN"]),
        ("CN,33", "CN", ["@CN"]),
        ("35,3502", "350203", ["@35"]),
        ("3502", "3502", []),
    ],
)
async def test_a_scorecard_concerns_the_cases_of_our_jurisdictions(areas: str, area: str, cases: list[str]) -> None:
    event = given.scored().event.model_copy(update={"area": area})
    targets = await concerned(deployed(areas, given.TERMS), event)
    assert [target.key for target in targets] == [given.application() + case for case in cases]


@pytest.mark.parametrize("areas", ["3502", "35,3502", "CN,3502"])
async def test_in_a_citys_own_round_only_the_city_has_the_case_whoever_serves_it(areas: str) -> None:
    city = given.ROUND.model_copy(update={"area": "3502", "procedures": {"city": "city-honour@1"}})
    terms = given.TERMS.but(round=city, procedures=named_procedures(city, areas.split(","), given.LIBRARY))
    event = given.scored().event
    withdrawn = given.withdrawn().event
    for said in (event, event.model_copy(update={"area": "350203"}), withdrawn):
        assert [target.key for target in await concerned(deployed(areas, terms), said)] == [given.case(1, "3502")]


@pytest.mark.parametrize(
    ("areas", "queue", "rounds", "scores"),
    [
        ("3502", "review.application.scored.v1.3502", ["CN.#", "35.02.#", "35"], ["35.02.#"]),
        ("35,3502", "review.application.scored.v1.35", ["CN.#", "35.#"], ["35.#"]),
        ("3501,3502", "review.application.scored.v1.3501-3502", ["CN.#", "35.01.#", "35.02.#", "35"], None),
    ],
)
def test_a_city_hears_its_own_and_the_rounds_of_those_above(
    areas: str, queue: str, rounds: list[str], scores: list[str] | None
) -> None:
    heard = deployed(areas)
    assert bindings(heard, RoundOpened)[1] == tuple(f"round.opened.v1.{key}" for key in rounds)
    named, keys = bindings(heard, ApplicationScored)
    assert named == queue
    if scores:
        assert keys == tuple(f"application.scored.v1.{key}" for key in scores)


@pytest.mark.parametrize(
    ("areas", "moved", "cases"),
    [
        ("CN,35", Custody(area="35", status="leaving"), ["@35", "@CN"]),
        ("CN,35", Custody(area="35", status="left"), ["@CN"]),
        ("CN,35", Custody(area="35", status="arriving"), ["@35", "@CN"]),
        ("CN,35", Custody(area="35", status="held", number=2), ["@35", "@CN"]),
        ("CN,33", Custody(area="33", status="left"), ["@CN"]),
        ("35,3502", Custody(area="35", status="left"), []),
    ],
)
async def test_of_an_area_that_has_left_the_other_side_hears_by_itself(
    areas: str, moved: Custody, cases: list[str]
) -> None:
    event = given.scored().event
    targets = await concerned(deployed(areas, given.TERMS, moved=moved), event)
    assert [target.key for target in targets] == [given.application() + case for case in cases]


async def test_what_concerns_an_area_that_came_back_waits_until_this_process_is_told() -> None:
    with pytest.raises(NotYet, match="SIHAO_AREAS: 35"):
        await concerned(deployed("CN", given.TERMS, moved=Custody(area="35", number=2)), given.scored().event)


async def test_a_scorecard_waits_for_its_round() -> None:
    with pytest.raises(NotYet, match="CN-2020"):
        await concerned(deployed("35"), given.scored().event)


async def test_a_round_without_a_national_procedure_takes_no_nominations() -> None:
    lacking = given.TERMS.but(procedures={})
    with pytest.raises(Refused, match="procedure"):
        await concerned(deployed("CN", lacking), given.nominated().event)
    [target] = await concerned(deployed("CN", given.TERMS), given.nominated().event)
    assert (target.key, target.message.quota) == (given.case(1, "CN"), 2)


async def test_lists_and_honours_of_other_jurisdictions_are_theirs() -> None:
    closed = NoticeClosed(
        area="CN", notice="n", round="CN-2020", cleared=("a@CN", "b@35"), excluded=("c@CN",), objections=0
    )
    assert [t.key for t in await concerned(deployed("CN"), closed)] == ["a@CN", "c@CN"]
    assert [t.key for t in await concerned(deployed("35"), closed)] == ["b@35"]
    granted = HonourGranted(
        area="3502",
        honour="h",
        line="national-sihao",
        round="CN-2020",
        chamber=given.chamber(),
        case=given.case(1, "CN"),
        document="d",
        valid_from=given.NOW,
        valid_until=given.NOW,
    )
    assert [t.key for t in await concerned(deployed("CN,33"), granted)] == [f"national-sihao:{given.code(1)}"]
    assert await concerned(deployed("35"), granted) == []


@pytest.mark.parametrize("areas", ["350203", "35,35", "fujian", ""])
def test_areas_that_are_counties_or_stand_twice_are_refused(areas: str) -> None:
    with pytest.raises(ValidationError, match="areas"):
        ReviewSettings(
            amqp_url=SecretStr("amqp://x"),
            mongo_url=SecretStr("mongodb://x"),
            database="x",
            oidc_issuer="x",
            oidc_jwks_url="x",
            areas=areas,
        )
