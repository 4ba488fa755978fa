"""Canonical bytes, derived ids, days in China."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.area import covers, level_of, parse_area, routing_words
from shared.kernel.calendar import end_of_day, time_words, until_words
from shared.kernel.canonical import canonical_bytes, digest
from shared.kernel.identity import event_id

Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), Json))
def test_the_order_of_keys_changes_no_byte(value: dict[str, object]) -> None:
    assert canonical_bytes(value) == canonical_bytes(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [1.5, {"a": [1, {"b": 0.1}]}, (float("nan"),)])
def test_binary_floats_have_no_canonical_form(value: object) -> None:
    with pytest.raises(TypeError, match="decimal"):
        digest(value)


def test_the_same_decision_repeats_its_ids_and_another_does_not() -> None:
    assert event_id("c", "cases/1", 0) == event_id("c", "cases/1", 0)
    assert (
        len(
            {
                event_id("c", "cases/1", 0),
                event_id("c", "cases/1", 1),
                event_id("c", "cases/2", 0),
                event_id("d", "cases/1", 0),
            }
        )
        == 4
    )


@pytest.mark.parametrize(
    ("given_code", "code"),
    [("350000", "35"), ("350200", "3502"), ("350203", "350203"), ("CN", "CN"), ("35", "35"), ("10", "10")],
)
def test_areas_are_normalised(given_code: str, code: str) -> None:
    assert parse_area(given_code) == code


@pytest.mark.parametrize("code", ["", "3", "350", "35020", "3502030", "cn", "fj", "05"])
def test_what_is_no_area_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="CN"):
        parse_area(code)


def test_areas_cover_what_lies_in_them() -> None:
    assert covers("35", "350203")
    assert covers("CN", "3502")
    assert not covers("3502", "35")
    assert not covers("35", "CN")
    assert not covers("3502", "3503")
    assert routing_words("350203") == "35.02.03"
    assert [level_of(a) for a in ("CN", "35", "3502", "350203")] == ["national", "province", "city", "county"]


def test_a_deadline_of_days_ends_with_the_last_day_in_china() -> None:
    late_evening_in_china = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    assert end_of_day(late_evening_in_china, 7) == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    just_after_midnight_there = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert end_of_day(just_after_midnight_there, 7) == datetime(2026, 11, 28, 16, 0, tzinfo=UTC)


def test_a_deadline_at_midnight_is_read_as_the_end_of_the_day_before() -> None:
    midnight_there = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    assert until_words(midnight_there).zh == "2026年11月27日 24:00（北京时间）"
    assert until_words(midnight_there).en == "27 Nov 2026, 24:00 (China time, UTC+8)"
    assert until_words(midnight_there + timedelta(minutes=5)) == time_words(midnight_there + timedelta(minutes=5))
