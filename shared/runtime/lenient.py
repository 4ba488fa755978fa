"""Reads message properties that the AMQP driver would break its connection over.

The driver decodes properties while it reads the wire. A time stamp in microseconds, or a name that is not UTF-8, raises
there and closes the connection; the broker delivers the message again, and so for ever. One foreign sender's slip would
stop a service. Here such a property reads as absent, or with the bad bytes replaced, and the message goes its way.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pamqp import decode

_LENGTH = 4
_STAMP = 8


def short_string(value: bytes) -> tuple[int, str]:
    """A string of at most 255 bytes; what is not UTF-8 in it is replaced."""
    end = 1 + value[0]
    return end, value[1:end].decode(errors="replace")


def timestamp(value: bytes) -> tuple[int, datetime | None]:
    """A point in time; None if no calendar holds it."""
    try:
        return decode.timestamp(value)
    except (ValueError, OverflowError, OSError):
        return _STAMP, None


def table(value: bytes) -> tuple[int, dict[str, Any]]:
    """Headers; none at all if one of them cannot be read."""
    try:
        return decode.field_table(value)
    except (ValueError, OverflowError, OSError):
        return _LENGTH + int.from_bytes(value[:_LENGTH], "big"), {}


def install() -> None:
    """Have the driver read with these, in this process."""
    readers: dict[str, Callable[[bytes], Any]] = {"shortstr": short_string, "timestamp": timestamp, "table": table}
    decode.METHODS.update(readers)
