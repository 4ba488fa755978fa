"""Scoring, put together."""

from fastapi import FastAPI

from services.scoring.api import routers
from services.scoring.api.desk import Desk
from services.scoring.domain.decide import announcement_of, publish_rubric
from services.scoring.handlers import table
from services.scoring.library import rubric, rubric_ids
from services.scoring.settings import ScoringSettings
from services.scoring.store import KINDS, RUBRICS, ScoringStore
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.runtime.service import Service


def create_app(settings: ScoringSettings) -> FastAPI:
    """The scoring service."""
    service = Service("scoring", settings, KINDS)
    store = ScoringStore(service.database)
    service.listen(table(store))
    service.reconcile()

    async def publish() -> None:
        for known in map(rubric, rubric_ids()):
            fact, by = announcement_of(known), Actor(id="scoring", role="service")
            await service.commands.do(RUBRICS, known.key, fact, publish_rubric, what="publish", by=by)

    service.startup(publish)
    return service.http(
        title=text("四好评分服务", "Sihao scoring"),
        description=text("依标准评分，每一分都能说明来由", "Scores by the rubric; every point explains itself"),
        routers=routers(Desk(store, service.commands)),
    )
