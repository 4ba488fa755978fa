"""One value, one sequence of bytes: the basis of every digest on the platform.

The form follows RFC 8785 (JSON Canonicalization Scheme) for the values we allow: keys sorted, no white space, UTF-8.
Binary floats are refused, so that nothing depends on how a number prints; decimals travel as strings.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

_ENCODER = json.JSONEncoder(
    sort_keys=True,
    ensure_ascii=False,
    separators=(",", ":"),
    check_circular=False,  # what contains itself ends in a RecursionError all the same
)
"""Made once: this runs for every change of every document."""
_PLAIN = frozenset({str, int, bool, type(None)})


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON bytes of a value made of str, int, bool, None, lists, tuples and dicts with string keys.

    Raises:
        TypeError: a float, or anything that JSON does not know.
    """
    text = _ENCODER.encode(value)  # first, since what follows takes for granted that there is an end
    _refuse_floats(value)
    return text.encode()


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _refuse_floats(value: Any) -> None:
    """Look through everything, one container at a time; most hold nothing but text and whole numbers."""
    left: list[Iterable[Any]] = [(value,)]
    for values in left:
        if _PLAIN.issuperset(map(type, values)):
            continue
        for item in values:
            if type(item) in _PLAIN:
                continue
            if isinstance(item, dict):
                left.append(item.values())
            elif isinstance(item, (list, tuple)):
                left.append(item)
            elif isinstance(item, float):
                raise TypeError(f"binary floats have no canonical form here; write a decimal as a string: {item!r}")
