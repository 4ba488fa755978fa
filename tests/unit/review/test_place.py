"""Every honour has one place of its own, for ever; given again from nothing, it is the same unless two met."""

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.domain import place as places
from services.review.domain.place import BLOCK, PLACES, Block, Take
from tests.unit.review import given

LINE = "national-sihao"
NUMBERS = st.lists(st.integers(0, 10**6), unique=True, max_size=40)


def give(blocks: dict[str, Block], honour: str) -> int:
    """Give an honour its place."""
    key = places.block_key(LINE, honour)
    change = places.take(blocks.get(key), Take(line=LINE, honour=honour), given.NOW)
    if change:
        blocks[key] = Block.model_validate(change.state.model_dump(mode="json"))
    return blocks[key].places[honour]


@settings(deadline=None)
@drawn(NUMBERS)
def test_places_are_each_ones_own_and_stay(numbers: list[int]) -> None:
    honours = [f"{LINE}:{given.code(number)}:CN-2020" for number in numbers]
    blocks: dict[str, Block] = {}
    first = {honour: give(blocks, honour) for honour in honours}
    assert len(set(first.values())) == len(honours)
    assert all(0 <= place < PLACES for place in first.values())
    assert {honour: give(blocks, honour) for honour in reversed(honours)} == first


def test_who_finds_the_place_taken_gets_the_next_of_the_block() -> None:
    honour = f"{LINE}:x:CN-2020"
    wanted = give({}, honour)
    start = wanted // BLOCK * BLOCK
    last = start + BLOCK - 1
    in_the_way = {f"other {place}": place for place in range(wanted, last + 1)}
    key = places.block_key(LINE, honour)
    blocks = {key: Block(line=LINE, number=wanted // BLOCK, places=in_the_way)}
    assert give(blocks, honour) == start, "behind the last place of a block comes its first"


def test_in_another_order_only_those_that_met_change_places() -> None:
    honours = [f"{LINE}:{given.code(number)}:CN-2020" for number in range(400)]
    forth, back = {}, {}
    there = {honour: give(forth, honour) for honour in honours}
    again = {honour: give(back, honour) for honour in reversed(honours)}
    assert sum(there[honour] != again[honour] for honour in honours) <= 2
