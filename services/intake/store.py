"""Intake's store: the only file that knows collections and field names."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.intake.domain.application import Application, Head, Status, Timeline
from services.intake.domain.chamber import RegisteredChamber
from services.intake.domain.link import Link
from services.intake.domain.lists import ChamberList
from services.intake.domain.round import PlannedRound
from services.intake.domain.rubric import KnownRubric
from shared.contracts import CENTRE, Area
from shared.kernel.history import Entry
from shared.kernel.keys import RegisteredKey
from shared.runtime.kinds import Index, Kind
from shared.runtime.ledgers import LEDGER_KINDS
from shared.runtime.mongo import Database
from shared.runtime.problems import Unavailable
from shared.runtime.trusted import KEYS, TRUST_KINDS

CHAMBERS = Kind("chambers", RegisteredChamber, indexes=(Index(("state.chamber.area", "_id")),))
"""By credit code."""
LISTS = Kind("lists", ChamberList, indexes=(Index(("state.registered_at", "state.accepted_at")),))
"""Imported lists, by the SHA-256 of the file and the importing officer's area."""
RUBRICS = Kind("rubrics", KnownRubric)
"""By id."""
ROUNDS = Kind("rounds", PlannedRound, indexes=(Index(("state.status",)),))
"""By code."""
APPLICATIONS = Kind(
    "applications",
    Application,
    indexes=(
        Index(("state.round", "state.status", "_id")),
        Index(("state.chamber.area", "_id")),
        Index(("state.chamber.code", "_id")),
    ),
)
"""By `<round>-<credit code>`."""
LINKS = Kind("links", Link, indexes=(Index(("state.application", "state.asked")),))
"""By the request that asked for them."""
_EVIDENCE = "evidence"
"""The bucket of files, by the SHA-256 of their bytes."""
_NEWEST = 200
"""Links that are listed."""
KINDS: tuple[Kind[Any], ...] = (CHAMBERS, LISTS, RUBRICS, ROUNDS, APPLICATIONS, LINKS, *TRUST_KINDS, *LEDGER_KINDS)


class Changed(Exception):  # noqa: N818 - it names what was found
    """A stored file is not there, or not what it was when it was handed in."""


class IntakeStore:
    """What intake reads. Changes go through deciders."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: dict[str, PlannedRound] = {}

    async def chamber(self, code: str) -> RegisteredChamber | None:
        """A chamber by its credit code."""
        return await self._database.get(CHAMBERS, code)

    async def chambers_of(self, codes: Sequence[str]) -> dict[str, RegisteredChamber]:
        """Those of these chambers that are registered."""
        return await self._database.get_many(CHAMBERS, codes)

    async def chambers(
        self, area: Area, *, type_: str | None, level: str | None, limit: int, after: str | None
    ) -> list[tuple[str, RegisteredChamber]]:
        """Chambers in an area, in the order of their codes."""
        where = _in_area(area) | _given({"state.chamber.type": type_, "state.chamber.level": level})
        return await self._database.find(CHAMBERS, where, limit=limit, after=after)

    async def unfinished_lists(self) -> list[tuple[str, ChamberList]]:
        """Lists that were accepted and may not stand in the register completely, oldest first."""
        return await self._database.find(LISTS, {"state.registered_at": None}, sort=(("state.accepted_at", 1),))

    async def rubric(self, id_: str) -> KnownRubric | None:
        """A rubric version that was heard of."""
        return await self._database.get(RUBRICS, id_)

    async def rubrics(self) -> list[KnownRubric]:
        """All rubric versions that were heard of."""
        return [rubric for _, rubric in await self._database.find(RUBRICS, {})]

    async def round(self, code: str) -> PlannedRound | None:
        """A round by its code."""
        return await self._database.get(ROUNDS, code)

    async def opened(self, code: str) -> PlannedRound | None:
        """A round as it stood when it was first found open; kept in memory, since its terms never change after that.

        One that has not opened yet is read every time.
        """
        if code not in self._opened:
            planned = await self.round(code)
            if planned is None or planned.opened_at is None:
                return planned
            self._opened[code] = planned
        return self._opened[code]

    async def rounds(self) -> list[PlannedRound]:
        """All rounds; there is one every year or two."""
        return [planned for _, planned in await self._database.find(ROUNDS, {})]

    async def open_rounds(self) -> list[PlannedRound]:
        """Rounds in which chambers may apply."""
        return [planned for _, planned in await self._database.find(ROUNDS, {"state.status": "open"})]

    async def application(self, id_: str) -> Application | None:
        """An application by its id."""
        return await self._database.get(APPLICATIONS, id_)

    async def head(self, id_: str) -> Head | None:
        """Whose application it is and in which round, without reading what it declares."""
        found = await self._database.fields(APPLICATIONS, id_, *Head.model_fields)
        return Head.model_validate(found) if found else None

    async def timeline(self, id_: str) -> Timeline | None:
        """What happened to an application, without reading what it declares."""
        found = await self._database.fields(APPLICATIONS, id_, *Timeline.model_fields)
        return Timeline.model_validate(found) if found else None

    async def applications(
        self,
        *,
        area: Area = CENTRE,
        chamber: str | None = None,
        round_: str | None = None,
        status: Status | None = None,
        limit: int,
        after: str | None,
    ) -> list[tuple[str, Application]]:
        """Applications in an area, or of one chamber, in the order of their ids."""
        wanted = {"state.chamber.code": chamber, "state.round": round_, "state.status": status}
        return await self._database.find(APPLICATIONS, _in_area(area) | _given(wanted), limit=limit, after=after)

    async def standing(self, round_: str) -> int:
        """How many applications stand in a round: handed in, and not withdrawn."""
        where = {"state.round": round_, "state.status": {"$nin": ["draft", "withdrawn"]}}
        return await self._database.count(APPLICATIONS, where)

    async def recorded(self, id_: str) -> tuple[list[Entry], Application | None]:
        """The history of an application and the state after its last entry, read as of one moment."""
        return await self._database.recorded(APPLICATIONS, id_)

    async def key(self, kid: str) -> RegisteredKey | None:
        """A key that was registered for a province, or the centre."""
        return await self._database.get(KEYS, kid)

    async def links(self, application: str) -> list[Link]:
        """The newest links to files of an application, newest first."""
        where, newest = {"state.application": application}, (("state.asked", -1),)
        return [link for _, link in await self._database.find(LINKS, where, sort=newest, limit=_NEWEST)]

    async def keep_file(self, sha256: str, data: bytes) -> None:
        """Store a file under its hash; the same bytes are stored once, whoever brings them.

        Raises:
            Unavailable: it does not stand there afterwards; nothing may then refer to it.
        """
        files = self._database.files(_EVIDENCE)
        if not await files.put(sha256, data, {}) and await files.stat(sha256) is None:
            raise Unavailable("store")

    async def file(self, sha256: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces; the last one only if all of them are what the hash says.

        Raises:
            Changed: they are not; whoever downloads it sees the download break off.
        """
        seen, held = hashlib.sha256(), b""
        async for piece in self._database.files(_EVIDENCE).chunks(sha256):
            if held:
                yield held
            seen.update(piece)
            held = piece
        if seen.hexdigest() != sha256:
            raise Changed(sha256)
        yield held


def _in_area(area: Area) -> dict[str, Any]:
    """Codes of areas in an area begin with its code; everything lies in the centre's."""
    return {} if area == CENTRE else {"state.chamber.area": {"$regex": f"^{area}"}}


def _given(wanted: dict[str, str | None]) -> dict[str, Any]:
    return {field: value for field, value in wanted.items() if value is not None}
