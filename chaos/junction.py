"""The junction: one process that carries all wires, so that whatever the driver is busy with slows nobody down.

    python -m chaos.junction    is that process: an order per line, {"wire": 3, "act": "cut"}; "open" is answered

A line of the platform passes through it twice for every answer of broker or store; it goes before others where the
system lets it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self

from chaos.ordered import Ordered
from chaos.wire import Wire

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
        self._carrier = Ordered("chaos.junction", self._hear)
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[int]] = {}

    async def __aenter__(self) -> Self:
        await self._carrier.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._carrier.__aexit__(*how)

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
        self._carrier.order(**what)

    def _hear(self, said: dict[str, Any]) -> None:
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
