"""What a trace is about, carried along with it as W3C Baggage: round, area, application and case.

Read off the facts themselves and never taken from a caller over HTTP, so that nobody can give our spans names of their
own. What a fact does not say is inherited from what it came of: a letter's fact names no round, its cause did.
"""

from collections.abc import Mapping
from urllib.parse import quote, unquote

from shared.contracts.event import Event
from shared.contracts.rounds import Round

HEADER = "baggage"
PREFIX = "sihao."
"""Of the keys in the header, and of the attributes of spans."""
KEYS = ("round", "area", "application", "case")
_LONGEST = 200
"""Characters of a value; what is longer is left out. Ours: the longest case id has about 60."""

About = Mapping[str, str]
"""What is known, by `KEYS`."""


def about(event: Event, inherited: About | None = None) -> dict[str, str]:
    """What an event is about, with what it inherits where it says nothing."""
    found = dict(inherited or {})
    for key in KEYS:
        value = getattr(event, key, None)
        if isinstance(value, Round):
            value = value.code
        if isinstance(value, str) and 0 < len(value) <= _LONGEST:
            found[key] = value
    return found


def written(about_: About) -> dict[str, str]:
    """The header; empty if nothing is known."""
    members = [f"{PREFIX}{key}={quote(about_[key], safe='@')}" for key in KEYS if about_.get(key)]
    return {HEADER: ",".join(members)} if members else {}


def read(headers: Mapping[str, str]) -> dict[str, str]:
    """What such a header says of us; anything else in it is passed over."""
    found: dict[str, str] = {}
    for member in headers.get(HEADER, "").split(","):
        name, _, value = member.partition(";")[0].strip().partition("=")
        key, plain = name.removeprefix(PREFIX), unquote(value)
        if name.startswith(PREFIX) and key in KEYS and 0 < len(plain) <= _LONGEST:
            found[key] = plain
    return found


def attributes(about_: About) -> dict[str, str]:
    """The attributes of a span."""
    return {f"{PREFIX}{key}": value for key, value in about_.items()}
