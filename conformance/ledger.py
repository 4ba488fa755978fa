"""What was heard on the bus, in the order it came, and how long to wait for more."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Body = Mapping[str, Any]
_SLICE = 0.25
"""Seconds in which silence is counted; ours."""


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
    _news: int = 0
    _listening: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, one: Heard) -> None:
        """One more message."""
        self.heard.append(one)
        known = self._facts.setdefault(one.about, {})
        if known.setdefault((one.event, one.id), one) is one:
            self.stir()

    def stir(self) -> None:
        """Something happened; silence is counted from here."""
        self._news += 1
        self._listening.set()

    def about(self, subject: str, event: str | None = None) -> list[Heard]:
        """The distinct facts about a case or a list, in the order of their first arrival."""
        found = self._facts.get(subject, {})
        return [one for (name, _), one in found.items() if event in (None, name)]

    def facts(self) -> Iterator[Heard]:
        """All distinct facts."""
        for found in self._facts.values():
            yield from found.values()

    async def until(self, holds: Callable[[], object]) -> bool:
        """Wait until it holds, or until there has been silence, from now on, for as long as patience lasts."""
        silent = 0.0
        while not holds():
            if silent >= self.patience:
                return False
            silent = 0.0 if await self._news_within(_SLICE) else silent + _SLICE
        return True

    async def silence(self, seconds: float) -> None:
        """Wait until nothing new has come for so long, from now on."""
        silent = 0.0
        while silent < seconds:
            silent = 0.0 if await self._news_within(_SLICE) else silent + _SLICE

    async def _news_within(self, seconds: float) -> bool:
        """Whether anything new comes so soon. A kit that was itself held up has only waited once."""
        before = self._news
        self._listening.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._listening.wait()
        return self._news != before
