"""Scorecards to read and to verify, and a preview without filing anything."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.scoring.api.desk import Desk
from services.scoring.domain.score import measure
from services.scoring.domain.scorecard import Scorecard
from shared.contracts.chambers import Chamber, Evidence, Facts
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound, NotYet
from shared.kernel.problem import problem
from shared.runtime.access import allow, require_chamber

Reader = Annotated[Actor, allow(secretary="own chamber", officer="own area", operator="any area")]
Trier = Annotated[Actor, allow(secretary="own chamber", officer="any area")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Verification(_Body):
    """Whether the scorecard, computed anew, is the one that was announced."""

    announced: str
    """Digest that was announced."""
    recomputed: str
    """Digest of the scorecard computed just now."""
    same: bool
    """Whether they agree."""


class Preview(_Body):
    """Facts to try out; nothing is filed."""

    round: str
    """Code of an open round."""
    chamber: Chamber
    """The chamber."""
    facts: Facts
    """Facts per item."""
    evidence: tuple[Evidence, ...] = ()
    """Files, if any."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/scorecards", tags=["评分卡 / scorecards"])

    @routes.get("/{application}", summary="评分卡 / A scorecard")
    async def read_scorecard(application: str, by: Reader) -> Scorecard:
        """The scorecard of an application: every item with value, rule, points, reason and evidence."""
        return (await desk.measured(await desk.readable(application, by))).card()

    @routes.get("/{application}/verification", summary="重算核验 / Recompute and compare")
    async def verify_scorecard(application: str, by: Reader) -> Verification:
        """Compute the scorecard anew and compare it with the digest that was announced."""
        record = await desk.readable(application, by)
        recomputed = (await desk.measured(record)).digest
        return Verification(announced=record.digest or "", recomputed=recomputed, same=recomputed == record.digest)

    @routes.post("/preview", summary="试评 / Try facts out")
    async def preview(body: Preview, by: Trier) -> Scorecard:
        """Score facts without filing them: what would they be worth, and what is missing."""
        require_chamber(by, body.chamber.code)
        try:
            standard = await desk.store.standard(body.round)
        except NotYet as unknown:
            raise NotFound(
                problem(
                    "round.unknown",
                    "round",
                    rule=(f"没有正在进行的认定周期 {body.round}", f"no round {body.round} is open"),
                    remedy=("核对周期代码", "check the round's code"),
                )
            ) from unknown
        return measure(body.facts, body.chamber, standard, body.evidence).card()

    return routes
