"""Two sides that tell each other digests, and then few ids, know exactly what only one of them has."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.ledgers import MOST_IDS
from shared.kernel.ledger import (
    brief,
    bucket_of,
    buckets_for,
    day_of,
    digest_of,
    end_of_ledger,
    itemise,
    name,
    tally,
)

KIND = ("review", "case.advanced.v1")
ids = st.sets(st.uuids().map(str) | st.text(min_size=1, max_size=20), max_size=60)


def subjects(facts: set[str]) -> dict[str, str]:
    return {id_: f"of {id_}" for id_ in facts}


def heal(here: set[str], there: set[str], room: int) -> int:
    """Exchange until both are the same; answers how many rounds it took."""
    for times in range(1000):
        told, whole = itemise(tally(KIND, here), subjects(there), room)
        if told is None:
            assert whole
            return times
        found = name(told, here)
        assert set(found.only_told) <= there - here
        assert set(found.only_ours) <= here - there
        assert found.only_told or found.only_ours
        here |= set(found.only_told)
        there |= set(found.only_ours)
    raise AssertionError("it comes to no end")


@given(ids, ids)
def test_what_is_named_is_exactly_what_only_one_side_has(here: set[str], there: set[str]) -> None:
    told, whole = itemise(tally(KIND, here), subjects(there), room=MOST_IDS)
    assert whole
    if told is None:
        assert here == there
        return
    found = name(told, here)
    assert (set(found.only_told), set(found.only_ours)) == (there - here, here - there)
    assert all(fact.subject == f"of {fact.id}" for fact in told.facts)


@given(ids, ids, st.integers(0, 5))
def test_with_little_room_they_come_to_agree_all_the_same(here: set[str], there: set[str], room: int) -> None:
    both = here | there
    heal(here, there, room)
    assert here == there == both


@given(st.lists(st.uuids().map(str), unique=True, max_size=40), st.randoms())
def test_order_does_not_count(facts: list[str], chance: object) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tally(KIND, facts) == tally(KIND, shuffled)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 49_999), st.integers(0, 49_999))
def test_of_a_day_of_fifty_thousand_few_ids_are_sent(lost: int, forgotten: int) -> None:
    everything = [f"fact-{n}" for n in range(50_000)]
    here = set(everything) - {everything[forgotten]}
    there = set(everything) - {everything[lost]}
    said = tally(KIND, here)
    assert len(said.model_dump_json()) < 6000
    told, whole = itemise(said, subjects(there), room=MOST_IDS)
    if lost == forgotten:
        assert told is None
        return
    assert whole
    assert told is not None
    assert len(told.facts) < 700
    found = name(told, here)
    assert found.only_told == (everything[forgotten],)
    assert found.only_ours == (everything[lost],)


def test_a_tally_without_buckets_is_compared_as_a_whole() -> None:
    told, whole = itemise(brief(KIND, ["a"]), {"b": "x"}, room=10)
    assert whole
    assert told is not None
    assert (told.of, told.buckets) == (1, (0,))
    assert name(told, ["a"]) == (("b",), ("a",))


def test_where_only_the_cut_digests_agree_everything_is_told() -> None:
    lying = tally(KIND, ["a"]).model_copy(update={"digest": digest_of(["b"])})
    told, _ = itemise(lying, {"a": "x"}, room=10)
    assert told is not None
    assert [fact.id for fact in told.facts] == ["a"]


@pytest.mark.parametrize(("count", "of"), [(0, 1), (16, 1), (17, 16), (1024, 16), (1025, 256), (50_000, 256)])
def test_buckets_grow_with_what_is_in_them(count: int, of: int) -> None:
    assert buckets_for(count) == of


@given(st.text(min_size=1), st.sampled_from([1, 16, 256]))
def test_every_id_has_one_bucket(id_: str, of: int) -> None:
    assert 0 <= bucket_of(id_, of) < of


def test_the_days_of_the_two_sides_are_chinas() -> None:
    before, after = datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 25, 16, tzinfo=UTC)
    assert day_of(before) == date(2026, 11, 25)
    assert day_of(after) == date(2026, 11, 26)
    assert end_of_ledger(date(2026, 11, 25)) == after
    assert day_of(end_of_ledger(date(2026, 11, 25)) - timedelta(microseconds=1)) == date(2026, 11, 25)
