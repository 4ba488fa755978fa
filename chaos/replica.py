"""One process of a service: started by the launcher, behind wires of its own, started again whenever it has died."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx2

from chaos.junction import Carried
from chaos.points import arm, disarm
from chaos.waiting import end
from dev.processes import Child, answers

_BETWEEN_LOOKS = 0.05
_REBIRTH = 0.2
"""Seconds until a dead process is started again, as an orchestrator would."""


@dataclass
class Replica:
    """One of the two processes of a service."""

    service: str
    """`intake`, `scoring`, `review`, `review-35`, `notify`."""
    letter: str
    """`a` or `b`."""
    url: str
    broker: Carried
    """Its wire to the broker."""
    store: tuple[Carried, ...]
    """Its wires to the members of the store."""
    points: Path
    """Where points are armed for it."""
    child: Child
    wanted: bool = False
    """Whether it shall be running."""
    deaths: list[float] = field(default_factory=list)
    """When it died without having been asked to end; monotonic seconds."""
    _work: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """`intake-a`."""
        return f"{self.service}-{self.letter}"

    @property
    def wires(self) -> tuple[Carried, ...]:
        """All its wires."""
        return self.broker, *self.store

    async def start(self) -> None:
        """Start it; from now on it is started again whenever it dies."""
        self.wanted = True
        await self.child.start()
        if self._work is None:
            self._work = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def kill(self) -> None:
        """End it without warning; it will be started again."""
        await self.child.kill()

    async def restart(self, *, grace: float) -> bool:
        """Ask it to end and start it again; answers whether it ended by itself within `grace` seconds."""
        self.wanted = False
        self.child.resume()
        started = monotonic()
        await self.child.stop(grace=grace)
        in_time = monotonic() - started < grace
        await self.start()
        return in_time

    async def close(self) -> None:
        """End it for good, and its wires."""
        self.wanted = False
        if self._work is not None:
            await end(self._work)
        self.child.resume()
        await self.child.kill()
        for wire in self.wires:
            wire.close()

    def arm(self, point: str) -> None:
        """Have it die when it next comes to this point."""
        arm(self.points, point)

    def armed(self, point: str) -> bool:
        """Whether it is still to die there."""
        return (self.points / point).exists()

    def disarm(self, point: str = "") -> list[str]:
        """Take back this point, or all, if it has not reached them; answers them."""
        return disarm(self.points, point)

    async def ready(self, client: httpx2.AsyncClient) -> bool:
        """Whether it is alive and its store, consumers and outbox are well; if nobody keeps it, why."""
        if self._work is not None and self._work.done():
            self._work.result()
        return self.child.alive and await answers(client, f"{self.url}/startupz")

    async def _keep(self) -> None:
        while True:
            await self.child.wait()
            if self.wanted and not self.child.alive:
                self.deaths.append(monotonic())
                await asyncio.sleep(_REBIRTH)
                if self.wanted and not self.child.alive:
                    await self.child.start()
            await asyncio.sleep(_BETWEEN_LOOKS)
