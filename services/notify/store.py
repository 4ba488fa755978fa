"""What notify keeps, and how it is found. The only file that knows collection and field names.

recipients                                people; the only personal data of the platform's bus side
letters                                   one per (event, person, channel)
rounds, notices, announcements, honours   the entries of the bulletin
chambers                                  renames and mergers, for the register
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

from services.notify.domain.announcement import AnnouncementEntry
from services.notify.domain.audience import Wanted, addressed
from services.notify.domain.chamber import ChamberEntry
from services.notify.domain.entry import Entry
from services.notify.domain.honour import HonourEntry, Standing
from services.notify.domain.honour import Status as Heard
from services.notify.domain.letter import Letter, Status, whole
from services.notify.domain.notice import NoticeEntry
from services.notify.domain.recipient import Channel, Profile, Recipient, RecipientRole
from services.notify.domain.rounds import RoundEntry
from shared.contracts import CENTRE, Level
from shared.runtime.kinds import Index, Kind
from shared.runtime.ledgers import LEDGER_KINDS
from shared.runtime.mongo import Database
from shared.runtime.trusted import TRUST_KINDS

RECIPIENTS = Kind(
    "recipients",
    Recipient,
    indexes=(Index(("state.profile.chamber",)), Index(("state.profile.role", "state.profile.area"))),
)
LETTERS = Kind(
    "letters",
    Letter,
    indexes=(
        Index(("state.status", "state.next_try")),
        Index(("state.status", "state.draft.area")),
        Index(("state.draft.to", "state.draft.channel", "state.read", "state.at")),
        Index(("state.draft.area", "state.at", "_id")),
        Index(("state.draft.about", "state.at", "_id")),
        Index(("state.at", "_id")),
    ),
)
_OPENED = Index(("state.opened.at", "_id"))
ROUNDS = Kind("rounds", RoundEntry, indexes=(_OPENED,))
NOTICES = Kind(
    "notices",
    NoticeEntry,
    indexes=(_OPENED, Index(("state.opened.event.round", "state.opened.at", "_id"))),
)
ANNOUNCEMENTS = Kind(
    "announcements",
    AnnouncementEntry,
    indexes=(Index(("state.made.at", "_id")), Index(("state.made.event.round", "state.made.at", "_id"))),
)
HONOURS = Kind(
    "honours",
    HonourEntry,
    indexes=(
        Index(("state.granted.event.chamber.code",)),
        Index(("state.granted.event.chamber.area", "_id")),
        Index(("state.granted.event.round",)),
        Index(("state.granted.event.case",)),
        Index(("state.status", "state.until")),
        Index(("state.status", "state.granted.at")),
        Index(("state.decided", "_id")),
        Index(("state.superseded.event.by",)),
        Index(("state.granted.event.superseded_by",)),
    ),
)
CHAMBERS = Kind("chambers", ChamberEntry, indexes=(Index(("state.merged.event.into.code",)),))
KINDS: tuple[Kind[Any], ...] = (
    RECIPIENTS,
    LETTERS,
    ROUNDS,
    NOTICES,
    ANNOUNCEMENTS,
    HONOURS,
    CHAMBERS,
    *TRUST_KINDS,
    *LEDGER_KINDS,
)

_CODE = "state.granted.event.chamber.code"
N = TypeVar("N", bound=Entry)
Where = dict[str, Any]


class People:
    """Recipients."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, person: str) -> Recipient | None:
        """One person."""
        return await self._database.get(RECIPIENTS, person)

    async def reached_by(self, want: Wanted) -> list[tuple[str, Profile]]:
        """Everybody who is meant, as (id, profile), in order of id."""
        if want.role == "secretary":
            codes = {code for code, _ in want.chambers}
            found = await self._database.find_by(RECIPIENTS, "state.profile.chamber", codes)
        else:
            inside = [_in("state.profile.area", area) for area in sorted(want.inside)]
            among = [{"state.profile.area": {"$in": sorted(want.areas)}}, *inside]
            found = await self._database.find(RECIPIENTS, {"state.profile.role": want.role, "$or": among})
        return [(key, r.profile) for key, r in found if r.profile is not None and addressed(want, r.profile)]

    async def list(
        self, *, area: str, role: RecipientRole | None, limit: int, after: str | None
    ) -> list[tuple[str, Recipient]]:
        """People of an area and below, by id; those who were erased are not listed."""
        where: Where = {"state.profile": {"$ne": None}, **_in("state.profile.area", area)}
        if role:
            where["state.profile.role"] = role
        return await self._database.find(RECIPIENTS, where, limit=limit, after=after)


