"""What review keeps, and how it is read: the only file that knows collections and field names."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, BinaryIO, TypeVar, get_args

from services.review.domain import decided, opening
from services.review.domain import export as exports
from services.review.domain import honour as honours
from services.review.domain import notice as notices
from services.review.domain.announcement import Announced
from services.review.domain.case import Case
from services.review.domain.chamber import KnownChamber
from services.review.domain.cohort import Cohort
from services.review.domain.decided import Decided
from services.review.domain.draw import Draw
from services.review.domain.expert import Expert
from services.review.domain.export import Export
from services.review.domain.honour import Register
from services.review.domain.leadership import Leadership
from services.review.domain.line import FIELDS, Line, place_of
from services.review.domain.notice import Notice
from services.review.domain.panel import Panel
from services.review.domain.place import PLACES, Block
from services.review.domain.proposal import Proposal
from services.review.domain.shortlist import Shortlist
from services.review.domain.status_list import TOLD
from services.review.domain.term import IN_FORCE, Standing, Term
from services.review.domain.terms import Terms
from services.review.domain.turn import Turn
from shared.contracts.area import CENTRE
from shared.kernel.command import missing
from shared.kernel.custody import Custody, Status
from shared.kernel.history import Entry
from shared.kernel.state import State
from shared.runtime.kinds import Index, Kind
from shared.runtime.ledgers import LEDGER_KINDS, RETURNED
from shared.runtime.mongo import Database
from shared.runtime.records import Head, heads
from shared.runtime.trusted import TRUST_KINDS

S = TypeVar("S", bound=State)
Where = Mapping[str, Any]

ROUNDS = Kind("rounds", Terms)
_ORDER = ("state.chamber.area", "_id")
"""The order of every list of cases: an officer's area is a stretch of it."""
_LISTED = Index((*_ORDER, *(f"state.{name}" for name in ("round", "jurisdiction", "status", "stage", "overdue"))))
"""Along this every list of cases is read; it holds all that a list may ask for, so what is left out is never read."""
_SEATED = Index(("state.seats.expert", *_ORDER))
"""The same for what one expert judges."""
_INSPECTED = Index(("state.inspectors", *_ORDER))
"""The same for what a federation was appointed to look at, which lies outside its own stretch."""
CASES = Kind(
    "cases",
    Case,
    on_due=opening.on_due,
    indexes=(
        Index(("state.round", "state.jurisdiction", "state.status", "state.stage", "_id")),
        _LISTED,
        _SEATED,
        _INSPECTED,
        Index(("state.chamber.code",)),
    ),
    answerable=True,
)
EXPERTS = Kind("experts", Expert, indexes=(Index(("state.active", "_id")),))
DRAWS = Kind("draws", Draw, indexes=(Index(("state.round",)),))
PROPOSALS = Kind("proposals", Proposal, indexes=(Index(("state.round",)),))
SHORTLISTS = Kind("shortlists", Shortlist, indexes=(Index(("state.round",)),))
COHORTS = Kind("cohorts", Cohort, indexes=(Index(("state.round",)),))
PANELS = Kind("panels", Panel, indexes=(Index(("state.round",)), Index(("state.matters.case",))))
LEADERSHIPS = Kind("leaderships", Leadership, indexes=(Index(("state.round",)),))
NOTICES = Kind(
    "notices", Notice, on_due=notices.on_due, indexes=(Index(("state.round",)), Index(("state.candidates.case",)))
)
ANNOUNCEMENTS = Kind("announcements", Announced, indexes=(Index(("state.round",)),))
DECISIONS = Kind(
    "decisions", Decided, indexes=(Index(("state.root", "state.index")), Index(("state.leaf.case", "state.root")))
)
"""By root and place, so that a whole list is read along its keys."""
_OF_LINE = Index(("state.line", "state.terms.status"))
"""The honours of a line that do not simply hold."""
HONOURS = Kind(
    "honours",
    Register,
    on_due=honours.on_due,
    indexes=(
        Index(("state.code",)),
        Index(("state.terms.round",)),
        Index(("state.terms.jurisdiction", "state.terms.status", "_id")),
        _OF_LINE,
    ),
)
CHAMBERS = Kind("chambers", KnownChamber, indexes=(Index(("state.merged.since",)),))
"""By credit code: those that took another name or were merged."""
BLOCKS = Kind("places", Block, indexes=(Index(("state.line",)),))
TURNS = Kind("turns", Turn)
"""By `<act>:<round>@<jurisdiction>`."""
_OF_PERSON = Index(("state.by.id", "_id"))
EXPORTS = Kind(
    "exports",
    Export,
    on_due=exports.on_due,
    indexes=(_OF_PERSON, Index(("state.status", "state.at")), Index(("state.files", "state.status", "_id"))),
)
CUSTODIES = Kind("custodies", Custody, indexes=(Index(("state.status",)),))
"""By area: those that were handed over, or are just now."""
_WORKBOOKS = "workbooks"
"""The bucket of exported files."""
KINDS: tuple[Kind[Any], ...] = (
    ROUNDS,
    CASES,
    EXPERTS,
    DRAWS,
    PROPOSALS,
    SHORTLISTS,
    COHORTS,
    PANELS,
    LEADERSHIPS,
    NOTICES,
    ANNOUNCEMENTS,
    DECISIONS,
    HONOURS,
    CHAMBERS,
    BLOCKS,
    TURNS,
    EXPORTS,
    CUSTODIES,
    *TRUST_KINDS,
    *LEDGER_KINDS,
    RETURNED,
)
"""Everything review owns."""

