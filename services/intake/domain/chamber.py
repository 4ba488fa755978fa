"""A registered chamber 商会: keyed by its credit code, which survives renames and ends with a merger."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import Chamber, ChamberMerged, ChamberRenamed, Instant
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State


class Merger(BaseModel):
    """The chamber was merged into another 吸收合并 and is no more."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    into: Chamber
    """The chamber that goes on, as of then."""
    document: str
    """Number of the document that approved it."""
    since: Instant
    """From when."""


class RegisteredChamber(State):
    """A chamber as the register has it."""

    chamber: Chamber
    """As it is now."""
    former_names: tuple[str, ...] = ()
    """Names it bore before, oldest first."""
    renames: int = 0
    """How often it took another name since it is registered here."""
    merged: Merger | None = None
    """What it was merged into."""
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


class Merge(BaseModel):
    """The command: enter that the chamber was merged into another."""

    model_config = ConfigDict(frozen=True)

    by: Actor
    """Who."""
    document: str
    """Number of the document that approved it."""
    since: Instant
    """From when."""
    code: str
    """Credit code of the chamber that goes on."""
    into: RegisteredChamber | None = Field(exclude=True)
    """That chamber, as the register has it."""


def register(state: RegisteredChamber | None, command: Register, now: datetime) -> Change[RegisteredChamber] | None:
    """Take over a row; a list accepted later wins, whichever arrives last, and repeating a list changes nothing.

    Another name than before is a rename, and said so.
    """
    del now
    if state and command.as_of <= state.as_of:
        return None
    row = command.registration
    names = (*(state.former_names if state else ()), *row.former_names, *([state.chamber.name] if state else []))
    former = tuple(dict.fromkeys(name for name in names if name != row.chamber.name))
    renamed = state is not None and state.chamber.name != row.chamber.name
    renames = (state.renames if state else 0) + renamed
    after = RegisteredChamber(
        chamber=row.chamber,
        former_names=former,
        renames=renames,
        merged=state.merged if state else None,
        area_note=row.area_note,
        source=command.source,
        as_of=command.as_of,
    )
    if state is None or not renamed:
        return Change(after)
    fact = ChamberRenamed(area=row.chamber.area, chamber=row.chamber, former=state.chamber.name, number=renames)
    return Change(after, (fact,))


def merge(state: RegisteredChamber | None, command: Merge, now: datetime) -> Change[RegisteredChamber]:
    """Enter a merger, once and for all. What becomes of honours is decided by who granted them.

    Raises:
        Refused: one of the two is not registered, they are the same, one was merged before, or the day is to come.
    """
    into = command.into
    if state is None or into is None:
        raise _refused(
            "merger.unregistered",
            "into",
            ("名录中须有合并的双方", "both chambers must be in the register"),
            ("请先导入两家商会", "Import both chambers first."),
        )
    if into.chamber.code == state.chamber.code:
        raise _refused(
            "merger.self",
            "into",
            ("商会不能并入自身", "a chamber cannot be merged into itself"),
            ("请填写存续商会的统一社会信用代码", "Name the credit code of the chamber that goes on."),
        )
    for side, field in ((state, "code"), (into, "into")):
        if side.merged:
            raise _refused(
                "merger.done",
                field,
                (
                    f"{side.chamber.name} 已并入 {side.merged.into.name}（{side.merged.document}）",
                    f"{side.chamber.name} was merged into {side.merged.into.name} by {side.merged.document}",
                ),
                ("请核对两家商会的统一社会信用代码", "Check the credit codes of both chambers."),
            )
    if command.since > now:
        raise _refused(
            "merger.future",
            "since",
            ("合并尚未生效", "the merger has not come about yet"),
            ("请在生效之日起登记", "Enter it on its day or later."),
        )
    merged = Merger(into=into.chamber, document=command.document, since=command.since)
    fact = ChamberMerged(
        area=state.chamber.area,
        chamber=state.chamber,
        into=into.chamber,
        document=command.document,
        since=command.since,
    )
    return Change(state.but(merged=merged), (fact,))


def _refused(code: str, field: str, rule: tuple[str, str], remedy: tuple[str, str]) -> Refused:
    return Refused(problem(code, field, rule=rule, remedy=remedy))
