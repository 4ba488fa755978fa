"""Areas: where a chamber is registered, whom a federation serves, and by which key a message travels.

An area is `CN` (the centre) or the leading two, four or six digits of GB/T 2260 without trailing zero pairs:
`35` Fujian, `3502` Xiamen, `350203` Siming district. Written so, one area lies in another exactly when its code
begins with the other's, and the words of a routing key (`35.02.03`) can be bound with RabbitMQ's `#`.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

CENTRE = "CN"
Level = Literal["national", "province", "city", "county", "town"]
_CODE = re.compile(r"[1-9][0-9]([0-9]{2}){0,2}")


def parse_area(code: str) -> str:
    """Normalise `350200`, `3502` or `CN`.

    Raises:
        ValueError: the code is neither `CN` nor two, four or six digits.
    """
    if code == CENTRE:
        return code
    if not _CODE.fullmatch(code):
        raise ValueError(f"地区代码应为 CN 或 2、4、6 位数字 / area must be CN or 2, 4 or 6 digits, got {code!r}")
    while len(code) > 2 and code.endswith("00"):  # noqa: PLR2004 - a province has two digits
        code = code[:-2]
    return code


Area = Annotated[
    str, AfterValidator(parse_area), Field(json_schema_extra={"pattern": rf"^({CENTRE}|{_CODE.pattern})$"})
]
"""An area code, normalised on the way in."""


def covers(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies in it; the centre covers everything."""
    return outer == CENTRE or (inner != CENTRE and inner.startswith(outer))


def province_of(area: str) -> str:
    """The province an area lies in; the centre is its own."""
    return area if area == CENTRE else area[:2]


def above(area: str) -> tuple[str, ...]:
    """The areas that cover this one and are not it, outermost first: `3502` → `CN`, `35`."""
    return () if area == CENTRE else (CENTRE, *(area[:end] for end in range(2, len(area), 2)))


def outermost(areas: Iterable[str]) -> list[str]:
    """Of these areas those that lie in no other of them, in order."""
    named = sorted(set(areas))
    return [area for area in named if not any(covers(other, area) for other in named if other != area)]


def routing_words(area: str) -> str:
    """The area as words of a routing key: `350203` → `35.02.03`."""
    return area if area == CENTRE else ".".join(area[i : i + 2] for i in range(0, len(area), 2))


def level_of(area: str) -> Level:
    """The level of the federation that serves exactly this area."""
    return "national" if area == CENTRE else ("province", "city", "county")[len(area) // 2 - 1]
