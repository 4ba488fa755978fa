"""Facts about rounds 认定周期."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from shared.contracts.area import Area
from shared.contracts.event import Event, Instant, Part
from shared.contracts.text import Text

ParameterValue = bool | int | Decimal | str | list[int] | list[str]
"""A round's parameter: what the rubric's text leaves open."""


class Calendar(Part):
    """The dates of a round, as instants."""

    apply_from: Instant
    """Applications are accepted from here."""
    apply_until: Instant
    """… and until here; later ones are refused as late."""
    nominate_until: Instant
    """Provinces nominate until here."""
    valid_from: Instant
    """Honours of this round begin here."""
    valid_until: Instant
    """… and lapse here."""


class Round(Part):
    """A round, frozen: what counts for every application in it."""

    code: str = Field(pattern=r"^[A-Z0-9-]{3,40}$")
    """Code of the round, e.g. `CN-2020`."""
    area: Area
    """The federation that runs it."""
    honour: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    """The honour it grants, e.g. `national-sihao`; a later round of the same honour supersedes this one's."""
    title: Text
    """Its name."""
    years: tuple[int, ...]
    """The years under assessment."""
    rubric: str
    """Id of the rubric version, e.g. `sihao-2019@1`."""
    parameters: dict[str, ParameterValue]
    """What the rubric's text leaves open, filled in by the round's owner."""
    procedures: dict[str, str]
    """Procedure by jurisdiction kind: `{"province": "province@1", "nation": "nation@1"}`; a city's round: `city`."""
    quotas: dict[Area, int]
    """How many each province may nominate; where a province or city runs the round, how many its list may have."""
    calendar: Calendar
    """Its dates."""


class RoundOpened(Event):
    """A round is open: chambers may apply."""

    name: ClassVar[str] = "round.opened"
    source: ClassVar[str] = "intake"

    round: Round
    """The round, frozen."""

    @property
    def subject(self) -> str:
        """The round's code."""
        return self.round.code


class RoundClosed(Event):
    """A round accepts no more applications."""

    name: ClassVar[str] = "round.closed"
    source: ClassVar[str] = "intake"

    round: str
    """The round's code."""
    applications: int = Field(ge=0)
    """How many applications were submitted and not withdrawn when it closed."""

    @property
    def subject(self) -> str:
        """The round's code."""
        return self.round
