"""HTTP of scoring: scorecards to read and to verify, a preview without filing anything, the rubrics."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.scoring.domain.decide import measured_of
from services.scoring.domain.record import Record
from services.scoring.domain.rubric import Rubric
from services.scoring.domain.score import measure
from services.scoring.domain.scorecard import Scorecard
from services.scoring.library import rubric, rubric_ids
from services.scoring.store import ScoringStore
from shared.contracts.chambers import Chamber, Evidence, Facts
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound, NotYet, Refused
from shared.kernel.problem import problem
from shared.runtime.access import allow, public, require_area, require_chamber

Reader = Annotated[Actor, allow(secretary="own chamber", officer="own area", operator="any area")]
Trier = Annotated[Actor, allow(secretary="own chamber", officer="any area")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class RubricSummary(_Body):
    """A rubric version, in a line."""

    rubric: str
    """What a round refers to, e.g. `sihao-2019@1`."""
    title: Text
    """Its name."""
    digest: str
    """SHA-256 of its canonical content."""
    parameters: dict[str, Text]
    """What a round has to fill in, by name."""


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


def router(store: ScoringStore) -> APIRouter:
    """The endpoints."""
    routes = APIRouter()

    async def readable(application: str, by: Actor) -> Record:
        record = await store.record(application)
        require_area(by, record.area)
        if record.submission:
            require_chamber(by, record.submission.chamber.code)
        return record

    async def card_of(record: Record) -> Scorecard:
        round_code = record.submission.round if record.submission else ""
        return measured_of(record, await store.standard(round_code))[0].card()

    @routes.get("/scorecards/{application}", tags=["评分卡 / scorecards"], summary="评分卡 / A scorecard")
    async def read_scorecard(application: str, by: Reader) -> Scorecard:
        """The scorecard of an application: every item with value, rule, points, reason and evidence."""
        return await card_of(await readable(application, by))

    @routes.get(
        "/scorecards/{application}/verification",
        tags=["评分卡 / scorecards"],
        summary="重算核验 / Recompute and compare",
    )
    async def verify_scorecard(application: str, by: Reader) -> Verification:
        """Compute the scorecard anew and compare it with the digest that was announced."""
        record = await readable(application, by)
        card = await card_of(record)
        return Verification(announced=record.digest or "", recomputed=card.digest, same=card.digest == record.digest)

    @routes.post("/scorecards/preview", tags=["评分卡 / scorecards"], summary="试评 / Try facts out")
    async def preview(body: Preview, by: Trier) -> Scorecard:
        """Score facts without filing them: what would they be worth, and what is missing."""
        require_chamber(by, body.chamber.code)
        try:
            standard = await store.standard(body.round)
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

    @routes.get("/rubrics", tags=["标准 / rubrics"], dependencies=[public("the standard is public")])
    async def list_rubrics() -> list[RubricSummary]:
        """The rubric versions."""
        return [
            RubricSummary(
                rubric=known.key,
                title=known.title,
                digest=known.digest,
                parameters={name: parameter.text for name, parameter in known.parameters.items()},
            )
            for known in map(rubric, rubric_ids())
        ]

    @routes.get("/rubrics/{key}", tags=["标准 / rubrics"], dependencies=[public("the standard is public")])
    async def read_rubric(key: str) -> dict[str, Any]:
        """One rubric version, complete."""
        return _known(key).model_dump(mode="json", by_alias=True, exclude_none=True)

    return routes


def _known(key: str) -> Rubric:
    try:
        return rubric(key)
    except Refused as unknown:
        raise NotFound(*unknown.problems) from unknown
