"""Cohorts 评分基准: the marking of a round is closed, and by what its marks are normalised is frozen."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, RoundQuery, Words, require_jurisdiction, text_or_none
from services.review.domain.cohort import CloseMarking, Cohort, close_marking
from services.review.domain.marking import given_in, is_marked
from services.review.domain.normalising import Yardstick
from services.review.domain.stages import ExpertPanel
from services.review.domain.task import waiting
from services.review.store import COHORTS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.command import refused
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Office = Annotated[Actor, allow(officer="own area", operator="any area")]


class CloseBody(Body):
    """Close the marking."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Whose marking."""
    number: int = Field(default=1, ge=1, le=99)
    """Which closing of the round; cases that were left out need another."""
    reason: Words | None = None
    """Why it is closed although some cases lack marks; required then."""


class CohortLine(BaseModel):
    """A cohort in a list: all but what each expert gave each case."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Its id."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose marking was closed."""
    size: int
    """How many cases it has."""
    yardstick: Yardstick
    """Means and deviations, and whose marks are normalised or not, and why."""
    left_out: tuple[str, ...]
    """Cases whose marks were not complete."""
    reason: Text | None
    """Why it was closed without them."""
    frozen: Instant
    """When."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cohorts", tags=["评分基准 / cohorts"])

    @routes.post("", status_code=201, summary="评分截止，冻结基准 / close the marking, freeze the cohort")
    async def close(body: CloseBody, by: Officer, key: IdempotencyKey) -> Cohort:
        require_jurisdiction(by, body.jurisdiction)
        _, stage = await desk.stage(body.round, body.jurisdiction, ExpertPanel)
        if stage.normalise is None:
            raise refused(
                "cohort.not-asked",
                "round",
                rule=("该程序不对评分作标准化。", "The procedure does not have marks normalised."),
                remedy=("无需截止：评分齐全即汇总。", "Nothing is to be closed: marks settle once they are complete."),
            )
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        cases = waiting(await desk.store.cases_in(body.round, body.jurisdiction, stage.id))
        command = CloseMarking(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            reason=text_or_none(body.reason),
            min_cases=stage.normalise.min_cases,
            given=tuple(one for case in cases if is_marked(case) for one in given_in(case)),
            unfinished=tuple(sorted(case.id for case in cases if not is_marked(case))),
        )
        done = await desk.commands.do(COHORTS, id_, command, close_marking, what="close", by=by, idempotency_key=key)
        return done.state or await desk.store.need(COHORTS, id_, "评分基准", "cohort")

    @routes.get("", summary="评分基准列表 / list")
    async def listing(by: Office, page: Annotated[RoundQuery, Query()]) -> Page[CohortLine]:
        where = {"state.round": page.round} if page.round else {}
        if by.role == "officer":
            where = {**where, "state.jurisdiction": by.area or ""}
        found = await desk.store.page(COHORTS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(map(_line, found)), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{cohort}", summary="一个评分基准 / one cohort")
    async def read(cohort: str, by: Office) -> Cohort:
        found = await desk.store.need(COHORTS, cohort, "评分基准", "cohort")
        require_jurisdiction(by, found.jurisdiction)
        return found

    return routes


def _line(cohort: Cohort) -> CohortLine:
    return CohortLine(size=len(cohort.cases), **cohort.model_dump(include=set(CohortLine.model_fields)))
