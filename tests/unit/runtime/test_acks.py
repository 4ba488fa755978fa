"""How a batch is acknowledged."""

from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.acks import acks

TAGS = st.sets(st.integers(1, 60))


@given(TAGS, TAGS)
def test_just_what_is_done_is_acknowledged(done: set[int], others: set[int]) -> None:
    still_open = others - done
    up_to, singly = acks(done, still_open)
    assert not {tag for tag in still_open if up_to is not None and tag <= up_to}
    assert {tag for tag in done if up_to is not None and tag <= up_to} | {*singly} == done
    assert len(singly) == len({*singly})


def test_in_order_one_frame_is_enough() -> None:
    assert acks([3, 1, 2], [4, 5]) == (3, [])
    assert acks([1, 2], []) == (2, [])
    assert acks([2, 3, 7], [4]) == (3, [7])
    assert acks([5], [4]) == (None, [5])
    assert acks([], [4]) == (None, [])
