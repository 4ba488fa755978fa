"""The shape and size of what an applicant declares. Which fields an item has is the rubric's business, and scoring's.

The limits are our default: far above what a form holds, far below what a document may weigh.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.contracts import FactValue

MAX_ITEMS = 300
"""Items one application may answer."""
MAX_FIELDS = 60
"""Fields of one item."""
MAX_TEXT = 4000
"""Characters of one text."""
MAX_LIST = 200
"""Entries of one list or one count per year."""
MAX_WORD = 100
"""Characters of one entry."""
MAX_COUNT = 10**15
"""The greatest number either way; it fits every store and every JSON reader."""
MAX_BYTES = 256 * 1024
"""Bytes of all facts of one application, as canonical JSON."""

ItemCode = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,7}(\.[A-Za-z0-9]{1,8}){0,3}$", examples=["B2.i"])]
"""Code of a rubric item: `B2.i`."""
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["visited"])]
"""Name of a field: lower case, with underscores."""


def _right(value: Any) -> Any:
    """One value of a right shape and within the limits, said in one sentence if it is not.

    Raises:
        ValueError: it is of another shape, too long or too large, or a name in it could not be stored.
    """
    match value:
        case str() if len(value) > MAX_TEXT:
            raise ValueError(f"文字最多 {MAX_TEXT} 字 / a text has at most {MAX_TEXT} characters")
        case list() | dict() if len(value) > MAX_LIST:
            raise ValueError(f"最多 {MAX_LIST} 项 / at most {MAX_LIST} entries")
        case bool() | str():
            return value
        case int():
            _check_count(value)
        case list():
            for word in value:
                _check_word(word)
        case dict():
            for name, number in value.items():
                _check_name(name)
                _check_count(number)
        case _:
            raise ValueError(_SHAPES)
    return value


def _check_word(word: object) -> None:
    match word:
        case str() if len(word) <= MAX_WORD:
            return
        case str():
            raise ValueError(f"每项最多 {MAX_WORD} 字 / an entry has at most {MAX_WORD} characters")
        case _:
            raise ValueError(_SHAPES)


def _check_name(name: object) -> None:
    """Names become field names in the store."""
    _check_word(name)
    if not name or str(name).startswith("$") or "\0" in str(name):
        raise ValueError("名称不能为空、不能以 $ 开头 / a name is not empty and does not begin with $")


def _check_count(number: object) -> None:
    match number:
        case bool():
            raise ValueError(_SHAPES)
        case int() if abs(number) <= MAX_COUNT:
            return
        case int():
            raise ValueError(f"数字的绝对值最大为 {MAX_COUNT} / a number is at most {MAX_COUNT} either way")
        case _:
            raise ValueError(_SHAPES)


_SHAPES = (
    "应为是/否、整数、文字（小数也写成文字）、文字列表，或“名称: 整数” / "
    "must be yes or no, a whole number, a text (decimals too), a list of texts, or whole numbers by name"
)

DeclaredValue = Annotated[FactValue, BeforeValidator(_right)]
"""One fact, within the limits."""
ItemFacts = Annotated[dict[FieldName, DeclaredValue], Field(max_length=MAX_FIELDS)]
"""The facts of one item, by field."""
