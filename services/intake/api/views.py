"""What the API shows of an application."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.intake.domain.application import (
    STATUS_WORDS,
    Application,
    Correction,
    ItemEntry,
    Place,
    SelfAssessment,
    Status,
    Step,
    Timeline,
)
from services.intake.domain.receipt import Submission, content_of
from shared.contracts import Chamber, Evidence, Instant, Receipt, Text
from shared.kernel.history import Break, Entry, verify


class View(BaseModel):
    """Something shown."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ApplicationRow(View):
    """An application in a list."""

    id: str
    """`<round>-<credit code>`."""
    round: str
    """Code of the round."""
    chamber: Chamber
    """The chamber."""
    status: Status
    """Where it stands."""
    status_text: Text
    """… in words."""
    revision: int
    """How often it was handed in."""
    late_at: Instant | None
    """When it was handed in too late, if so."""


class ApplicationView(ApplicationRow):
    """An application as its chamber sees it."""

    items: dict[str, ItemEntry]
    """What is declared, with the version of each item."""
    evidence: tuple[Evidence, ...]
    """The files."""
    kept: dict[str, Place]
    """Of the files those that a province keeps in a store of its own, by SHA-256."""
    self_assessment: SelfAssessment | None
    """The chamber's own marks; shown to the chamber only."""
    receipt: Receipt | None
    """The latest receipt."""
    correction: Correction | None
    """What is to be corrected, and until when."""


class SubmissionView(View):
    """The answer to a submission."""

    application: str
    """Id of the application."""
    revision: int
    """1 for the first, one more after every correction."""
    receipt: Receipt
    """The proof."""


class ReceiptView(View):
    """A receipt with what it proves."""

    receipt: Receipt
    """The receipt."""
    content: dict[str, Any]
    """The content: the receipt's digest is the SHA-256 of its canonical JSON (RFC 8785)."""


class TimelineView(View):
    """The timeline of an application."""

    status: Status
    """Where it stands."""
    status_text: Text
    """… in words."""
    steps: tuple[Step, ...]
    """What happened, oldest first."""


class HistoryView(View):
    """The record of an application, and whether it holds."""

    entries: tuple[Entry, ...]
    """Every change, each hashed over the one before."""
    intact: bool
    """Whether no byte of it, nor of the present state, was changed."""
    broken: Break | None
    """The first place where it does not hold."""


def row(application: Application) -> ApplicationRow:
    """An application in a list."""
    return ApplicationRow(
        id=application.id,
        round=application.round,
        chamber=application.chamber,
        status=application.status,
        status_text=STATUS_WORDS[application.status],
        revision=application.revision,
        late_at=application.late_at,
    )


def view(application: Application, *, private: bool) -> ApplicationView:
    """An application; with the chamber's own marks only where `private`."""
    return ApplicationView(
        **dict(row(application)),
        items=application.items,
        evidence=application.evidence,
        kept=application.kept,
        self_assessment=application.self_assessment if private else None,
        receipt=application.submissions[-1].receipt if application.submissions else None,
        correction=application.correction if application.status == "returned" else None,
    )


def timeline(found: Timeline) -> TimelineView:
    """The timeline."""
    return TimelineView(status=found.status, status_text=STATUS_WORDS[found.status], steps=found.steps)


def receipt(submission: Submission) -> ReceiptView:
    """A receipt with its content."""
    return ReceiptView(receipt=submission.receipt, content=content_of(submission))


def history(entries: Sequence[Entry], application: Application | None) -> HistoryView:
    """The record, checked against itself and the present state."""
    broken = verify(entries, application.model_dump(mode="json") if application else None)
    return HistoryView(entries=tuple(entries), intact=broken is None, broken=broken)
