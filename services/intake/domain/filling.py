"""Filling in an application: facts per item, files tied to items, the chamber's own marks."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain import refusals
from services.intake.domain.application import Application, ItemEntry, SelfAssessment
from services.intake.domain.facts import MAX_BYTES, MAX_ITEMS, ItemCode, ItemFacts
from shared.contracts import Evidence, Sha256
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import Change, Refused

MAX_FILES = 500
"""Files one application may carry. Our default."""


class ItemEdit(BaseModel):
    """What one item shall be, by somebody who saw a certain version of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    version: int = Field(ge=0)
    """The version that was seen; 0 if the item was not there."""
    facts: ItemFacts
    """By field; empty clears the item."""


class Fill(BaseModel):
    """The command: change these items, all or none."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    items: dict[ItemCode, ItemEdit] = Field(min_length=1, max_length=MAX_ITEMS)
    """By item."""


class AssessYourself(BaseModel):
    """The command: these are the marks the chamber gives itself."""

    model_config = ConfigDict(frozen=True)

    assessment: SelfAssessment
    """The marks."""


class Attach(BaseModel):
    """The command: this file, already stored, supports these items."""

    model_config = ConfigDict(frozen=True)

    file: Evidence
    """The file."""


class Tie(BaseModel):
    """The command: the file supports exactly these items; none takes it off the manifest."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    """The file."""
    items: tuple[ItemCode, ...]
    """The items."""


def editable(state: Application | None, items: set[str], now: datetime) -> Application:
    """The application, if these items of it may be changed now.

    Raises:
        NotFound: there is none.
        Refused: it is neither draft nor returned; the return is overdue, or does not cover an item.
    """
    if state is None:
        raise refusals.unknown()
    if state.status == "draft":
        return state
    correction = state.correction
    if state.status != "returned" or correction is None:
        raise refusals.not_editable(state)
    if now >= correction.deadline:
        raise refusals.correction_late(correction, now)
    if others := {item for item in items if not state.correctable(item)}:
        raise refusals.not_returned(others, correction)
    return state


def fill(state: Application | None, command: Fill, now: datetime) -> Change[Application] | None:
    """Change items.

    Raises:
        Refused: not editable now; an item was changed by somebody else since (both versions are shown); too much.
    """
    application = editable(state, set(command.items), now)
    edits = {code: edit for code, edit in command.items.items() if not _same(application.items.get(code), edit)}
    conflicts = []
    for code, edit in edits.items():
        stored = application.items.get(code)
        version = stored.version if stored else 0
        if edit.version != version:
            theirs = stored.facts if stored else {}
            conflicts.append(
                refusals.item_changed(code, seen=edit.version, stored=version, yours=edit.facts, theirs=theirs)
            )
    if conflicts:
        raise Refused(*conflicts)
    if not edits:
        return None
    entries = {code: ItemEntry(version=edit.version + 1, facts=edit.facts) for code, edit in edits.items()}
    after = application.but(items={**application.items, **entries})
    if len(after.items) > MAX_ITEMS or len(canonical_bytes(after.facts)) > MAX_BYTES:
        raise refusals.too_much()
    return Change(after)


def assess_yourself(state: Application | None, command: AssessYourself, now: datetime) -> Change[Application] | None:
    """Keep the chamber's own marks; they are never announced."""
    application = editable(state, set(), now)
    if application.self_assessment == command.assessment:
        return None
    return Change(application.but(self_assessment=command.assessment))


def attach(state: Application | None, command: Attach, now: datetime) -> Change[Application] | None:
    """Put a file on the manifest; one that is there is tied to the further items. It is kept here from now on."""
    file = command.file
    application = editable(state, set(file.items), now)
    there = {known.sha256: known for known in application.evidence}
    known = there.get(file.sha256, file)
    tied = known.model_copy(update={"items": _sorted({*known.items, *file.items})})
    kept = {sha256: place for sha256, place in application.kept.items() if sha256 != file.sha256}
    if there.get(file.sha256) == tied and kept == application.kept:
        return None
    after = tuple({**there, file.sha256: tied}.values())
    if len(after) > MAX_FILES:
        raise refusals.too_many_files(MAX_FILES)
    return Change(application.but(evidence=after, kept=kept))


def tie(state: Application | None, command: Tie, now: datetime) -> Change[Application] | None:
    """Tie a file to other items, or take it off the manifest; revisions handed in keep it."""
    known = {file.sha256: file for file in state.evidence} if state else {}
    file = known.get(command.sha256)
    changed = set(command.items) ^ set(file.items if file else ())
    application = editable(state, changed, now)
    if file is None:
        raise refusals.no_such_file(command.sha256)
    tied = file.model_copy(update={"items": _sorted(command.items)})
    if tied == file:
        return None
    after = tuple(tied if each is file else each for each in application.evidence)
    return Change(application.but(evidence=tuple(each for each in after if each.items)))


def _same(stored: ItemEntry | None, edit: ItemEdit) -> bool:
    """Whether the item says already what the edit says: then it does not matter which version was seen."""
    return (stored.facts if stored else {}) == edit.facts


def _sorted(items: set[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(items)))
