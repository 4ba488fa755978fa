"""Publications as they travel, made once per kind of message; each copy differs in its id and credit code only."""

import struct
from dataclasses import dataclass

from bench.wire import framed
from shared.runtime.amqp import properties_of
from shared.runtime.topology import EVENTS
from shared.runtime.work import Fact

_ID = b"ce-id"
_ID_LENGTH = 36


@dataclass(frozen=True)
class Publication:
    """A fact, framed."""

    frames: bytes
    id: bytes
    code: bytes

    @classmethod
    def of(cls, fact: Fact, code: str) -> "Publication":
        """The publication of a fact that is about the chamber `code`."""
        frames = framed(EVENTS.name, fact.routing_key, properties_of(fact), fact.body.encode())
        return cls(frames, fact.id.encode(), code.encode())

    def copy(self, id_: bytes, code: bytes) -> bytes:
        """The same with another id and another chamber; both as long as the first."""
        return self.frames.replace(self.id, id_).replace(self.code, code)


def id_of(header: bytes) -> bytes:
    """The event's id, found in a content header without reading the rest."""
    start = header.index(_ID) + len(_ID) + 1
    (length,) = struct.unpack_from(">I", header, start)
    return header[start + 4 : start + 4 + length]
