"""Facts about honours 称号: granted, suspended, reinstated, superseded, carried on, expired, revoked; or withheld."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.area import Area
from shared.contracts.chambers import Chamber
from shared.contracts.event import Event, Instant
from shared.contracts.text import Text


class HonourEvent(Event):
    """What every fact about an honour says. Published as data, so that nobody has to read levels out of names."""

    source: ClassVar[str] = "review"

    honour: str
    """Id: `<honour line>:<credit code>:<round>`."""
    line: str
    """The honour line, e.g. `national-sihao`."""
    round: str
    """Code of the round it was granted in."""
    chamber: Chamber
    """The chamber, named as of the date."""
    within: str | None = None
    """For a distinction such as 十佳: the honour line whose bearers it singles out; absent for an honour by itself."""
    jurisdiction: Area | None = None
    """Whose federation granted it and keeps it; absent from facts of before."""

    @property
    def subject(self) -> str:
        """The honour's id."""
        return self.honour


class HonourGranted(HonourEvent):
    """A chamber holds the honour."""

    name: ClassVar[str] = "honour.granted"

    case: str
    """The case that led to it."""
    document: str
    """Number of the announcing document."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until; then it lapses unless recognised again (S:004 “两年一认定”)."""
    called: Text | None = None
    """What a distinction is called."""


class HonourRecorded(HonourEvent):
    """An honour of the past was entered in the register, from its document; nothing is granted by it now."""

    name: ClassVar[str] = "honour.recorded"

    document: str
    """Number of the document that announced it then."""
    origin: str
    """Where that document is found."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until."""
    superseded_by: str | None = None
    """Id of the honour that had taken its place by the time it was recorded."""


class HonourWithheld(HonourEvent):
    """A case on notice did not end in the honour."""

    name: ClassVar[str] = "honour.withheld"

    case: str
    """The case."""
    reason: Text
    """Why."""


class HonourSuspended(HonourEvent):
    """The honour is suspended 暂停: for now it does not hold, until it is reinstated or revoked."""

    name: ClassVar[str] = "honour.suspended"

    number: int = Field(ge=1)
    """Which suspension of this honour it is."""
    cause: str
    """Code of the cause, e.g. `penalty`."""
    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""


class HonourReinstated(HonourEvent):
    """A suspension was lifted: the honour holds again."""

    name: ClassVar[str] = "honour.reinstated"

    number: int = Field(ge=1)
    """Which suspension was lifted."""
    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""


class HonourCarried(HonourEvent):
    """The chamber carries on the honour of one that was merged into it, for the time that is left."""

    name: ClassVar[str] = "honour.carried"

    origin: str
    """Id of the honour that is carried on."""
    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""
    valid_from: Instant
    """Valid from: the decision, or later where the honour had not begun."""
    valid_until: Instant
    """Valid until: as the honour that is carried on."""


class HonourEnded(HonourEvent):
    """The honour ended with its chamber, which was merged into another that does not carry it on. No reproach."""

    name: ClassVar[str] = "honour.ended"

    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""
    plaque_due: Instant | None = None
    """Until when the plaque is to be returned."""


class HonourSuperseded(HonourEvent):
    """The honour gives way to another: that of a later round, or of the chamber that carries it on."""

    name: ClassVar[str] = "honour.superseded"

    by: str
    """Id of the honour that takes its place."""


class HonourExpired(HonourEvent):
    """The honour lapsed: its time is over."""

    name: ClassVar[str] = "honour.expired"


class HonourRevoked(HonourEvent):
    """The honour was taken back."""

    name: ClassVar[str] = "honour.revoked"

    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""
    cause: str | None = None
    """Code of the cause, e.g. `false_material`."""
    plaque_due: Instant | None = None
    """Until when the plaque is to be returned."""
    follows: str | None = None
    """For a distinction that goes with the honour whose bearers it singles out: the id of that honour."""
