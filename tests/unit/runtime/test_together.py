"""Reads asked for at the same time become one."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.runtime.together import Together


class Library:
    """Knows the length of words, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.open = True

    async def look_up(self, words: Sequence[str]) -> dict[str, int]:
        """Their lengths; there is a word that it does not know."""
        self.asked.append(list(words))
        await asyncio.sleep(0)
        if not self.open:
            raise ConnectionError("closed")
        return {word: len(word) for word in words if word != "unknown"}


async def test_what_is_asked_at_the_same_time_is_looked_up_once() -> None:
    library = Library()
    together = Together(library.look_up)
    answers = await asyncio.gather(together.get(["a", "bb"]), together.get(["bb"]), together.get(["unknown"]))
    assert answers == [{"a": 1, "bb": 2}, {"bb": 2}, {}]
    assert library.asked == [["a", "bb", "unknown"]]


async def test_what_is_asked_later_is_looked_up_again() -> None:
    library = Library()
    together = Together(library.look_up)
    assert await together.get(["a"]) == {"a": 1}
    assert await together.get(["a"]) == {"a": 1}
    assert library.asked == [["a"], ["a"]]


async def test_a_failure_is_everybodys_who_asked_and_nobody_elses() -> None:
    library = Library()
    together = Together(library.look_up)
    library.open = False
    answers = await asyncio.gather(together.get(["a"]), together.get(["b"]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError]
    library.open = True
    assert await together.get(["a"]) == {"a": 1}


async def test_who_leaves_takes_nobody_along() -> None:
    together = Together(Library().look_up)
    leaving, staying = (asyncio.create_task(together.get([word])) for word in ("a", "bb"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == {"bb": 2}
    with pytest.raises(asyncio.CancelledError):
        await leaving
