"""What every service keeps and hears for trust: the register of keys, and what was refused."""

from collections.abc import Collection, Sequence
from typing import Any

from shared.contracts.area import province_of
from shared.contracts.trust import KeyRegistered, KeyWithdrawn, MessageRefused
from shared.kernel import refusal
from shared.kernel.keys import RegisteredKey, hear_registered, hear_withdrawn
from shared.kernel.refusal import Refusal
from shared.runtime.handlers import HandlerTable
from shared.runtime.kinds import Index, Kind

KEYS = Kind("keys", RegisteredKey, indexes=(Index(("state.area",)),))
"""By the key's id."""
REFUSALS = Kind("refusals", Refusal)
"""By the id of the dead letter."""
TRUST_KINDS: tuple[Kind[Any], ...] = (KEYS, REFUSALS)


def hear_keys(table: HandlerTable, areas: Sequence[str] | None = None) -> None:
    """Have a service learn which keys count; in these areas instead of the table's."""
    table.on(KeyRegistered, KEYS, decide=hear_registered, key=lambda event: event.kid, areas=areas)
    table.on(KeyWithdrawn, KEYS, decide=hear_withdrawn, key=lambda event: event.kid, areas=areas)


def hear_refusals(table: HandlerTable, provinces: Collection[str]) -> None:
    """Have a service learn what was refused of these provinces' messages, and put it before its operators."""

    def ours(event: MessageRefused) -> list[str]:
        return [event.letter] if province_of(event.area) in provinces else []

    table.on(MessageRefused, REFUSALS, decide=refusal.hear, key=ours)
