"""Reads that are asked for at the same time become one: a batch of messages looks up its people with one query."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Answers everybody who asks during one turn of the event loop with one look-up."""

    def __init__(self, look_up: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        """`look_up` answers what it knows of the keys; what it raises, everybody gets who asked for its keys."""
        self._look_up = look_up
        self._asked: list[tuple[Collection[K], asyncio.Future[Mapping[K, V]]]] = []
        self._answering: set[asyncio.Task[None]] = set()

    async def get(self, keys: Collection[K]) -> dict[K, V]:
        """What is known of these keys."""
        if not self._asked:
            task = asyncio.create_task(self._answer())
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        answer: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()
        self._asked.append((keys, answer))
        found = await answer
        return {key: found[key] for key in keys if key in found}

    async def _answer(self) -> None:
        asked, self._asked = self._asked, []
        everything = dict.fromkeys(key for keys, _ in asked for key in keys)
        try:
            found = await self._look_up(list(everything))
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for _, answer in asked:
                if not answer.done():
                    answer.set_result(found)