class Letters:
    """Letters, by whoever has to do with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, letter: str) -> Letter | None:
        """One letter."""
        return await self._database.get(LETTERS, letter)

    async def due(self, now: datetime, limit: int) -> list[Letter]:
        """Mail letters whose turn it is, longest waiting first."""
        where = {"state.status": "queued", "state.next_try": {"$lte": _written(now)}}
        found = await self._database.find(LETTERS, where, sort=(("state.next_try", 1),), limit=limit)
        return [letter for _, letter in found]

    async def inbox(self, person: str, *, limit: int, after: str | None) -> list[Letter]:
        """A person's inbox, unread first, then newest first; `after` is the `inbox_cursor` of the last one seen."""
        where: Where = {"state.draft.to": person, "state.draft.channel": "inbox"}
        if after is not None:
            read, at, key = _cursor(after, 3)
            where["$or"] = [
                {"state.read": {"$gt": read == "1"}},
                {"state.read": read == "1", "state.at": {"$lt": at}},
                {"state.read": read == "1", "state.at": at, "_id": {"$gt": key}},
            ]
        sort = (("state.read", 1), ("state.at", -1), ("_id", 1))
        return [letter for _, letter in await self._database.find(LETTERS, where, sort=sort, limit=limit)]

    async def unread(self, person: str) -> int:
        """How many letters of the inbox are unread."""
        return await self._database.count(
            LETTERS, {"state.draft.to": person, "state.draft.channel": "inbox", "state.read": False}
        )

    async def list(
        self,
        *,
        area: str,
        status: Status | None,
        channel: Channel | None,
        about: str | None,
        limit: int,
        after: str | None,
    ) -> list[Letter]:
        """Letters to people of an area and below, newest first; `after` is the `list_cursor` of the last one seen."""
        where = _in("state.draft.area", area) | _given(
            status=status, **{"draft.channel": channel, "draft.about": about}
        )
        if after is not None:
            at, key = _cursor(after, 2)
            where["$or"] = [{"state.at": {"$lt": at}}, {"state.at": at, "_id": {"$lt": key}}]
        found = await self._database.find(LETTERS, where, sort=(("state.at", -1), ("_id", -1)), limit=limit)
        return [letter for _, letter in found]

    async def counts(self, area: str) -> dict[Status, int]:
        """How many letters to people of an area and below, per status."""
        here = _in("state.draft.area", area)
        statuses: tuple[Status, ...] = get_args(Status)
        return {status: await self._database.count(LETTERS, {"state.status": status, **here}) for status in statuses}


