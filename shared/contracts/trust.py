"""Facts about trust: whose key counts for an area, and which message was refused there."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event, Instant, Part
from shared.contracts.text import Text


class PublicKey(Part):
    """The public half of an Ed25519 key, as a JWK (RFC 8037)."""

    kty: Literal["OKP"]
    """Kind of key."""
    crv: Literal["Ed25519"]
    """Curve."""
    x: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    """The key, 32 bytes in base64url."""


class KeyRegistered(Event):
    """A key counts for an area: what is signed with it there is believed. From then on that area must sign."""

    name: ClassVar[str] = "key.registered"
    source: ClassVar[str] = "review"

    kid: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Id of the key, as signatures name it; by default its thumbprint (RFC 7638)."""
    jwk: PublicKey
    """The key."""
    valid_from: Instant
    """What happened before this is not signed with it."""
    valid_to: Instant | None = None
    """… nor what happened from here on; without it there is no end."""
    registered_at: Instant
    """When it was registered."""
    reason: str = Field(min_length=1, max_length=1000)
    """Why, in the words of who registered it."""

    @property
    def subject(self) -> str:
        """The key's id."""
        return self.kid


class KeyWithdrawn(Event):
    """A key does not count any more: what arrives signed with it is refused from now on."""

    name: ClassVar[str] = "key.withdrawn"
    source: ClassVar[str] = "review"

    kid: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Id of the key."""
    withdrawn_at: Instant
    """When it was withdrawn."""
    reason: str = Field(min_length=1, max_length=1000)
    """Why, in the words of who withdrew it."""

    @property
    def subject(self) -> str:
        """The key's id."""
        return self.kid


class MessageRefused(Event):
    """A service refused a message that came from this area, or in its name. Tells why, and nothing of its content."""

    name: ClassVar[str] = "message.refused"
    source: ClassVar[str] = "review"
    by_any_service: ClassVar[bool] = True

    letter: str = Field(pattern=r"^[0-9a-f]{16}$")
    """Id of the dead letter in which that service keeps it."""
    by: str = Field(pattern=r"^[a-z-]{1,40}$")
    """The service that refused it."""
    message_id: str = Field(max_length=200)
    """Id that the message gave itself, or its beginning."""
    event: str
    """Wire name of the queue in which it came."""
    kid: str | None = Field(default=None, max_length=100)
    """The key that its signature names, if it could be read."""
    code: str
    """Why, for programs: `signature.withdrawn-key`."""
    rule: Text
    """Why, for people."""
    remedy: Text
    """What its sender can do."""

    @property
    def subject(self) -> str:
        """The dead letter."""
        return self.letter

    @property
    def announced_by(self) -> str:
        """Whoever refused it."""
        return self.by
