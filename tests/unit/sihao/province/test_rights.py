"""A province's rights on the broker, as regular expressions: what they let through and what not."""

import re

import pytest

from shared.contracts import CENTRE, EVENTS, routing_words
from shared.contracts.provinces import HEARD_OF_THE_CENTRE, PROVINCE_MAY_WRITE
from sihao.province import link, topology
from sihao.province.rights import EXCHANGE, Way, area_of, parse_province, rights_of, user_of
from sihao.rabbit_api import Rights

AREAS = (CENTRE, "11", "3", "35", "3502", "350203", "37", "3537", "53", "135")
PROVINCES = [f"{n:02}" for n in range(11, 66)]


def direct(area: str = "35") -> Rights:
    return rights_of(area, Way.DIRECT, topology.from_the_centre(area))


def linked(area: str = "35") -> Rights:
    return rights_of(area, Way.LINKED, topology.from_the_centre(area))


@pytest.mark.parametrize("way", Way)
def test_of_all_events_in_all_areas_it_announces_its_own_in_its_own(way: Way) -> None:
    allowed = rights_of("35", way, topology.from_the_centre("35")).topics[EXCHANGE].write
    for wire in EVENTS:
        for area in AREAS:
            key = f"{wire}.{routing_words(area)}"
            assert bool(re.search(allowed, key)) == (wire in PROVINCE_MAY_WRITE and area.startswith("35")), key


def test_it_listens_to_its_own_area_and_the_rounds_of_the_centre() -> None:
    allowed = direct().topics[EXCHANGE].read
    centre = {event.wire() for event in HEARD_OF_THE_CENTRE}
    for wire in EVENTS:
        for area in AREAS:
            binding = f"{wire}.{routing_words(area)}.#"
            expected = area.startswith("35") or (area == CENTRE and wire in centre)
            assert bool(re.search(allowed, binding)) == expected, binding
    assert not re.search(allowed, "#")
    assert not re.search(allowed, "application.scored.v1.*.#")


def test_it_may_bind_its_queues_to_all_that_its_service_hears() -> None:
    allowed = direct().topics[EXCHANGE].read
    for subscription in topology.heard_by("35"):
        for binding in subscription.bindings:
            assert re.search(allowed, binding), binding


@pytest.mark.parametrize("area", ["35", "11"])
def test_it_reads_its_own_queues_and_no_other_provinces(area: str) -> None:
    for other in PROVINCES:
        for queue in topology.queues_of(other):
            for allowed in (direct(area).read, direct(area).write, direct(area).configure):
                assert bool(re.search(allowed, queue)) == (other == area), queue
    for queue in ("review.case.nominated.v1.CN", "intake.application.scored.v1", "sihao.dead", "sihao.archive", ""):
        assert not re.search(direct(area).read, queue)


def test_the_exchange_of_all_facts_is_not_its_to_configure() -> None:
    assert re.search(direct().write, EXCHANGE)
    for rights in (direct(), linked()):
        assert not re.search(rights.configure, EXCHANGE)


def test_a_shovel_reads_what_comes_from_the_centre_and_declares_nothing() -> None:
    down = set(topology.from_the_centre("35"))
    assert down
    for queue in topology.queues_of("35"):
        assert bool(re.search(linked().read, queue)) == (queue in down)
        assert not re.search(linked().configure, queue)
        assert not re.search(linked().write, queue)


def test_nothing_goes_up_that_also_comes_down() -> None:
    up = PROVINCE_MAY_WRITE
    down = {
        subscription.event.wire()
        for subscription in topology.heard_by("35")
        if subscription.queue in topology.from_the_centre("35")
    }
    assert up
    assert down
    assert not up & down


def test_a_user_is_known_by_its_name_in_its_virtual_host_only() -> None:
    assert user_of("35", "/") == "province-35"
    assert area_of(user_of("35", "sihao"), "sihao") == "35"
    assert area_of(user_of("35", "sihao"), "/") is None
    assert area_of("intake", "/") is None
    assert link.service_user("35") != user_of("35", "/")


@pytest.mark.parametrize(("written", "area"), [("35", "35"), ("350000", "35"), (" 3500", "35")])
def test_a_province_is_written_in_two_digits(written: str, area: str) -> None:
    assert parse_province(written) == area


@pytest.mark.parametrize("written", ["CN", "3502", "350203", "fujian", ""])
def test_what_is_no_province_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+ / .+"):
        parse_province(written)
