"""An honour in the register 称号名册: everything said about it, its status, and its line as data, never a bare name."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.entry import Entry, Publication, Said, collect
from services.notify.domain.news import told
from shared.contracts import (
    Area,
    ChamberType,
    HonourCarried,
    HonourEnded,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    Instant,
    Level,
    Text,
)

Status = Literal["unlisted", "valid", "suspended", "superseded", "expired", "revoked", "ended"]
"""What was heard of an honour; `unlisted` until its grant is known."""
Standing = Literal["upcoming", "valid", "suspended", "superseded", "expired", "revoked", "ended"]
"""尚未生效 · 有效 · 已暂停 · 已由其他称号接续 · 已到期 · 已撤销 · 已随商会终止: what holds at a given instant."""
DECISIONS = (HonourSuspended, HonourReinstated, HonourEnded, HonourRevoked)
"""What a federation decided about a single honour."""
Known = HonourGranted | HonourRecorded | HonourCarried
"""How an honour came into the register."""


class Row(BaseModel):
    """One line of the register, as data."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    honour: str
    """Id of the honour: what a plaque is checked by."""
    line: str
    """The honour line, e.g. `national-sihao`."""
    round: str
    """Code of the round."""
    level: Level
    """Level of the chamber."""
    area: Area
    """Area code of the chamber."""
    code: str
    """Unified social credit code."""
    name: str
    """Name as of the date of the grant."""
    type: ChamberType
    """Type of chamber."""
    document: str
    """Number of the announcing document."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until."""
    status: Standing
    """What holds now."""
    predecessor: str | None = None
    """Id of the honour whose place it took, or that it carries on; where that is known."""
    superseded_by: str | None
    """Id of the honour that took its place."""
    suspended_by: str | None = None
    """Number of the suspending document, while it is suspended."""
    suspended_because: Text | None = None
    """Why it is suspended."""
    revoked_by: str | None
    """Number of the revoking document."""
    revoked_because: Text | None
    """Why it was taken back."""
    called: Text | None = None
    """What it is called, if it is a distinction such as 十佳."""
    within: str | None = None
    """For a distinction: the honour line whose bearers it singles out."""
    ended_by: str | None = None
    """Number of the document by which it ended with its chamber."""
    ended_because: Text | None = None
    """Why it ended."""
    name_now: str | None = None
    """The chamber's present name, if it took another since the grant."""
    merged_into: str | None = None
    """Credit code of the chamber that this one was merged into."""
    certificate: str | None = None
    """Address of the certificate to be printed, if one is given."""
    credential: str | None = None
    """Address of the certificate as signed data, likewise."""


