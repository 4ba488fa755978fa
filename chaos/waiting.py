"""Waiting until something holds, and no longer than it may take; ending what runs for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic


async def until(holds: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.1) -> bool:
    """Look again and again; answers whether it came to hold within so many seconds."""
    end = monotonic() + within
    while not await holds():
        if monotonic() > end:
            return False
        await asyncio.sleep(every)
    return True


async def end(task: asyncio.Task[None]) -> None:
    """Cancel it, as often as it takes: a client library that is just connecting may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1.0)
