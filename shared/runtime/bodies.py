"""Bodies of requests on their way in: no slower than they may be, and no more of all than the process can hold.

While we wait for a client, the limit on our own time rests.
"""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from shared.runtime import metrics, problems
from shared.runtime.settings import EdgeSettings

MAX_VALUES = 50_000
"""Commas and brackets of a JSON body: what it holds grows in memory to a hundred times their size."""


class Bodies:
    """The bytes of all bodies in hand."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._in_hand = 0

    def take(self, size: int) -> bool:
        """Count these; False if that is more than the process may hold."""
        self._in_hand += size
        return self._in_hand <= self._most

    def give_back(self, size: int) -> None:
        """These are no longer held."""
        self._in_hand -= size


class Work:
    """The time we take ourselves: a limit that rests while we wait for the client."""

    def __init__(self, seconds: float) -> None:
        self.limit = asyncio.timeout(seconds)
        self.ended = False
        """Whether the answer has begun."""
        self._left = seconds

    def rest(self) -> None:
        """We wait for the client."""
        when = self.limit.when()
        if when is not None:
            self._left = when - asyncio.get_running_loop().time()
            self.limit.reschedule(None)

    def go_on(self) -> None:
        """It is our turn again."""
        if not self.ended:
            self.limit.reschedule(asyncio.get_running_loop().time() + self._left)

    def end(self) -> None:
        """The answer begins: no limit any more."""
        if not self.limit.expired():
            self.ended = True
            self.limit.reschedule(None)


class Body:
    """The body of one request."""

    def __init__(self, request: Request, bodies: Bodies, settings: EdgeSettings) -> None:
        self._receive = request.receive
        self._json = "json" in request.headers.get("content-type", "")
        self._bodies = bodies
        self._rate = settings.min_rate
        self._grace = settings.stall_seconds
        self._waited = 0.0
        self._size = self._values = 0
        self._complete = False
        self.work = Work(settings.request_seconds)

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            HTTPException: 408, it comes too slowly; 413, it holds too many values; 503, we hold too much already.
        """
        if self._complete:
            return await self._receive()
        self.work.rest()
        try:
            message = await self._piece()
        finally:
            self.work.go_on()
        self._complete = not message.get("more_body", False)
        self._count(message.get("body", b""))
        return message

    def _count(self, piece: bytes) -> None:
        self._size += len(piece)
        if not self._bodies.take(len(piece)):
            metrics.TURNED_AWAY.labels("bodies").inc()
            raise HTTPException(problems.UNAVAILABLE, headers={"Retry-After": "5"})
        if self._json:
            self._values += piece.count(b",") + piece.count(b"[") + piece.count(b"{")
        if self._values > MAX_VALUES:
            raise HTTPException(problems.TOO_LARGE)

    async def _piece(self) -> Message:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._grace + self._size / self._rate - self._waited):
                return await self._receive()
        except TimeoutError:
            metrics.TURNED_AWAY.labels("slow-body").inc()
            raise HTTPException(problems.TOO_SLOW, headers={"Retry-After": "5"}) from None
        finally:
            self._waited += loop.time() - began

    def release(self) -> None:
        """The request is over: its body is not held any more."""
        self._bodies.give_back(self._size)
