"""The junction: one process that carries all wires, so that whatever the driver is busy with slows nobody down.

    python -m chaos.junction    is that process: an order per line, {"wire": 3, "act": "cut"}; "open" is answered

A line of the platform passes through it twice for every answer of broker or store; it goes before others where the
system lets it.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self

from chaos.waiting import end
from chaos.wire import Wire
from dev.processes import leashed

_BEFORE_OTHERS = -10
"""Niceness of the process."""


class Carried:
    """A wire in the junction; see `chaos.wire.Wire` for what each act does."""

    def __init__(self, junction: "Junction", number: int, ports: tuple[int, ...]) -> None:
        self._junction = junction
        self._number = number
        self._ports = ports
        self.port = 0

    async def open(self) -> None:
        """Listen."""
        self.port = await self._junction.opened(self._number, self._ports)

    def close(self) -> None:
        """End everything."""
        self._act("close")

    def reset(self) -> None:
        """Break every connection; new ones come through."""
        self._act("reset")

    def cut(self) -> None:
        """Break every connection, and every new one at once."""
        self._act("cut")

    def stall(self) -> None:
        """Keep every connection and let nothing through."""
        self._act("stall")

    def slow(self, seconds: float) -> None:
        """Hold up whatever passes."""
        self._act("slow", seconds=seconds)

    def mend(self) -> None:
        """As new."""
        self._act("mend")

    def _act(self, act: str, **how: float) -> None:
        self._junction.order(wire=self._number, act=act, **how)


class Junction:
    """Carries wires on order; an asynchronous context."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[int]] = {}

    async def __aenter__(self) -> Self:
        command = leashed([sys.executable, "-m", "chaos.junction"])
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        self._hearing = asyncio.create_task(self._hear(self._process), name="hear the junction")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._hearing is not None:
            await end(self._hearing)

    def wire(self, *ports: int) -> Carried:
        """A wire to a server that listens at these ports; not open yet."""
        return Carried(self, next(self._numbers), ports)

    async def opened(self, number: int, ports: tuple[int, ...]) -> int:
        """Open a wire; answers its port."""
        asked = self._asked[number] = asyncio.get_running_loop().create_future()
        self.order(wire=number, act="open", ports=ports)
        port: int = await asked
        return port

    def order(self, **what: Any) -> None:
        """Have something done."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            raise RuntimeError("线路所在进程未开 / the junction is not open")
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def _hear(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        while line := await process.stdout.readline():
            said = json.loads(line)
            self._asked.pop(said["wire"]).set_result(said["port"])


async def carry() -> None:
    """Do as ordered, until nobody orders any more."""
    with suppress(PermissionError):
        os.nice(_BEFORE_OTHERS)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    wires: dict[int, Wire] = {}
    while line := await orders.readline():
        await _do(wires, json.loads(line))


async def _do(wires: dict[int, Wire], order: Mapping[str, Any]) -> None:
    number = order["wire"]
    match order["act"]:
        case "open":
            wire = wires[number] = Wire(*order["ports"])
            await wire.open()
            sys.stdout.write(json.dumps({"wire": number, "port": wire.port}) + "\n")
            sys.stdout.flush()
        case "close":
            await wires.pop(number).close()
        case "slow":
            wires[number].slow(order["seconds"])
        case "reset" | "cut" | "stall" | "mend" as act:
            getattr(wires[number], act)()


if __name__ == "__main__":
    asyncio.run(carry())
