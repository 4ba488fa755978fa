"""Facts about facts: what a province and the centre sent each other in a day 对账, and what one of them lacks.

A day is China's calendar day of each fact's own `ce-time`, so both sides put a fact into the same day, however late it
comes. A digest stands for a set of ids, whatever their order:

    digest    SHA-256 over the ids, sorted, each followed by a line feed; in hexadecimal
    bucket    of an id: the first four hexadecimal digits of its SHA-256, as a number, modulo the number of buckets

The events of this file are themselves in no ledger, nor is `message.refused`.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event, Instant, Part, Sha256
from shared.contracts.trust import MessageRefused

MOST_IDS = 4000
"""Ids that one message names, at the most. Our default: some 400 kB."""
MOST_RETURNED = 200
"""Facts that one message gives back, at the most. Our default."""
ServiceName = Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")]
"""Name of a service."""
FactId = Annotated[str, Field(min_length=1, max_length=200)]
"""`ce-id` of a fact."""


class LedgerLine(Part):
    """Facts of one kind in one day: how many, and which."""

    source: ServiceName
    """The service that announced them."""
    event: str
    """Their wire name."""
    count: int = Field(ge=0)
    """How many."""
    digest: Sha256
    """Digest of their ids."""
    buckets: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")], ...] = Field(default=(), max_length=256)
    """The same for each bucket, cut to 16 digits; as many as there are buckets."""


class Named(Part):
    """One fact."""

    id: FactId
    """Its `ce-id`."""
    subject: str = Field(max_length=400)
    """What it is about (`ce-subject`)."""


class Itemised(Part):
    """Those facts of one kind that lie in buckets of which the two sides have different digests."""

    source: ServiceName
    """The service that announced them."""
    event: str
    """Their wire name."""
    of: int = Field(ge=1, le=256)
    """How many buckets there are."""
    buckets: tuple[int, ...]
    """Which of them are told of here, from 0."""
    facts: tuple[Named, ...]
    """All facts in them."""


class RefusedFact(Part):
    """A fact that was received and not accepted."""

    id: FactId
    """Its `ce-id`."""
    event: str
    """Wire name of the queue in which it came."""
    code: str
    """Why, for programs; `waited-too-long` is tried again by itself."""


class LedgerClosed(Event):
    """A province closed its books on a day, or mended them: what it sent to the centre, and what it accepted of it."""

    name: ClassVar[str] = "ledger.closed"
    source: ClassVar[str] = "review"

    day: date
    """The day, in China."""
    at: Instant
    """As of when; what is said later counts more."""
    final: bool
    """Whether the day is over; otherwise it is asked what the other side knows so far."""
    sent: tuple[LedgerLine, ...]
    """What the centre's broker has confirmed, one for each kind."""
    accepted: tuple[LedgerLine, ...]
    """What came from the centre and was accepted, one for each kind that it hears, even if none came."""
    unsent: int = Field(default=0, ge=0)
    """Facts of that day that the broker has not confirmed yet."""

    @property
    def subject(self) -> str:
        """Area and day."""
        return f"{self.area}/{self.day}"


class LedgerCompared(Event):
    """A service of the centre compared a province's books with its own; where they differ it names its own."""

    name: ClassVar[str] = "ledger.compared"
    source: ClassVar[str] = "review"
    by_any_service: ClassVar[bool] = True

    by: ServiceName
    """The service."""
    day: date
    """The day, in China."""
    closed: Instant
    """`at` of the books it compared."""
    at: Instant
    """As of when it compared."""
    agrees: bool
    """Whether both are the same."""
    accepted: tuple[LedgerLine, ...]
    """What it accepted of the province, for each kind that it hears; without buckets."""
    sent: tuple[LedgerLine, ...]
    """What it sent to the province, for each kind that the province hears; without buckets."""
    differing_accepted: tuple[Itemised, ...] = ()
    """What it accepted, in buckets that differ."""
    differing_sent: tuple[Itemised, ...] = ()
    """What it sent, in buckets that differ."""
    refused: tuple[RefusedFact, ...] = ()
    """What lies among its dead letters."""
    more: bool = False
    """Whether more differs than one message can name; once that is healed the rest is named."""

    @property
    def subject(self) -> str:
        """Area and day."""
        return f"{self.area}/{self.day}"

    @property
    def announced_by(self) -> str:
        """Whoever compared."""
        return self.by


class LedgerDiffered(Event):
    """A province named exactly which facts only one side knows, and says which it wants to have again."""

    name: ClassVar[str] = "ledger.differed"
    source: ClassVar[str] = "review"

    of: ServiceName
    """The service of the centre with whose books it compared."""
    day: date
    """The day, in China."""
    at: Instant
    """As of when."""
    lacking_there: tuple[Named, ...] = ()
    """Sent by the province, not accepted by that service."""
    forgotten_here: tuple[Named, ...] = ()
    """Accepted from the province, which does not know it: its store is older than what it said."""
    lacking_here: tuple[Named, ...] = ()
    """Sent to the province, not accepted by it."""
    forgotten_there: tuple[Named, ...] = ()
    """Accepted from that service, which does not know it: its store is older than what it said."""
    wanted: tuple[FactId, ...] = ()
    """Of these, what it asks to be given: bytes and signatures as they were."""

    @property
    def subject(self) -> str:
        """Area and day."""
        return f"{self.area}/{self.day}"


class ReturnedFact(Part):
    """One fact, exactly as it was announced."""

    id: FactId
    """`ce-id`."""
    event: str
    """`ce-type`."""
    source: str
    """`ce-source`, as it was written."""
    time: str
    """`ce-time`, as it was written."""
    signature: str | None = None
    """`sihao-signature`."""
    body: str
    """The body; its UTF-8 bytes are what was signed."""


class FactsReturned(Event):
    """The centre gives a province facts that it lacks: what it was sent, or what it said itself and forgot."""

    name: ClassVar[str] = "facts.returned"
    source: ClassVar[str] = "review"
    by_any_service: ClassVar[bool] = True

    by: ServiceName
    """The service that had them."""
    day: date
    """Their day, in China."""
    facts: tuple[ReturnedFact, ...] = Field(max_length=MOST_RETURNED)
    """The facts."""

    @property
    def subject(self) -> str:
        """Area and day."""
        return f"{self.area}/{self.day}"

    @property
    def announced_by(self) -> str:
        """Whoever had them."""
        return self.by


class HealingAsked(Event):
    """The centre asks a province to heal a day: to send again what is lacking there, to ask for what it lacks."""

    name: ClassVar[str] = "healing.asked"
    source: ClassVar[str] = "review"

    day: date
    """The day, in China."""
    at: Instant
    """When it was asked."""

    @property
    def subject(self) -> str:
        """Area and day."""
        return f"{self.area}/{self.day}"


OF_LEDGERS: tuple[type[Event], ...] = (LedgerClosed, LedgerCompared, LedgerDiffered, FactsReturned, HealingAsked)
"""In no ledger themselves."""
_NOT_COUNTED: tuple[type[Event], ...] = (*OF_LEDGERS, MessageRefused)
NOT_COUNTED: frozenset[str] = frozenset(event.wire() for event in _NOT_COUNTED)
"""By wire name what is in no ledger: these, and news of refusals, which nobody accepts."""
Side = Literal["lacking_there", "forgotten_here", "lacking_here", "forgotten_there"]
SIDES: tuple[Side, ...] = ("lacking_there", "forgotten_here", "lacking_here", "forgotten_there")
"""The four ways in which a fact is known to one side only, seen from the province."""
