"""Facts about the registration of a chamber 登记: it took another name, or was merged into another chamber.

The credit code stays through a rename; through a merger (吸收合并) it ends, and the other's goes on.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.chambers import Chamber
from shared.contracts.event import Event, Instant


class RegistrationEvent(Event):
    """What every fact about a registration says."""

    source: ClassVar[str] = "intake"

    chamber: Chamber
    """The chamber, as it is registered now."""

    @property
    def subject(self) -> str:
        """The chamber's credit code."""
        return self.chamber.code


class ChamberRenamed(RegistrationEvent):
    """The chamber bears another name than before."""

    name: ClassVar[str] = "chamber.renamed"

    former: str
    """The name before."""
    number: int = Field(ge=1)
    """Which rename of this chamber it is; the highest has the present name."""


class ChamberMerged(RegistrationEvent):
    """The chamber was merged into another and is no more; who granted its honours decides what becomes of them."""

    name: ClassVar[str] = "chamber.merged"

    into: Chamber
    """The chamber that goes on."""
    document: str
    """Number of the document that approved it."""
    since: Instant
    """From when."""
