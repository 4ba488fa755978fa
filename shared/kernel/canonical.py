"""One value, one sequence of bytes: the basis of every digest on the platform.

The form follows RFC 8785 (JSON Canonicalization Scheme) for the values we allow: keys sorted, no white space, UTF-8.
Binary floats are refused, so that nothing depends on how a number prints; decimals travel as strings.

Two encoders write it. The fast one takes what is plain JSON with numbers of 64 bits and text of whole characters: all
that a state holds. The standard library's defines the form, takes the rest, and says what is wrong.
"""

import hashlib
import json
from collections.abc import Iterable
from gc import get_referents
from typing import Any

import orjson

_ENCODER = json.JSONEncoder(
    sort_keys=True,
    ensure_ascii=False,
    separators=(",", ":"),
    check_circular=False,  # what contains itself ends in a RecursionError all the same
)
_PLAIN = frozenset({str, int, bool, type(None)})
_ALLOWED = _PLAIN | {dict, list, tuple}


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON bytes of a value made of str, int, bool, None, lists, tuples and dicts with string keys.

    Raises:
        TypeError: a float, or anything that JSON does not know.
    """
    try:
        fast = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # among other things of what contains itself: what follows takes an end for granted
        return _by_the_book(value)
    return fast if _is_plain(value) else _by_the_book(value)


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _is_plain(value: Any) -> bool:
    """Whether there is nothing in it but what JSON knows, down to the type: no float, no subclass. Level by level."""
    level: list[Any] = [value]
    while level:
        if not _ALLOWED.issuperset(map(type, level)):
            return False
        level = get_referents(*level)  # what its lists, tuples and dicts hold, in one call of C
    return True


def _by_the_book(value: Any) -> bytes:
    text = _ENCODER.encode(value)  # first, since what follows takes for granted that there is an end
    _refuse_floats(value)
    return text.encode()


def _refuse_floats(value: Any) -> None:
    """Look through everything, one container at a time."""
    left: list[Iterable[Any]] = [(value,)]
    for values in left:
        for item in values:
            if type(item) in _PLAIN:
                continue
            if isinstance(item, dict):
                left.append(item.values())
            elif isinstance(item, (list, tuple)):
                left.append(item)
            elif isinstance(item, float):
                raise TypeError(f"binary floats have no canonical form here; write a decimal as a string: {item!r}")
