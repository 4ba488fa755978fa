"""What a trace is about is read off facts, survives its header, and is never made up by others."""

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import EVENTS
from shared.runtime import baggage
from tests.contract.golden import COMPLETE

VALUES = st.text(min_size=1, max_size=200)


@given(st.dictionaries(st.sampled_from(baggage.KEYS), VALUES))
def test_what_is_written_is_read_back(about: dict[str, str]) -> None:
    assert baggage.read(baggage.written(about)) == about


@given(st.text(max_size=300))
def test_whatever_a_header_holds_only_our_keys_are_read(header: str) -> None:
    found = baggage.read({"baggage": header})
    assert found.keys() <= set(baggage.KEYS)
    assert all(0 < len(value) <= 200 for value in found.values())


def test_others_baggage_is_passed_over_and_too_long_is_left_out() -> None:
    header = f"user=zhang,sihao.round=CN-2020;prop=1,sihao.case={'x' * 500},sihao.person=y, sihao.area = 35"
    assert baggage.read({"baggage": header}) == {"round": "CN-2020"}
    assert baggage.read({}) == {}


def test_every_event_tells_its_area_and_inherits_what_it_does_not_say() -> None:
    inherited = {"round": "CN-1999", "case": "inherited"}
    for golden in COMPLETE:
        event = EVENTS[golden.event.wire()].model_validate_json(golden.body)
        about = baggage.about(event, inherited)
        assert about["area"] == event.area
        said = getattr(event, "case", None)
        assert about["case"] == (said or "inherited")
        assert about["round"] != "CN-1999" or not hasattr(event, "round")


def test_attributes_bear_our_prefix() -> None:
    assert baggage.attributes({"case": "a@35"}) == {"sihao.case": "a@35"}
