"""A refusal in words a person can act on: which field, which rule, what to do. Chinese first, English second."""

from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text


class Problem(BaseModel):
    """One thing that is wrong.

    `code` is stable and for machines (`application.too-late`); `rule` and `remedy` are for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    code: str
    """Stable, dotted, lower case: what programs compare."""
    field: str
    """Where: a dotted path into what was sent (`facts.B2.i.visited`), a column and row, or the name of the state."""
    rule: Text
    """Which rule is broken, with the figures."""
    remedy: Text
    """What the sender can do now."""


def problem(code: str, field: str, *, rule: tuple[str, str], remedy: tuple[str, str]) -> Problem:
    """A problem from (Chinese, English) pairs."""
    return Problem(
        code=code,
        field=field,
        rule=Text(zh=rule[0], en=rule[1]),
        remedy=Text(zh=remedy[0], en=remedy[1]),
    )
