"""The hash chain: whole as written, broken by any change, and it says where."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.actor import CLOCK, Actor
from shared.kernel.history import GENESIS, Entry, append, verify

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
    assert (found.n, "state" in found.why) == (2, True)
