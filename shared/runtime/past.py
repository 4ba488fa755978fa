"""The register of keys as it stood at a message's place in the archive, as far as the archive tells of it.

A message that was accepted before its key was withdrawn is accepted again by a restored store; one that came behind it
is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts.event import Event
from shared.contracts.trust import KeyRegistered, KeyWithdrawn
from shared.kernel.keys import RegisteredKey


@dataclass(frozen=True)
class Past:
    """One place in the archive."""

    unregistered: frozenset[str] = frozenset()
    """Keys that were registered behind it."""
    unwithdrawn: frozenset[str] = frozenset()
    """Keys that were withdrawn behind it."""
    withdrawn: Mapping[str, datetime] = field(default_factory=dict)
    """Keys that had been withdrawn."""

    def told(self, event: Event) -> "Past":
        """The place behind this fact."""
        if isinstance(event, KeyRegistered):
            return replace(self, unregistered=self.unregistered - {event.kid})
        if isinstance(event, KeyWithdrawn):
            gone = {**self.withdrawn, event.kid: event.withdrawn_at}
            return replace(self, unwithdrawn=self.unwithdrawn - {event.kid}, withdrawn=gone)
        return self

    def before(self, event: Event) -> "Past":
        """The place before the whole archive, which holds this fact, too."""
        if isinstance(event, KeyRegistered):
            return replace(self, unregistered=self.unregistered | {event.kid})
        if isinstance(event, KeyWithdrawn):
            return replace(self, unwithdrawn=self.unwithdrawn | {event.kid})
        return self

    def as_of(self, key: RegisteredKey) -> RegisteredKey:
        """A key as it stood here."""
        if key.kid in self.withdrawn:
            return key if key.withdrawn_at else key.but(withdrawn_at=self.withdrawn[key.kid])
        if key.kid in self.unwithdrawn and key.withdrawn_at:
            return key.but(withdrawn_at=None, withdrawn_because=None)
        return key


NOW = Past()
"""Nothing is told of later."""
