"""The register of honours 称号名册: one entry per honour, with its status, as data and never as bare names."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.entry import Entry, Publication, Said, collect
from shared.contracts import (
    Area,
    ChamberType,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourRevoked,
    HonourSuperseded,
    Instant,
    Level,
    Text,
    text,
)

Status = Literal["unlisted", "valid", "superseded", "expired", "revoked"]
"""What was heard of an honour; `unlisted` until its grant is known."""
Standing = Literal["upcoming", "valid", "superseded", "expired", "revoked"]
"""尚未生效 · 有效 · 已由新一届接续 · 已到期 · 已撤销: what holds at a given instant."""


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
    superseded_by: str | None
    """Id of the honour that took its place."""
    revoked_by: str | None
    """Number of the revoking document."""
    revoked_because: Text | None
    """Why it was taken back."""
    called: Text | None = None
    """What it is called, if it is a distinction such as 十佳."""
    within: str | None = None
    """For a distinction: the honour line whose bearers it singles out."""


class HonourEntry(Entry):
    """An honour, with everything said about it."""

    granted: Said[HonourGranted] | Said[HonourRecorded] | None = Field(default=None, union_mode="left_to_right")
    """How it came into the register: granted, or recorded as one of the past, which is no news."""
    superseded: Said[HonourSuperseded] | None = None
    expired: Said[HonourExpired] | None = None
    revoked: Said[HonourRevoked] | None = None
    status: Status = "unlisted"
    """Computed from the above and stored, so that the register can be filtered."""
    since: datetime | None = None
    """`valid_from` in UTC, likewise."""
    until: datetime | None = None
    """`valid_until` in UTC, likewise."""

    def area(self) -> Area:
        """The chamber's area."""
        return self.granted.event.area if self.granted else "CN"

    def publications(self) -> tuple[Publication, ...]:
        """The grant, and what became of it."""
        if self.granted is None:
            return ()
        news = [_grant(self.id, self.granted)] if isinstance(self.granted.event, HonourGranted) else []
        return (*news, *self._endings(self.granted.event.chamber.name))

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
        event = self.granted.event
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
            superseded_by=self._successor(),
            revoked_by=self.revoked.event.document if self.revoked else None,
            revoked_because=self.revoked.event.reason if self.revoked else None,
            called=self._called(),
            within=self.within,
        )

    def settled(self) -> Self:
        """The same with `status` and `until` computed: a revocation outweighs a successor, a successor the end."""
        if self.granted is None:
            return self
        status: Status = "valid"
        if self.revoked:
            status = "revoked"
        elif self._successor():
            status = "superseded"
        elif self.expired:
            status = "expired"
        event = self.granted.event
        return self.but(status=status, since=_second(event.valid_from), until=_second(event.valid_until))

    def _successor(self) -> str | None:
        """The honour that took its place, as told later or when it was recorded."""
        if self.superseded:
            return self.superseded.event.by
        recorded = self.granted.event if self.granted else None
        return recorded.superseded_by if isinstance(recorded, HonourRecorded) else None

    def _called(self) -> Text | None:
        granted = self.granted.event if self.granted else None
        return granted.called if isinstance(granted, HonourGranted) else None

    def _standing(self, event: HonourGranted | HonourRecorded, now: datetime) -> Standing:
        if self.status == "valid" and now < event.valid_from:
            return "upcoming"
        if self.status == "valid" and now >= event.valid_until:
            return "expired"
        return "valid" if self.status == "unlisted" else self.status

    def _endings(self, name: str) -> list[Publication]:
        found = [
            Publication(f"honour/{self.id}#{what}", "honour", title, summary, heard.at, _page(self.id))
            for what, heard, title, summary in (
                (
                    "superseded",
                    self.superseded,
                    text(f"{name}：称号由新一届接续", f"{name}: honour superseded"),
                    text("新一届认定的称号取代了它。", "The honour of a later round takes its place."),
                ),
                (
                    "expired",
                    self.expired,
                    text(f"{name}：称号到期", f"{name}: honour expired"),
                    text("有效期已满。", "Its time is over."),
                ),
                (
                    "revoked",
                    self.revoked,
                    text(f"{name}：称号撤销", f"{name}: honour revoked"),
                    self.revoked.event.reason if self.revoked else text("", ""),
                ),
            )
            if heard is not None
        ]
        return sorted(found, key=lambda ending: (ending.at, ending.id))


def _grant(key: str, granted: Said[Any]) -> Publication:
    event, name = granted.event, granted.event.chamber.name
    title = text(f"{name}：授予称号", f"{name}: honour granted")
    if event.called:
        title = text(f"{name}：授予“{event.called.zh}”称号", f"{name}: distinguished as {event.called.en}")
    return Publication(
        f"honour/{key}",
        "honour",
        title,
        text(f"文号 {event.document}。", f"Document {event.document}."),
        granted.at,
        _page(key),
    )


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _page(key: str) -> str:
    return f"verify?q={key}"


on_granted = collect(HonourEntry, "granted")
on_recorded = collect(HonourEntry, "granted")
on_superseded = collect(HonourEntry, "superseded")
on_expired = collect(HonourEntry, "expired")
on_revoked = collect(HonourEntry, "revoked")
