"""Scoring's store: the only file that knows collection and field names."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from services.scoring.domain.exemplar import Agreed, Exemplar
from services.scoring.domain.plan import Plan
from services.scoring.domain.record import Publication, Record, Terms
from services.scoring.domain.standard import Standard
from services.scoring.library import rubric
from shared.contracts.area import CENTRE
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound, NotYet
from shared.kernel.command import missing
from shared.kernel.problem import problem
from shared.kernel.state import State
from shared.runtime.kinds import Index, Kind
from shared.runtime.ledgers import LEDGER_KINDS
from shared.runtime.mongo import Database
from shared.runtime.trusted import TRUST_KINDS

RUBRICS = Kind("rubrics", Publication)
TERMS = Kind("rounds", Terms)
_CHAMBER = "state.submission.chamber.code"
RECORDS = Kind("records", Record, indexes=(Index(("state.submission.round", "state.area")), Index((_CHAMBER,))))
PLANS = Kind("plans", Plan, indexes=(Index(("state.chamber.code", "_id")), Index(("state.chamber.area", "_id"))))
EXEMPLARS = Kind("exemplars", Exemplar, indexes=(Index(("state.agreed.clause", "_id")),))
KINDS: tuple[Kind[Any], ...] = (RUBRICS, TERMS, RECORDS, PLANS, EXEMPLARS, *TRUST_KINDS, *LEDGER_KINDS)
Where = Mapping[str, Any]
S = TypeVar("S", bound=State)


class ScoringStore:
    """What scoring reads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._standards: dict[str, Standard] = {}

    async def standard(self, round_code: str) -> Standard:
        """The standard of a round; read once, since an opened round never changes.

        Raises:
            NotYet: the round has not been heard of here.
            Refused: the round names an unknown rubric, or its parameters do not fit it.
        """
        known = self._standards.get(round_code)
        if known is None:
            terms = await self._database.get(TERMS, round_code)
            if terms is None:
                raise NotYet(f"round {round_code}")
            known = self._standards[round_code] = Standard.of(rubric(terms.round.rubric), terms.round)
        return known

    async def record(self, application: str) -> Record:
        """The record of an application.

        Raises:
            NotFound: there is none, or it was withdrawn before it was scored.
        """
        found = await self._database.get(RECORDS, application)
        if found is None or found.submission is None:
            raise NotFound(
                problem(
                    "scorecard.unknown",
                    "application",
                    rule=(f"没有申报 {application} 的评分", f"application {application} has not been scored"),
                    remedy=("核对申报编号；刚提交的请稍候", "check the id; if just submitted, wait a moment"),
                )
            )
        return found

    async def newest(self, chamber: str) -> Record:
        """The record that a chamber handed in last.

        Raises:
            NotFound: none of it is scored and not withdrawn.
        """
        found = (await self.newest_of([chamber])).get(chamber)
        if found is None:
            raise missing("scorecard", chamber, "该商会的评分卡", "scorecard of chamber")
        return found

    async def newest_of(self, chambers: Sequence[str]) -> dict[str, Record]:
        """Credit code → the record that this chamber handed in last, if one stands."""
        records = [record for _, record in await self._database.find_by(RECORDS, _CHAMBER, chambers)]
        handed_in = [(record.submission, record) for record in records if record.submission and not record.withdrawn]
        handed_in.sort(key=lambda one: (one[0].receipt.at, one[0].application))
        return {submission.chamber.code: record for submission, record in handed_in}

    async def need(self, kind: Kind[S], key: str, zh: str, en: str) -> S:
        """One document.

        Raises:
            NotFound: there is none.
        """
        found = await self._database.get(kind, key)
        if found is None:
            raise missing(kind.collection, key, zh, en)
        return found

    async def plans(self, where: Where, *, limit: int, after: str | None) -> list[Plan]:
        """A page of plans, by id."""
        return [plan for _, plan in await self._database.find(PLANS, where, limit=limit, after=after)]

    async def consenting(self, agreed: Agreed) -> list[Exemplar]:
        """The chambers that consent to be shown on this clause."""
        where = {"state.agreed.clause": agreed.clause}
        return [one for _, one in await self._database.find(EXEMPLARS, where) if agreed in one.agreed]


def plan_filter(by: Actor, *, chamber: str | None, status: str | None) -> Where:
    """The plans that a person may see: a secretary their chamber's, an officer those of their area."""
    own: dict[str, Any] = {}
    if by.role == "secretary":
        own["state.chamber.code"] = by.chamber
    elif by.area != CENTRE:
        own["state.chamber.area"] = {"$regex": f"^{re.escape(by.area)}"} if by.area else None
    asked = {"state.chamber.code": chamber, "state.status": status}
    return {"$and": [own, {name: value for name, value in asked.items() if value is not None}]}
