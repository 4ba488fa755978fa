"""Every honour has one place of its own, for ever; given again from nothing, it is the same unless two met."""

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import place as places
from services.review.domain.place import BLOCK, PLACES, Block, Take
from tests.unit.review import given

LINE = "national-sihao"
HONOURS = st.lists(st.from_regex(r"national-sihao:[0-9A-Z]{3}:CN-20[0-9]{2}", fullmatch=True), unique=True, max_size=40)


def give(blocks: dict[str, Block], honour: str) -> int:
    """Give an honour its place."""
    key = places.block_key(LINE, honour)
    change = places.take(blocks.get(key), Take(line=LINE, honour=honour), given.NOW)
    if change:
        blocks[key] = Block.model_validate(change.state.model_dump(mode="json"))
    return blocks[key].places[honour]


@drawn(HONOURS)
def test_places_are_each_ones_own_and_stay(honours: list[str]) -> None:
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
