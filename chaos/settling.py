"""After the load: everything is mended, and then it must become quiet by itself."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from chaos.collecting import unsettled
from chaos.stage import Stage

_WITHIN = 600.0
_READY_WITHIN = 600.0
"""Seconds for everybody to be ready: whole servers may still be starting."""
_STATISTICS = 6.0
"""Seconds after which the broker's statistics are new for certain."""
_LOOK = 0.25


@dataclass(frozen=True)
class Quiet:
    """How it became quiet."""

    outbox: float | None = None
    """Seconds until the outboxes were empty; None if they did not become so."""
    all: float | None = None
    """Seconds until nothing was on its way."""
    left: dict[str, int] = field(default_factory=dict)
    """What was still on its way when the time was over."""


async def heal(stage: Stage) -> None:
    """Whatever is still wrong is mended, and everybody is ready."""
    for replica in stage.all():
        replica.child.resume()
        replica.disarm()
        for wire in replica.wires:
            wire.mend()
    await stage.until_ready(within=_READY_WITHIN)


async def settle(stage: Stage, *, but: str = "") -> Quiet:
    """Wait until nothing is on its way, `but` what is named."""
    began = monotonic()
    outbox: float | None = None
    left: dict[str, int] = {}
    while monotonic() - began < _WITHIN:
        left = await unsettled(stage, but=but)
        if outbox is None and not any(name.startswith("outbox") for name in left):
            outbox = monotonic() - began
        if not left:
            settled = monotonic() - began
            await asyncio.sleep(_STATISTICS)
            if not (left := await unsettled(stage, but=but)):
                return Quiet(outbox, settled, {})
        await asyncio.sleep(_LOOK)
    return Quiet(outbox, None, left)
