"""Canonical bytes, derived ids, days in China."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.area import covers, level_of, parse_area, routing_words
from shared.kernel.calendar import (
    CHINA,
    WorkingDays,
    end_of,
    end_of_day,
    is_worked,
    last_day_words,
    time_words,
    until_words,
)
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


_AWKWARD = [*'\x00\x1f\x7f\u2028\ufeff\uffff\U0001f600\U0010ffff"\\/\n\ud800']
"""What encoders disagree about: control characters, the ends of the planes, what is escaped, half of a pair."""
Words = st.text() | st.lists(st.sampled_from(_AWKWARD), max_size=4).map("".join)
Anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | Words,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(Words | st.integers(), inner),
    max_leaves=20,
)


def _as_the_standard_library_writes(value: Any) -> bytes | type[Exception]:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        return type(error)


def _as_we_write(value: Any) -> bytes | type[Exception]:
    try:
        return canonical_bytes(value)
    except (TypeError, ValueError) as error:
        return type(error)


@given(Anything)
def test_the_bytes_are_those_of_the_standard_library(value: object) -> None:
    assert _as_we_write(value) == _as_the_standard_library_writes(value)


@pytest.mark.parametrize("number", [2**53, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40])
def test_whole_numbers_of_any_size_keep_every_digit(number: int) -> None:
    assert canonical_bytes({"n": [number]}) == f'{{"n":[{number}]}}'.encode()


@pytest.mark.parametrize("depth", [10, 250, 260, 400])
def test_depth_changes_nothing(depth: int) -> None:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    assert canonical_bytes(value) == b"[" * depth + b'"x"' + b"]" * depth


def test_what_contains_itself_ends() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecursionError):
        canonical_bytes(value)


@pytest.mark.parametrize("place", [lambda v: v, lambda v: [v], lambda v: (v,), lambda v: {"a": v}, lambda v: {1: [v]}])
@pytest.mark.parametrize("number", [1.5, 0.0, float("nan"), float("inf"), type("Own", (float,), {})(2.5)])
def test_binary_floats_have_no_canonical_form(place: Any, number: float) -> None:
    with pytest.raises(TypeError, match="decimal"):
        digest({"deep": [{"b": [1, {"c": place(number)}]}]})
    with pytest.raises(TypeError, match="decimal"):
        digest(place(number))


class _Word(StrEnum):
    ONE = "eins"


class _Number(IntEnum):
    ONE = 1


class _Plain(Enum):
    ONE = "eins"


@pytest.mark.parametrize("value", [_Word.ONE, _Number.ONE, {"b": 1, "a": _Word.ONE}, {_Word.ONE: 1}])
def test_what_is_text_or_a_number_by_birth_is_written_as_ever(value: object) -> None:
    assert canonical_bytes(value) == _as_the_standard_library_writes(value)


@pytest.mark.parametrize("value", [_Plain.ONE, UUID(int=1), date(2026, 1, 1), Decimal(1), {1}, b"x", {b"x": 1}])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    for place in (value, [value], {"a": value}):
        with pytest.raises(TypeError):
            canonical_bytes(place)


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


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (datetime(2026, 9, 30, 2, tzinfo=UTC), 1, "2026年10月8日"),  # the National Day holiday is 1-7 October
        (datetime(2026, 9, 30, 2, tzinfo=UTC), 3, "2026年10月10日"),  # and Saturday the 10th is worked in return
        (datetime(2026, 11, 20, 2, tzinfo=UTC), 1, "2026年11月23日"),  # from a Friday over a weekend
        (datetime(2026, 11, 20, 17, tzinfo=UTC), 1, "2026年11月23日"),  # already Saturday in China
    ],
)
def test_working_days_follow_the_holidays_and_the_weekends_worked_in_return(
    start: datetime, days: int, last: str
) -> None:
    assert last_day_words(end_of(start, WorkingDays(working=days))).zh == last


def test_a_year_whose_holidays_are_not_known_is_worked_from_monday_to_friday() -> None:
    assert [is_worked(date(2100, 1, day)) for day in range(4, 11)] == [True] * 5 + [False] * 2


@given(st.integers(1, 60), st.datetimes(datetime(2019, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_term_in_working_days_ends_with_a_worked_day_and_has_exactly_so_many(days: int, start: datetime) -> None:
    end = end_of(start, WorkingDays(working=days)).astimezone(CHINA).date() - timedelta(days=1)
    begun = start.astimezone(CHINA).date()
    between = [begun + timedelta(days=n) for n in range(1, (end - begun).days + 1)]
    assert is_worked(end)
    assert sum(map(is_worked, between)) == days
    assert end_of(start, days) == end_of_day(start, days)


def test_a_deadline_at_midnight_is_read_as_the_end_of_the_day_before() -> None:
    midnight_there = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    assert until_words(midnight_there).zh == "2026年11月27日 24:00（北京时间）"
    assert until_words(midnight_there).en == "27 Nov 2026, 24:00 (China time, UTC+8)"
    assert until_words(midnight_there + timedelta(minutes=5)) == time_words(midnight_there + timedelta(minutes=5))