_UNDECIDED = ("open", "returned")


class ReviewStore:
    """Reads for handlers and for HTTP."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._terms: dict[str, Terms] = {}

    async def get(self, kind: Kind[S], key: str) -> S | None:
        """One document."""
        return await self._database.get(kind, key)

    async def need(self, kind: Kind[S], key: str, zh: str, en: str) -> S:
        """One document.

        Raises:
            NotFound: there is none.
        """
        found = await self._database.get(kind, key)
        if found is None:
            raise missing(kind.collection, key, zh, en)
        return found

    async def record(self, kind: Kind[S], key: str) -> tuple[S | None, list[Entry]]:
        """A document and what happened to it, oldest first; both as of the same moment."""
        entries, state = await self._database.recorded(kind, key)
        return state, entries

    async def terms(self, round_: str) -> Terms | None:
        """What a round lays down; kept in memory, since it never changes."""
        if round_ not in self._terms and (found := await self._database.get(ROUNDS, round_)):
            self._terms[round_] = found
        return self._terms.get(round_)

    async def custodies(self) -> dict[str, Custody]:
        """The areas that were ever handed over, or are just now. A batch asks for them with one query."""
        return dict(await self._database.find_by(CUSTODIES, "state.status", get_args(Status)))

    # --- cases ---------------------------------------------------------------------------------------------------

    async def lines(
        self, where: Where, *, limit: int, after: str | None, expert: str | None = None, inspectors: str | None = None
    ) -> list[Line]:
        """A page of cases, by area and id; with `expert` those they judge, with `inspectors` those they look at."""
        wanted, along = where, _LISTED
        if expert:
            wanted, along = {"$and": [seen_by_expert(expert), where]}, _SEATED
        elif inspectors:
            wanted, along = {"$and": [{"state.inspectors": inspectors}, where]}, _INSPECTED
        rest = _after(wanted, after)
        found = await self._database.parts(CASES, FIELDS, rest, along=along, order=_ORDER, limit=limit)
        return [Line(stored) for stored in found]

    async def lines_in(self, where: Where) -> int:
        """How many cases such a list has."""
        return await self._database.count(CASES, _after(where, None), along=_LISTED)

    async def cases_in(self, round_: str, jurisdiction: str, stage: str) -> list[Case]:
        """Every open case of a round in a stage."""
        where = {
            "state.round": round_,
            "state.jurisdiction": jurisdiction,
            "state.status": "open",
            "state.stage": stage,
        }
        return [case for _, case in await self._database.find(CASES, where)]

    async def undecided(self, round_: str, jurisdiction: str, before: str) -> list[str]:
        """Ids of cases that are open in another stage than `before`, or with the chamber for correction."""
        where = {
            "state.round": round_,
            "state.jurisdiction": jurisdiction,
            "state.status": {"$in": _UNDECIDED},
            "$or": [{"state.stage": {"$ne": before}}, {"state.status": "returned"}],
        }
        order = (("state.status", 1), ("state.stage", 1), ("_id", 1))
        return sorted(await self._database.keys(CASES, where, sort=order))

    def opened(self, round_: str, jurisdiction: str) -> AsyncIterator[Head]:
        """Every case of a round that was ever opened here, in brief, with the end of its history."""
        where = {
            "state.round": round_,
            "state.jurisdiction": jurisdiction,
            "state.status": {"$ne": "awaited"},
            "state.rules": {"$ne": None},
        }
        return heads(self._database, CASES, decided.FIELDS, where)

    async def counts(self, field: str, where: Where) -> dict[str, int]:
        """Numbers of cases by a field of theirs: `stage`, `status`."""
        return await self._database.count_by(CASES, f"state.{field}", _after(where, None), along=_LISTED)

    # --- experts, panels, notices, honours --------------------------------------------------------------------------

    async def experts(self, ids: Sequence[str]) -> list[Expert]:
        """These experts.

        Raises:
            NotFound: one is not in the pool.
        """
        found = await self._database.get_many(EXPERTS, ids)
        if unknown := next((id_ for id_ in ids if id_ not in found), None):
            raise missing("experts", unknown, "专家", "expert")
        return [found[id_] for id_ in ids]

    async def pool(self, field: str | None = None) -> list[Expert]:
        """Everybody who may be invited; with `field`, those who know it."""
        where = {"state.active": True, **({"state.fields": field} if field else {})}
        return [expert for _, expert in await self._database.find(EXPERTS, where)]

    async def these(self, kind: Kind[S], keys: Sequence[str]) -> list[S]:
        """These documents, as far as they exist."""
        return list((await self._database.get_many(kind, keys)).values())

    async def page(self, kind: Kind[S], where: Where, *, limit: int, after: str | None) -> list[S]:
        """A page of documents, by key."""
        return [state for _, state in await self._database.find(kind, where, limit=limit, after=after)]

    async def decisions(self, root: str, *, limit: int, after: int) -> list[Decided]:
        """A page of the list with this root: what follows this place."""
        where = {"state.root": root, "state.index": {"$gt": after}}
        found = await self._database.find(DECISIONS, where, sort=(("state.index", 1),), limit=limit)
        return [one for _, one in found]

    async def decision(self, root: str, case: str) -> Decided | None:
        """The leaf of a case in the list with this root."""
        found = await self._database.find(DECISIONS, of_case(root, case), limit=1)
        return found[0][1] if found else None

    async def announced(self, round_: str, jurisdiction: str) -> list[Announced]:
        """What was announced of a round here."""
        where = {"state.round": round_, "state.jurisdiction": jurisdiction}
        return [state for _, state in await self._database.find(ANNOUNCEMENTS, where)]

    async def on_panels(self, cases: Sequence[str]) -> set[str]:
        """Which of these cases are before an open panel."""
        found = await self._database.find(PANELS, {"state.status": "open", "state.matters.case": {"$in": list(cases)}})
        return {matter.case for _, panel in found for matter in panel.matters} & set(cases)

    async def on_notices(self, cases: Sequence[str]) -> set[str]:
        """Which of these cases are or were on a public notice."""
        found = await self._database.find(NOTICES, {"state.candidates.case": {"$in": list(cases)}})
        return {candidate.case for _, notice in found for candidate in notice.candidates} & set(cases)

    # --- honours with which the office has something left to do -----------------------------------------------------

    async def called_in(self, jurisdiction: str) -> list[Register]:
        """Registers with an honour of this federation that is suspended, or that was taken back with its plaque."""
        status = {"$in": ["suspended", "revoked", "ended"]}
        where = {"state.terms": {"$elemMatch": {"jurisdiction": jurisdiction, "status": status}}}
        return [register for _, register in await self._database.find(HONOURS, where)]

    async def orphaned(self, jurisdiction: str) -> list[tuple[KnownChamber, Register]]:
        """Registers with an honour of this federation in force whose chamber was merged into another."""
        known = await self._database.find(
            CHAMBERS, {"state.merged.since": {"$gt": ""}}, sort=(("state.merged.since", 1),)
        )
        merged = dict(known)
        found = await self._database.find_by(HONOURS, "state.code", merged.keys())
        held = [register for _, register in found if any(_holds(term, jurisdiction) for term in register.terms)]
        return [(merged[register.code], register) for register in held]

    async def within(self, chamber: str, line: str) -> list[Register]:
        """A chamber's distinctions among those who bear an honour of this line."""
        found = await self._database.find_by(HONOURS, "state.code", [chamber])
        return [register for _, register in found if register.within == line]

    async def undecided_of(self, chamber: str) -> list[str]:
        """Ids of the cases of a chamber that are under review."""
        found = await self._database.find_by(CASES, "state.chamber.code", [chamber])
        return [key for key, case in found if case.status in _UNDECIDED]

    # --- status lists ------------------------------------------------------------------------------------------------

    async def has_line(self, line: str) -> bool:
        """Whether anybody here holds or held an honour of this line."""
        return bool(await self._database.find(HONOURS, {"state.line": line}, limit=1))

    async def places(self, line: str) -> dict[str, int]:
        """The places that were given in a line's status list, by honour."""
        blocks = await self._database.find(BLOCKS, {"state.line": line})
        return {honour: place for _, block in blocks for honour, place in block.places.items()}

    async def told(self, line: str) -> list[tuple[str, Standing]]:
        """The honours of those chambers that have one of this line of which a status list tells, each as it stands."""
        where = {"state.line": line, "state.terms.status": {"$in": sorted(TOLD)}}
        fields = ("terms.honour", "terms.status")
        order = ("state.line",)
        found = await self._database.parts(HONOURS, fields, where, along=_OF_LINE, order=order, limit=PLACES)
        return [(term["honour"], term["status"]) for register in found for term in register["terms"]]

    # --- exports ---------------------------------------------------------------------------------------------------

    async def exports(self, by: str, *, limit: int, after: str | None) -> list[Export]:
        """A person's exports, by id."""
        return await self.page(EXPORTS, {"state.by.id": by}, limit=limit, after=after)

    async def standing(self, by: str) -> int:
        """How many of a person's exports are waiting or running."""
        where = {"state.by.id": by, "state.status": {"$in": ["waiting", "running"]}}
        return await self._database.count(EXPORTS, where, along=_OF_PERSON)

    async def waiting_export(self) -> str | None:
        """The export that has waited longest."""
        where = {"state.status": "waiting"}
        found = await self._database.find(EXPORTS, where, sort=(("state.at", 1),), limit=1)
        return found[0][0] if found else None

    async def exports_to_clean(self) -> list[Export]:
        """Exports that are over, and of which the store may still hold files."""
        where = {"state.files": True, "state.status": {"$in": ["failed", "removed"]}}
        return [export for _, export in await self._database.find(EXPORTS, where)]

    async def keep_workbook(self, key: str, file: BinaryIO) -> None:
        """Store the file of a try."""
        await self._database.files(_WORKBOOKS).put(key, file, {})

    def workbook(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces."""
        return self._database.files(_WORKBOOKS).chunks(key)

    async def remove_workbook(self, key: str) -> None:
        """Take a file away, if it is there."""
        await self._database.files(_WORKBOOKS).remove(key)


# --- queries, in the words of the caller --------------------------------------------------------------------------


def case_filter(
    *,
    round_: str | None = None,
    jurisdiction: str | None = None,
    stage: str | None = None,
    status: str | None = None,
    overdue: bool | None = None,
) -> dict[str, Any]:
    """Cases by what a caller asks for; without a status all that were opened."""
    given: dict[str, Any] = {
        "state.round": round_,
        "state.jurisdiction": jurisdiction,
        "state.stage": stage,
        "state.overdue": overdue,
        "state.status": status or {"$ne": "awaited"},
    }
    return {field: value for field, value in given.items() if value is not None}


def seen_by_officer(area: str) -> dict[str, Any]:
    """Cases of chambers in an officer's area; those at the centre are for the centre."""
    if area == CENTRE:
        return {}
    return {"state.chamber.area": _inside(area), "state.jurisdiction": {"$ne": CENTRE}}


def seen_by_expert(expert: str) -> dict[str, Any]:
    """Cases an expert is to mark or has marked."""
    return {"state.seats": {"$elemMatch": {"expert": expert, "status": {"$in": ["assigned", "marked"]}}}}


def of_round(code: str) -> list[tuple[Kind[Any], Where]]:
    """Everything review keeps about a round, but for the lists of what was decided."""
    kinds = (CASES, DRAWS, PROPOSALS, SHORTLISTS, COHORTS, PANELS, LEADERSHIPS, NOTICES, ANNOUNCEMENTS)
    about: list[tuple[Kind[Any], Where]] = [(kind, {"state.round": code}) for kind in kinds]
    return [(ROUNDS, {"_id": code}), *about, (HONOURS, {"state.terms.round": code})]


def in_list(root: str) -> dict[str, Any]:
    """The leaves of the list with this root."""
    return {"_id": {"$gte": f"{root}/", "$lt": f"{root}/\uffff"}}


def of_case(root: str, case: str) -> dict[str, Any]:
    """The leaf of a case in the list with this root."""
    return {"state.leaf.case": case, "state.root": root}


def honour_filter(
    *,
    line: str | None = None,
    round_: str | None = None,
    area: str | None = None,
    status: str | None = None,
    code: str | None = None,
) -> dict[str, Any]:
    """Registers that hold a term such as the caller asks for."""
    term: dict[str, Any] = {
        "round": round_,
        "status": status,
        "chamber.area": _inside(area) if area and area != CENTRE else None,
    }
    wanted = {field: value for field, value in term.items() if value is not None}
    where: dict[str, Any] = {"state.line": line, "state.code": code}
    if wanted:
        where["state.terms"] = {"$elemMatch": wanted}
    return {field: value for field, value in where.items() if value is not None}


def _after(where: Where, after: str | None) -> Where:
    """The rest of a list: what is left of the same area, and all areas that follow.

    Some bound always stands on the area: only then does the store compare the index' other keys without the documents.
    """
    if after is None:
        return {"$and": [{"state.chamber.area": {"$gt": ""}}, where]}
    area, id_ = place_of(after)
    here = {"state.chamber.area": area, "_id": {"$gt": id_}}
    return {"$or": [{"$and": [here, where]}, {"$and": [{"state.chamber.area": {"$gt": area}}, where]}]}


def _holds(term: Term, jurisdiction: str) -> bool:
    """Whether it is this federation's, and in force."""
    return term.jurisdiction == jurisdiction and term.status in IN_FORCE


def _inside(area: str) -> dict[str, str]:
    return {"$regex": f"^{re.escape(area)}"}
