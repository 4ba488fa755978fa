"""What the endpoints work with, and what they all ask: whose record it is, and how it is measured."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from services.scoring.domain.decide import measured_of
from services.scoring.domain.measured import Measured
from services.scoring.domain.record import Record
from services.scoring.store import ScoringStore
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import require_area, require_chamber
from shared.runtime.commands import Commands


@dataclass(frozen=True)
class Desk:
    """What every endpoint needs."""

    store: ScoringStore
    commands: Commands

    async def readable(self, application: str, by: Actor) -> Record:
        """The record of an application, if it is the caller's to read.

        Raises:
            NotFound: there is none.
            Forbidden: it is of another area or chamber.
        """
        record = await self.store.record(application)
        require_area(by, record.area)
        if record.submission:
            require_chamber(by, record.submission.chamber.code)
        return record

    async def measured(self, record: Record) -> Measured:
        """A record measured by the standard of its round."""
        round_code = record.submission.round if record.submission else ""
        return measured_of(record, await self.store.standard(round_code))[0]


class Body(BaseModel):
    """What a caller sends; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Words(Body):
    """A sentence by a person: in Chinese; in English too where they can, else the Chinese stands for both."""

    zh: str = Field(min_length=1, max_length=2000)
    """Chinese."""
    en: str = Field(default="", max_length=4000)
    """English."""

    def text(self) -> Text:
        """As a text."""
        return Text(zh=self.zh, en=self.en or self.zh)
