"""A publication as it stands on the wire, written straight down instead of property by property through the driver.

The driver's encoder looks up a type and a function for every property and header. The bytes are the same.
"""

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pamqp import encode, frame
from pamqp.commands import Basic

_HEADER, _BODY = 2, 3
_START, _END = struct.Struct(">BHI"), b"\xce"
_CONTENT = struct.Struct(">HHQH")
_LENGTH = struct.Struct(">I")
_KEYS = 4096
"""Routing keys whose method frame is remembered: every event in every area of a province."""


def publication(
    channel: int, max_size: int, *, exchange: str, routing_key: str, properties: Basic.Properties, body: bytes
) -> bytes:
    """A mandatory publish: method, header, and as many body frames of at most `max_size` bytes as it takes.

    Raises:
        TypeError, ValueError: a key or property is too long or of no known type.
    """
    frames = [_method(channel, exchange, routing_key), _framed(_HEADER, channel, _content(properties, len(body)))]
    frames += [_framed(_BODY, channel, body[at : at + max_size]) for at in range(0, len(body), max_size)]
    return b"".join(frames)


@lru_cache(_KEYS)
def _method(channel: int, exchange: str, routing_key: str) -> bytes:
    return frame.marshal(Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True), channel)


def _content(properties: Basic.Properties, size: int) -> bytes:
    flags, parts = 0, []
    for name, flag, written in _PROPERTIES:
        value = getattr(properties, name)
        if value is not None and value != "":
            flags |= flag
            parts.append(written(value))
    return _CONTENT.pack(Basic.frame_id, 0, size, flags) + b"".join(parts)


def _short(value: str) -> bytes:
    text = value.encode()
    return bytes((len(text),)) + text


def _table(headers: Mapping[str, Any]) -> bytes:
    table = b"".join(_short(name) + _value(value) for name, value in sorted(headers.items()))
    return _LENGTH.pack(len(table)) + table


def _value(value: Any) -> bytes:
    if not isinstance(value, str):
        return encode.encode_table_value(value)
    text = value.encode()
    return b"S" + _LENGTH.pack(len(text)) + text


def _framed(kind: int, channel: int, payload: bytes) -> bytes:
    return _START.pack(kind, channel, len(payload)) + payload + _END


_WRITTEN: Mapping[str, Callable[[Any], bytes]] = {
    "headers": _table,
    "delivery_mode": encode.octet,
    "priority": encode.octet,
    "timestamp": encode.timestamp,
}
_PROPERTIES = [(name, flag, _WRITTEN.get(name, _short)) for name, flag in Basic.Properties.flags.items()]
"""In the order in which the protocol has them."""
