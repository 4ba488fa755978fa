"""What belongs to an area: what goes along when it moves to another store, and what is copied because both need it.

Personal data that goes along: in notices the names and contacts of those who objected; in cases and panels the ids of
officers and experts. Copied: of the experts (id, home area, ties to chambers) those who come from the area and those
who sit in its cases, panels and draws.

What stays: the register of keys and what was refused (each service hears of them itself), bytes and signatures that
were received (they prove what *this* service accepted), exports (copies that end by themselves), places in status lists
(they belong to whoever issued the certificate).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.review.store import (
    ANNOUNCEMENTS,
    CASES,
    CHAMBERS,
    COHORTS,
    DECISIONS,
    DRAWS,
    EXPERTS,
    HONOURS,
    LEADERSHIPS,
    NOTICES,
    PANELS,
    PROPOSALS,
    ROUNDS,
    SHORTLISTS,
)
from shared.contracts.area import CENTRE, covers
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.sealing import Part

MOVING: tuple[Kind[Any], ...] = (
    *(CASES, DRAWS, PROPOSALS, COHORTS, PANELS, LEADERSHIPS, NOTICES, ANNOUNCEMENTS),
    *(SHORTLISTS, DECISIONS, HONOURS),
)
"""Kinds whose documents belong to one area."""
_BY_JURISDICTION = (CASES, DRAWS, PROPOSALS, COHORTS, PANELS, LEADERSHIPS, NOTICES, ANNOUNCEMENTS)


def of_area(area: str) -> list[Part]:
    """All documents of an area and of those inside: they are in one store and in no other."""
    inside = {"$regex": f"^{area}"}
    return [
        *(Part(kind, {"state.jurisdiction": inside}) for kind in _BY_JURISDICTION),
        Part(SHORTLISTS, {"state.area": inside}),
        Part(DECISIONS, {"state.leaf.case": {"$regex": f"@{area}[0-9]*$"}}),
        Part(HONOURS, {"state.terms.jurisdiction": inside}),
    ]


def belongs(part: Part, state: Mapping[str, Any], area: str) -> bool:
    """Whether a document of this kind is the area's alone, as it says itself."""
    if part.kind is HONOURS:
        places = [term["jurisdiction"] for term in state["terms"]]
    elif part.kind is DECISIONS:
        places = [state["leaf"]["case"].rpartition("@")[2]]
    else:
        places = [state["area" if part.kind is SHORTLISTS else "jurisdiction"]]
    return bool(places) and all(covers(area, place) for place in places)


async def shared_with(database: Database, area: str) -> list[Part]:
    """Documents that an area's work needs and that others need, too: copied where they are unknown."""
    inside = {"state.jurisdiction": {"$regex": f"^{area}"}}
    cases = database.collection(CASES.collection)
    chambers = await cases.distinct("state.chamber.code", inside)
    people = {
        *await cases.distinct("state.seats.expert", inside),
        *await database.collection(PANELS.collection).distinct("state.members", inside),
        *await database.collection(DRAWS.collection).distinct("state.pool.id", inside),
    }
    rounds: list[dict[str, Any]] = [{"state.round.area": CENTRE}, {"state.round.area": {"$regex": f"^{area}"}}]
    home: list[dict[str, Any]] = [{"state.area": {"$regex": f"^{area}"}}, {"_id": {"$in": sorted(people)}}]
    return [
        Part(ROUNDS, {"$or": rounds}),
        Part(CHAMBERS, {"_id": {"$in": sorted(chambers)}}),
        Part(EXPERTS, {"$or": home}),
    ]


async def mixed(database: Database, area: str) -> Sequence[str]:
    """Registers of honours in which this area stands beside others: they cannot be in two places."""
    others = {"$elemMatch": {"jurisdiction": {"$not": {"$regex": f"^{area}"}}}}
    where = {"$and": [{"state.terms.jurisdiction": {"$regex": f"^{area}"}}, {"state.terms": others}]}
    return [key for key, _ in await database.find(HONOURS, where, limit=5)]
