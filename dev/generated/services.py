"""The services as they are described: put together like in production, connected to nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
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

    file: str
    """The name of its documents: the service, and for a province's own review its area."""
    table: HandlerTable
    """What it hears."""
    app: FastAPI
    """Its HTTP side."""

    @property
    def name(self) -> str:
        """The service."""
        return self.table.service


def described() -> tuple[Described, ...]:
    """All services, in the order of a round; review twice: the centre's and a province's own."""
    database = Database("mongodb://store.example", "described")
    apps = {
        "intake": intake.create_app(IntakeSettings(**_NOWHERE)),
        "scoring": scoring.create_app(ScoringSettings(**_NOWHERE)),
        "review": review.create_app(_review_settings(CENTRE_AND_HOSTED)),
        f"review.{PROVINCE}": review.create_app(_review_settings(PROVINCE)),
        "notify": notify.create_app(NotifySettings(**_NOWHERE, smtp_host="mail.example", sender="sihao@sihao.example")),
    }
    try:
        return tuple(Described(file, table(database), apps[file]) for file, table in TABLES.items())
    finally:
        database.close()


def _review_settings(areas: str) -> ReviewSettings:
    return ReviewSettings(**_NOWHERE, areas=areas)


def _review(areas: str) -> Callable[[Database], HandlerTable]:
    settings = _review_settings(areas)
    return lambda database: review_handlers.table(
        ReviewStore(database), _procedures(), settings.jurisdictions, settings.scope
    )


_procedures = cache(load_procedures)
_wording = cache(load_wording)

TABLES: dict[str, Callable[[Database], HandlerTable]] = {
    "intake": lambda _: intake_handlers.table(),
    "scoring": lambda database: scoring_handlers.table(ScoringStore(database)),
    "review": _review(CENTRE_AND_HOSTED),
    f"review.{PROVINCE}": _review(PROVINCE),
    "notify": lambda database: notify_handlers.table(People(database), _wording(_SITE)),
}
"""The handler table of every service over a store, in the order of a round."""
