"""What was heard on the bus, in the order it came, and how long to wait for more."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Heard:
    """One message that the software under test announced."""

    routing_key: str
    body: bytes
    headers: Mapping[str, Any]
    message_id: str | None
    type: str | None
    content_type: str | None
    persistent: bool

    @cached_property
    def data(self) -> Body:
        """The body as an object; empty if it is none."""
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def id(self) -> str:
        """Its id, wherever it stands."""
        return str(self.headers.get("ce-id") or self.message_id or "")

    @property
    def event(self) -> str:
        """The event's wire name, wherever it stands: header, property or routing key."""
        named = self.headers.get("ce-type") or self.type
        return str(named or ".".join(self.routing_key.split(".")[:3]))

    @property
    def about(self) -> str:
        """What it is about: the case, or the list."""
        return str(self.data.get("case") or self.data.get("shortlist") or self.headers.get("ce-subject") or "")


@dataclass
class Ledger:
    """Everything that was announced; repeats of a fact count once for those who wait."""

    patience: float
    """Seconds of silence after which what has not come does not come."""
    heard: list[Heard] = field(default_factory=list)
    _facts: dict[str, dict[tuple[str, str], Heard]] = field(default_factory=dict)
    _stirred: float = field(default_factory=time.monotonic)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, one: Heard) -> None:
        """One more message."""
        self.heard.append(one)
        known = self._facts.setdefault(one.about, {})
        if known.setdefault((one.event, one.id), one) is one:
            self.stir()

    def stir(self) -> None:
        """Something happened; silence is counted from here."""
        self._stirred = time.monotonic()
        self._news.set()

    def about(self, subject: str, event: str | None = None) -> list[Heard]:
        """The distinct facts about a case or a list, in the order of their first arrival."""
        found = self._facts.get(subject, {})
        return [one for (name, _), one in found.items() if event in (None, name)]

    def facts(self) -> Iterator[Heard]:
        """All distinct facts."""
        for found in self._facts.values():
            yield from found.values()

    async def until(self, holds: Callable[[], object]) -> bool:
        """Wait until it holds, or until there has been silence for as long as patience lasts."""
        while not holds():
            left = self._stirred + self.patience - time.monotonic()
            if left <= 0:
                return False
            await self._listen(left)
        return True

    async def silence(self, seconds: float) -> None:
        """Wait until nothing new has come for so long."""
        while (left := self._stirred + seconds - time.monotonic()) > 0:
            await self._listen(left)

    async def _listen(self, seconds: float) -> None:
        """Until there is news, at most so long."""
        self._news.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
