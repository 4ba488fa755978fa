"""A process that does as it is ordered: a line of JSON on its input is an order, one on its output an answer."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Any, Self

from chaos.waiting import end
from dev.processes import leashed

_LINE = 1 << 20
"""Bytes of an order or an answer, at the most."""


class Ordered:
    """`python -m` some module of ours, as an asynchronous context; it ends when nobody orders any more."""

    def __init__(
        self, module: str, hear: Callable[[dict[str, Any]], None], ended: Callable[[], None] = lambda: None
    ) -> None:
        """`hear` is called with every answer, `ended` when no more will come."""
        self._module = module
        self._hear = hear
        self._ended = ended
        self._process: Process | None = None
        self._hearing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        command = leashed([sys.executable, "-m", self._module])
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LINE)
        self._hearing = asyncio.create_task(self._listen(self._process), name=f"hear {self._module}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._hearing is not None:
            await end(self._hearing)

    def order(self, **what: Any) -> None:
        """Have something done.

        Raises:
            RuntimeError: it is not running.
        """
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            raise RuntimeError(f"{self._module} 未运行 / is not running")
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        while line := await process.stdout.readline():
            self._hear(json.loads(line))
        self._ended()
