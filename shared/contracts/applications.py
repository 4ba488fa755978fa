"""Facts about applications 申报."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.chambers import Chamber, Evidence, Facts, Receipt
from shared.contracts.event import Event


class ApplicationSubmitted(Event):
    """A chamber handed in its application, for the first time or corrected after a return."""

    name: ClassVar[str] = "application.submitted"
    source: ClassVar[str] = "intake"

    application: str
    """Id of the application: one chamber in one round."""
    round: str
    """Code of the round."""
    revision: int = Field(ge=1)
    """1 for the first submission, one more after every correction; the highest counts."""
    chamber: Chamber
    """The chamber, as it was then."""
    facts: Facts
    """What it declares, per rubric item."""
    evidence: tuple[Evidence, ...] = ()
    """The manifest of its files."""
    receipt: Receipt
    """The proof it was given."""

    @property
    def subject(self) -> str:
        """The application's id."""
        return self.application


class ApplicationWithdrawn(Event):
    """A chamber took its application back."""

    name: ClassVar[str] = "application.withdrawn"
    source: ClassVar[str] = "intake"

    application: str
    """Id of the application."""
    round: str
    """Code of the round."""
    chamber: Chamber
    """The chamber."""
    reason: str = ""
    """Why, in the chamber's words; may be empty, since applying is voluntary (S:004)."""

    @property
    def subject(self) -> str:
        """The application's id."""
        return self.application
