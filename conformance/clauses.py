"""The clauses, as data: what a province's software must do, how that is checked, what to do where it fails."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.contracts.text import Text

HERE = Path(__file__).parent
Need = Literal["driver", "operator", "clock", "keys", "centre"]

NEEDS: dict[Need, Text] = {
    "driver": Text(zh="未给出驱动程序（--driver）", en="no driver was given (--driver)"),
    "operator": Text(
        zh="没有停止与启动的办法（--stop-command、--start-command 或 --by-hand）",
        en="there is no way to stop and start it (--stop-command, --start-command, or --by-hand)",
    ),
    "clock": Text(zh="驱动程序不能拨动时钟（回答 501）", en="the driver cannot turn the clock (it answers 501)"),
    "keys": Text(zh="未给出公钥（--keys）", en="no public keys were given (--keys)"),
    "centre": Text(
        zh="未给出全国一方的私钥（--centre-key），其公钥须为软件所信任",
        en="there is no key to sign as the centre (--centre-key), whose public half the software trusts",
    ),
}
"""Why a clause is not checked where something it needs is missing."""


class Clause(BaseModel):
    """One numbered rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(pattern=r"^C-[A-Z]{3}-[1-9]\d*$")
    """Its number, stable: `C-DUP-1`."""
    needs: tuple[Need, ...] = ()
    """What the kit needs to check it."""
    rule: Text
    """What the software must do."""
    check: Text
    """How the kit checks it."""
    remedy: Text
    """What to do where it fails."""


class Group(BaseModel):
    """Clauses about one matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str
    """The middle word of its clauses' numbers."""
    title: Text
    """For people."""
    clauses: tuple[Clause, ...]
    """In order."""


@cache
def groups() -> tuple[Group, ...]:
    """All clauses, by group, in the order of the document."""
    read = yaml.safe_load((HERE / "clauses.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Group, ...]).validate_python(read)


@cache
def clauses() -> dict[str, Clause]:
    """All clauses by number."""
    return {clause.id: clause for group in groups() for clause in group.clauses}