class Bulletin:
    """What the public sees."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def round(self, code: str) -> RoundEntry | None:
        """One round."""
        return await self._database.get(ROUNDS, code)

    async def notice(self, key: str) -> NoticeEntry | None:
        """One notice."""
        return await self._database.get(NOTICES, key)

    async def announcement(self, key: str) -> AnnouncementEntry | None:
        """One announcement."""
        return await self._database.get(ANNOUNCEMENTS, key)

    async def rounds(self, limit: int) -> list[RoundEntry]:
        """The rounds opened last, newest first."""
        return await self._newest(ROUNDS, "state.opened", {}, limit)

    async def notices(self, limit: int, round_: str | None = None) -> list[NoticeEntry]:
        """The notices opened last, newest first."""
        return await self._newest(
            NOTICES, "state.opened", {"state.opened.event.round": round_} if round_ else {}, limit
        )

    async def announcements(self, limit: int, round_: str | None = None) -> list[AnnouncementEntry]:
        """The announcements made last, newest first."""
        return await self._newest(
            ANNOUNCEMENTS, "state.made", {"state.made.event.round": round_} if round_ else {}, limit
        )

    async def decided(self, limit: int) -> list[HonourEntry]:
        """The honours last suspended, reinstated, ended or revoked, newest first."""
        where = {"state.decided": {"$gt": ""}, "state.granted": {"$ne": None}}
        found = await self._database.find(HONOURS, where, sort=(("state.decided", -1), ("_id", -1)), limit=limit)
        return [honour for _, honour in found]

    async def chambers(self, codes: Collection[str]) -> dict[str, ChamberEntry]:
        """Those of these chambers that took another name or were merged, by credit code."""
        return await self._database.get_many(CHAMBERS, list(codes))

    async def absorbed(self, code: str) -> list[ChamberEntry]:
        """The chambers that were merged into this one."""
        return [found for _, found in await self._database.find_by(CHAMBERS, "state.merged.event.into.code", [code])]

    async def predecessors(self, honours: Collection[str]) -> dict[str, str]:
        """By honour, the one whose place it took."""
        told = [
            await self._database.find_by(HONOURS, f"state.{field}", honours)
            for field in ("superseded.event.by", "granted.event.superseded_by")
        ]
        return {honour.successor: key for found in told for key, honour in found if honour.successor}

    async def of_chamber(self, code: str) -> list[HonourEntry]:
        """Every honour a chamber ever held."""
        return [honour for _, honour in await self._database.find_by(HONOURS, _CODE, [code])]

    async def honours_of(self, cases: Sequence[str]) -> list[HonourEntry]:
        """The honours to which these cases led, as far as they have been heard."""
        found = await self._database.find(HONOURS, {"state.granted.event.case": {"$in": list(cases)}})
        return [honour for _, honour in found]

    async def verify(self, code_or_honour: str) -> list[HonourEntry]:
        """The honours a chamber (by credit code) holds or held, or the one with this id."""
        where = {"$or": [{"state.granted.event.chamber.code": code_or_honour.upper()}, {"_id": code_or_honour}]}
        found = await self._database.find(HONOURS, where, sort=(("state.granted.at", -1), ("_id", 1)), limit=100)
        return [honour for _, honour in found if honour.granted is not None]

    async def register(
        self,
        *,
        now: datetime,
        area: str | None,
        level: Level | None,
        status: Standing | None,
        round_: str | None,
        limit: int,
        after: str | None,
    ) -> list[HonourEntry]:
        """The register, by honour id; `after` is the id of the last one seen."""
        where = {"state.granted": {"$ne": None}} | (_in("state.granted.event.chamber.area", area) if area else {})
        where |= _given(**{"granted.event.chamber.level": level, "granted.event.round": round_}) | _holds(status, now)
        found = await self._database.find(HONOURS, where, limit=limit, after=after)
        return [honour for _, honour in found]

    async def register_counts(self) -> dict[str, int]:
        """How many honours, per status as heard."""
        granted = {"state.granted.at": {"$gt": ""}}
        counts = {s: await self._database.count(HONOURS, {"state.status": s, **granted}) for s in get_args(Heard)}
        return {status: count for status, count in counts.items() if count}

    async def _newest(self, kind: Kind[N], fact: str, where: Mapping[str, Any], limit: int) -> list[N]:
        known = {fact: {"$ne": None}, **where}
        found = await self._database.find(kind, known, sort=((f"{fact}.at", -1), ("_id", -1)), limit=limit)
        return [entry for _, entry in found]


def inbox_cursor(letter: Letter) -> str:
    """Where a reader of the inbox stands after this letter."""
    return f"{int(letter.read)}|{_written(letter.at)}|{letter.id}"


def list_cursor(letter: Letter) -> str:
    """Where a reader of the list of letters stands after this letter."""
    return f"{_written(letter.at)}|{letter.id}"


def _cursor(after: str, parts: int) -> list[str]:
    found = after.split("|")
    return found if len(found) == parts else [""] * parts


def _written(instant: datetime) -> str:
    """An instant as it stands in a document: whole seconds, UTC."""
    return f"{whole(instant):%Y-%m-%dT%H:%M:%SZ}"


def _in(field: str, area: str) -> Where:
    """Documents whose area lies in this one; codes are digits, so the pattern holds nothing but them."""
    return {} if area == CENTRE else {field: {"$regex": f"^{area}"}}


def _given(**fields: str | None) -> Where:
    return {f"state.{name}": value for name, value in fields.items() if value is not None}


def _holds(status: Standing | None, now: datetime) -> Where:
    """Honours of a standing; time itself ends one whose `honour.expired` is still on its way."""
    if status is None:
        return {}
    here = _written(now.astimezone(UTC))
    if status == "expired":
        lapsed = {"state.status": {"$in": ["valid", "suspended"]}, "state.until": {"$lte": here}}
        return {"$or": [{"state.status": "expired"}, lapsed]}
    if status == "suspended":
        return {"state.status": "suspended", "state.until": {"$gt": here}}
    if status == "valid":
        return {"state.status": "valid", "state.since": {"$lte": here}, "state.until": {"$gt": here}}
    if status == "upcoming":
        return {"state.status": "valid", "state.since": {"$gt": here}}
    return {"state.status": status}
