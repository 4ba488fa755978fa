"""The settings of a process, read once at its start: what is wrong with them is said in words, variable by variable."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from shared.runtime.sentences import translate


class Misconfigured(Exception):  # noqa: N818 - a state of affairs
    """What a setting points at, a key or a file of rules, cannot be used; says so in words, Chinese and English."""


S = TypeVar("S", bound=BaseSettings)

PREFIX = "SIHAO_"
MISCONFIGURED = 78
"""What the process ends with then: `EX_CONFIG` of sysexits.h."""
_ALIKE = 0.92
"""From what likeness on a variable is taken for a misspelling (our default): one or two letters are wrong."""


def configured(kind: type[S]) -> S:
    """The settings from the environment. Ends the process if they are wrong; of a misspelt variable it is only told."""
    sys.stderr.writelines(f"{line}\n" for line in misspelt(os.environ, variables(kind)))
    try:
        return kind()
    except ValidationError as error:
        refuse(faults(kind, error.errors()))


def refuse(lines: Iterable[str]) -> NoReturn:
    """Say what is wrong and end the process."""
    said = ("配置有误，服务未启动 / the settings are wrong, the service was not started:", *lines)
    sys.stderr.writelines(f"{line}\n" for line in said)
    raise SystemExit(MISCONFIGURED)


def variables(kind: type[BaseSettings]) -> dict[str, str]:
    """The environment variables that these settings read, each with the name of its field."""
    return {f"{PREFIX}{name}".upper(): name for name in kind.model_fields}


def faults(kind: type[BaseSettings], errors: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lines for each variable that is wrong: the rule, the remedy, its meaning; never the value."""
    for error in errors:
        name = str(error["loc"][0]) if error["loc"] else ""
        place = (f"{PREFIX}{name}".upper(), *error["loc"][1:]) if name else (f"{PREFIX}…",)
        (found,) = translate([{**error, "loc": ("body", *place)}])
        yield f"- {found.rule.zh} → {found.remedy.zh}"
        yield f"  {found.rule.en} → {found.remedy.en}"
        if name in kind.model_fields:
            yield from (f"    {line}" for line in (kind.model_fields[name].description or "").splitlines())


def misspelt(given: Collection[str], known: Collection[str]) -> Iterator[str]:
    """A line for each variable that is no setting, but looks like one that is not given."""
    missing = [name for name in known if name not in given]
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known:
            for nearest in get_close_matches(name, missing, n=1, cutoff=_ALIKE):
                yield f"{name} 不是配置项，是否指 {nearest}？ / {name} is no setting; is {nearest} meant?"
