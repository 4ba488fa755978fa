"""The hash chain: whole as written, broken by any change, and it says where."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.actor import CLOCK, Actor
from shared.kernel.canonical import digest
from shared.kernel.history import GENESIS, Break, Entry, append, verify, verify_stored

States = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4), min_size=1, max_size=6
)


def chain(states: list[dict[str, Any]]) -> list[Entry]:
    entries: list[Entry] = []
    for n, state in enumerate(states, start=1):
        entries.append(
            append(
                entries[-1].hash if entries else GENESIS,
                n=n,
                at=f"2026-01-01T00:00:0{n % 10}+00:00",
                what="add",
                by=Actor(id="o-1", role="officer", area="35"),
                cause=f"cause-{n}",
                content="0" * 64,
                facts=(f"fact-{n}",),
                state=state,
            )
        )
    return entries


@given(States)
def test_a_chain_as_written_is_whole(states: list[dict[str, Any]]) -> None:
    assert verify(chain(states), states[-1]) is None


@given(States, st.data())
def test_any_changed_field_of_any_entry_is_found_where_it_stands(
    states: list[dict[str, Any]], data: st.DataObject
) -> None:
    entries = chain(states)
    position = data.draw(st.integers(0, len(entries) - 1))
    field, value = data.draw(
        st.sampled_from(
            [
                ("at", "2027"),
                ("what", "x"),
                ("by", CLOCK),
                ("cause", "x"),
                ("content", "1" * 64),
                ("facts", ()),
                ("state", "x"),
            ]
        )
    )
    entries[position] = entries[position].model_copy(update={field: value})
    found = verify(entries, states[-1])
    assert found is not None
    assert found.n == position + 1


@given(States, st.data())
def test_a_missing_entry_is_found(states: list[dict[str, Any]], data: st.DataObject) -> None:
    entries = chain([*states, {"end": 1}])
    position = data.draw(st.integers(0, len(entries) - 2))
    del entries[position]
    found = verify(entries, {"end": 1})
    assert found is not None
    assert found.n == position + 1


def test_a_state_changed_behind_the_back_of_its_history_is_found() -> None:
    found = verify(chain([{"a": 1}, {"a": 2}]), {"a": 3})
    assert found is not None
    assert (found.n, "state" in found.why.en) == (2, True)


# --- documents as they are stored -----------------------------------------------------------------------------------


def stored(states: list[dict[str, Any]]) -> dict[str, Any]:
    """A document that has been in these states."""
    entries = [entry.model_dump(mode="json") for entry in chain(states)]
    return {
        "_id": "d",
        "version": len(entries),
        "state": states[-1],
        "heard": [entry["cause"] for entry in entries],
        "history": entries,
        "outbox": [{"id": f"fact-{len(entries)}"}],
    }


def broken(document: dict[str, Any]) -> Break:
    """Where it does not hold."""
    found = verify_stored(document)
    assert found is not None
    assert found.why.zh
    assert found.why.en
    return found


@settings(max_examples=40, deadline=None)
@given(States)
def test_a_document_as_stored_is_whole(states: list[dict[str, Any]]) -> None:
    assert verify_stored(stored(states)) is None


@settings(max_examples=40, deadline=None)
@given(States, st.data())
def test_any_field_of_any_entry_that_is_changed_taken_away_or_added_is_found(
    states: list[dict[str, Any]], data: st.DataObject
) -> None:
    document = stored(states)
    position = data.draw(st.integers(0, len(states) - 1))
    entry = document["history"][position]
    name = data.draw(st.sampled_from([*entry, "more"]))
    if name in entry and data.draw(st.booleans()):
        del entry[name]
    else:
        entry[name] = data.draw(st.sampled_from([0, "", None, [], 0.5, b"x"]).filter(lambda v: v != entry.get(name)))
    assert broken(document).n == position + 1


@settings(max_examples=40, deadline=None)
@given(States.filter(lambda states: len(states) > 1), st.data())
def test_two_entries_that_changed_places_are_found_at_the_first(
    states: list[dict[str, Any]], data: st.DataObject
) -> None:
    document = stored(states)
    one, other = sorted(data.draw(st.sets(st.integers(0, len(states) - 1), min_size=2, max_size=2)))
    entries = document["history"]
    entries[one], entries[other] = entries[other], entries[one]
    assert broken(document).n == one + 1


@settings(max_examples=40, deadline=None)
@given(States, st.integers(-1, 20))
def test_a_version_that_does_not_count_the_entries_is_found(states: list[dict[str, Any]], version: int) -> None:
    document = {**stored(states), "version": version}
    if version != len(states):
        assert f"version {version}" in broken(document).why.en


def test_an_entry_cut_off_at_the_end_is_found_by_the_version_and_with_that_put_right_by_the_state() -> None:
    document = stored([{"a": 1}, {"a": 2}])
    del document["history"][-1]
    assert "version 2" in broken(document).why.en
    document["version"] = 1
    assert "state" in broken(document).why.en


@pytest.mark.parametrize("value", [3, 2.0, b"2", None])
def test_a_state_with_another_value_or_with_one_that_no_state_has_is_found(value: object) -> None:
    found = broken({**stored([{"a": 1}, {"a": 2}]), "state": {"a": value}})
    assert (found.n, "state" in found.why.en) == (2, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"history": []}, "no history"),
        ({"history": None}, "no history"),
        ({"heard": ["cause-1"]}, "heard"),
        ({"heard": None}, "heard"),
        ({"heard": ["cause-1", "cause-2", "cause-3"]}, "heard"),
        ({"outbox": [{"id": "forged"}]}, "outbox"),
    ],
)
def test_what_stands_beside_the_chain_must_fit_it(changes: dict[str, Any], words: str) -> None:
    assert words in broken({**stored([{"a": 1}, {"a": 2}]), **changes}).why.en


def test_an_entry_without_what_every_entry_has_is_found_though_its_hash_is_right() -> None:
    document = stored([{"a": 1}])
    [entry] = document["history"]
    del entry["state"]
    entry["hash"] = digest({name: value for name, value in entry.items() if name != "hash"})
    assert (broken(document).n, "incomplete" in broken(document).why.en) == (1, True)


def test_a_chain_that_was_written_anew_from_some_place_on_hangs_together_but_ends_in_another_hash() -> None:
    """What a chain alone cannot tell; an announced list of heads can."""
    forged = stored([{"a": 1}, {"a": 3}])
    assert verify_stored(forged) is None
    assert forged["history"][-1]["hash"] != stored([{"a": 1}, {"a": 2}])["history"][-1]["hash"]
