"""The services as they are described: put together like in production, connected to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from services.intake import app as intake
from services.intake import handlers as intake_handlers
from services.intake.settings import IntakeSettings
from services.notify import app as notify
from services.notify import handlers as notify_handlers
from services.notify.settings import NotifySettings
from services.notify.store import People
from services.notify.wording import load_wording
from services.review import app as review
from services.review import handlers as review_handlers
from services.review.procedures import load as load_procedures
from services.review.settings import ReviewSettings
from services.review.store import ReviewStore
from services.scoring import app as scoring
from services.scoring import handlers as scoring_handlers
from services.scoring.settings import ScoringSettings
from services.scoring.store import ScoringStore
from shared.runtime.handlers import HandlerTable
from shared.runtime.mongo import Database

CENTRE_AND_HOSTED = "CN,33"
"""The areas of the centre that is described: itself, and a province that it hosts."""
PROVINCE = "35"
"""The area of the province's own review that is described."""

_SITE = "https://sihao.example"
_NOWHERE: dict[str, Any] = {
    "amqp_url": SecretStr("amqp://broker.example"),
    "mongo_url": SecretStr("mongodb://store.example"),
    "database": "described",
    "oidc_issuer": _SITE,
    "oidc_jwks_url": f"{_SITE}/jwks.json",
    "public_url": _SITE,
}


@dataclass(frozen=True)
class Described:
    """A service, as it is described."""

    table: HandlerTable
    """What it hears."""
    app: FastAPI
    """Its HTTP side."""

    @property
    def name(self) -> str:
        """The service."""
        return self.table.service

    @property
    def file(self) -> str:
        """The service and, for a province's own, its area: `review.35`."""
        return f"{self.name}.{self.table.scope}" if self.table.scope == PROVINCE else self.name


def described() -> tuple[Described, ...]:
    """All services, in the order of a round; review twice: the centre's and a province's own."""
    database = Database("mongodb://store.example", "described")
    centre = ReviewSettings(**_NOWHERE, areas=CENTRE_AND_HOSTED)
    province = ReviewSettings(**_NOWHERE, areas=PROVINCE)
    apps = (
        intake.create_app(IntakeSettings(**_NOWHERE)),
        scoring.create_app(ScoringSettings(**_NOWHERE)),
        review.create_app(centre),
        review.create_app(province),
        notify.create_app(NotifySettings(**_NOWHERE, smtp_host="mail.example", sender="sihao@sihao.example")),
    )
    try:
        return tuple(Described(table, app) for table, app in zip(tables(database), apps, strict=True))
    finally:
        database.close()


def tables(database: Database) -> Sequence[HandlerTable]:
    """The handler tables of all services over this store, in the order of a round; review's for centre and province."""
    return (
        intake_handlers.table(),
        scoring_handlers.table(ScoringStore(database)),
        _review(database, CENTRE_AND_HOSTED),
        _review(database, PROVINCE),
        notify_handlers.table(People(database), load_wording(_SITE)),
    )


def _review(database: Database, areas: str) -> HandlerTable:
    settings = ReviewSettings(**_NOWHERE, areas=areas)
    return review_handlers.table(ReviewStore(database), load_procedures(), settings.jurisdictions, settings.scope)
