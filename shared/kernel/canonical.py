"""One value, one sequence of bytes: the basis of every digest on the platform.

The form follows RFC 8785 (JSON Canonicalization Scheme) for the values we allow: keys sorted, no white space, UTF-8.
Binary floats are refused, so that nothing depends on how a number prints; decimals travel as strings.
"""

import hashlib
import json
from typing import Any


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON bytes of a value made of str, int, bool, None, lists, tuples and dicts with string keys.

    Raises:
        TypeError: a float, or anything that JSON does not know.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _refuse_floats(value: Any) -> None:
    """Look through everything; a loop, because this runs for every change of every document."""
    left = [value]
    while left:
        item = left.pop()
        kind = type(item)
        if kind is dict:
            left.extend(item.values())
        elif kind is list or kind is tuple:
            left.extend(item)
        elif kind is float:
            raise TypeError(f"binary floats have no canonical form here; write a decimal as a string: {item!r}")
