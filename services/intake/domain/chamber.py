"""A registered chamber 商会: keyed by its credit code, which survives renames; former names are kept."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import Chamber, Instant
from shared.kernel.change import Change
from shared.kernel.state import State


class RegisteredChamber(State):
    """A chamber as the register has it."""

    chamber: Chamber
    """As it is now."""
    former_names: tuple[str, ...] = ()
    """Names it bore before, oldest first."""
    area_note: str = ""
    """Why the area in its credit code is another than its own, if so."""
    source: str
    """Id of the imported list that it was last confirmed by; that list's history says who brought it."""
    as_of: Instant
    """When that list was accepted."""


class Registration(BaseModel):
    """One row of a list: a chamber as an officer reports it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    chamber: Chamber
    """The chamber."""
    former_names: tuple[str, ...] = Field(default=(), max_length=20)
    """Former names, oldest first."""
    area_note: str = Field(default="", max_length=200)
    """Why the area in its credit code is another than its own, if so."""


class Register(BaseModel):
    """The command: register this chamber, as that list has it."""

    model_config = ConfigDict(frozen=True)

    registration: Registration
    """The row."""
    source: str
    """Id of the list."""
    as_of: Instant
    """When the list was accepted."""


def register(state: RegisteredChamber | None, command: Register, now: datetime) -> Change[RegisteredChamber] | None:
    """Take over a row; a list accepted later wins, whichever arrives last, and repeating a list changes nothing."""
    del now
    if state and command.as_of <= state.as_of:
        return None
    row = command.registration
    names = (*(state.former_names if state else ()), *row.former_names, *([state.chamber.name] if state else []))
    former = tuple(dict.fromkeys(name for name in names if name != row.chamber.name))
    return Change(
        RegisteredChamber(
            chamber=row.chamber,
            former_names=former,
            area_note=row.area_note,
            source=command.source,
            as_of=command.as_of,
        )
    )