class HonourEntry(Entry):
    """An honour, with everything said about it."""

    granted: Said[HonourGranted] | Said[HonourCarried] | Said[HonourRecorded] | None = Field(
        default=None, union_mode="left_to_right"
    )
    """How it came into the register: granted, carried on, or recorded as one of the past, which is no news."""
    suspended: dict[int, Said[HonourSuspended]] = Field(default_factory=dict)
    reinstated: dict[int, Said[HonourReinstated]] = Field(default_factory=dict)
    superseded: Said[HonourSuperseded] | None = None
    expired: Said[HonourExpired] | None = None
    revoked: Said[HonourRevoked] | None = None
    ended: Said[HonourEnded] | None = None
    status: Status = "unlisted"
    """Computed from the above and stored, so that the register can be filtered."""
    since: datetime | None = None
    """`valid_from` in UTC, likewise."""
    until: datetime | None = None
    """`valid_until` in UTC, likewise."""
    decided: datetime | None = None
    """When it was last suspended, reinstated, ended or revoked, likewise."""

    def area(self) -> Area:
        """The chamber's area."""
        return self.granted.event.area if self.granted else "CN"

    def publications(self) -> tuple[Publication, ...]:
        """The grant, and what became of it."""
        if self.granted is None:
            return ()
        news = [told(said) for said in (self.granted, *self._since())]
        return tuple(
            sorted((one for one in news if one), key=lambda one: (one.id != f"honour/{self.id}", one.at, one.id))
        )

    @property
    def case(self) -> str | None:
        """The case that led to it; None for one recorded from the past."""
        return self.granted.event.case if self.granted and isinstance(self.granted.event, HonourGranted) else None

    @property
    def within(self) -> str | None:
        """For a distinction: the honour line whose bearers it singles out."""
        return self.granted.event.within if self.granted else None

    def row(self, now: datetime) -> Row | None:
        """The line of the register; None until the grant is known."""
        if self.granted is None:
            return None
        event, suspended = self.granted.event, self.suspension
        return Row(
            honour=self.id,
            line=event.line,
            round=event.round,
            level=event.chamber.level,
            area=event.chamber.area,
            code=event.chamber.code,
            name=event.chamber.name,
            type=event.chamber.type,
            document=event.document,
            valid_from=event.valid_from,
            valid_until=event.valid_until,
            status=self._standing(event, now),
            predecessor=event.origin if isinstance(event, HonourCarried) else None,
            superseded_by=self.successor,
            suspended_by=suspended.document if suspended else None,
            suspended_because=suspended.reason if suspended else None,
            revoked_by=self.revoked.event.document if self.revoked else None,
            revoked_because=self.revoked.event.reason if self.revoked else None,
            called=self._called(),
            within=self.within,
            ended_by=self.ended.event.document if self.ended else None,
            ended_because=self.ended.event.reason if self.ended else None,
        )

    @property
    def suspension(self) -> HonourSuspended | None:
        """The suspension under which it stands, if it is suspended."""
        return self.suspended[max(self.suspended)].event if self.status == "suspended" else None

    def settled(self) -> Self:
        """The same with what is computed: a revocation outweighs a successor, that the end, that a suspension."""
        if self.granted is None:
            return self
        status: Status = "valid"
        if self.revoked:
            status = "revoked"
        elif self.ended:
            status = "ended"
        elif self.successor:
            status = "superseded"
        elif self.expired:
            status = "expired"
        elif self.suspended.keys() - self.reinstated.keys():
            status = "suspended"
        event = self.granted.event
        decided = [said.at for said in self._since() if isinstance(said.event, DECISIONS)]
        return self.but(
            status=status,
            since=_second(event.valid_from),
            until=_second(event.valid_until),
            decided=max(decided, default=None),
        )

    def _since(self) -> tuple[Said[Any], ...]:
        """What was said after the grant."""
        once = (self.superseded, self.expired, self.ended, self.revoked)
        return (*self.suspended.values(), *self.reinstated.values(), *(said for said in once if said))

    @property
    def successor(self) -> str | None:
        """The honour that took its place, as told later or when it was recorded."""
        if self.superseded:
            return self.superseded.event.by
        recorded = self.granted.event if self.granted else None
        return recorded.superseded_by if isinstance(recorded, HonourRecorded) else None

    def _called(self) -> Text | None:
        granted = self.granted.event if self.granted else None
        return granted.called if isinstance(granted, HonourGranted) else None

    def _standing(self, event: Known, now: datetime) -> Standing:
        if self.status == "valid" and now < event.valid_from:
            return "upcoming"
        if self.status in ("valid", "suspended") and now >= event.valid_until:
            return "expired"
        return "valid" if self.status == "unlisted" else self.status


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


on_granted = collect(HonourEntry, "granted")
on_recorded = collect(HonourEntry, "granted")
on_superseded = collect(HonourEntry, "superseded")
on_expired = collect(HonourEntry, "expired")
on_revoked = collect(HonourEntry, "revoked")
on_carried = collect(HonourEntry, "granted")
on_suspended = collect(HonourEntry, "suspended")
on_reinstated = collect(HonourEntry, "reinstated")
on_ended = collect(HonourEntry, "ended")
