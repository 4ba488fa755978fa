"""Places in status lists 状态列表: under which number the status of an honour is told, once and for all.

The list of an honour line has 2^20 places, kept in 256 blocks, so that no document is large or in anybody's way. An
honour asks for the place its id hashes to; one that finds it taken gets the next free one of the block. A store that
lost a block therefore gives the same places again, but for the few that met.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.kernel.change import Change
from shared.kernel.command import refused
from shared.kernel.state import State

PLACES = 1 << 20
"""Places of a line's list. Our default: of 2,000 honours a year, one place in fifty is taken after ten years."""
BLOCK = 1 << 12
"""Places of a block."""


class Block(State):
    """Some places of a line's list, as far as they are given."""

    line: str
    """The honour line."""
    number: int
    """Which block: it has the places from `number * BLOCK`."""
    places: Mapping[str, int] = {}
    """Place by honour."""


class Take(BaseModel):
    """An honour needs a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: str
    honour: str


def block_key(line: str, honour: str) -> str:
    """The key of the block in which the honour has its place."""
    return f"{line}:{_wanted(honour) // BLOCK:03d}"


def take(block: Block | None, command: Take, _now: datetime) -> Change[Block] | None:
    """Give the honour a place; None if it has one.

    Raises:
        Refused: the block is full.
    """
    wanted = _wanted(command.honour)
    block = block or Block(line=command.line, number=wanted // BLOCK)
    if command.honour in block.places:
        return None
    taken = set(block.places.values())
    start = block.number * BLOCK
    after = (start + (wanted + step) % BLOCK for step in range(BLOCK))
    place = next((place for place in after if place not in taken), None)
    if place is None:
        raise refused(
            "status-list.full",
            "honour",
            rule=(f"称号系列 {command.line} 的状态列表已满。", f"The status list of {command.line} is full."),
            remedy=("请联系平台运维，开启新的称号系列。", "Ask the operators for a new honour line."),
        )
    return Change(block.but(places={**block.places, command.honour: place}))


def _wanted(honour: str) -> int:
    return int.from_bytes(hashlib.sha256(honour.encode()).digest()) % PLACES
