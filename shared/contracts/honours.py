"""Facts about honours 称号: granted, superseded, expired, revoked; or withheld."""

from typing import ClassVar

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
    jurisdiction: Area | None = None
    """Whose federation granted it."""


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


class HonourSuperseded(HonourEvent):
    """The honour of an earlier round gives way to that of a later one."""

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
