"""The review service, put together."""

from fastapi import FastAPI

from services.review import procedures, sanctions
from services.review.absence import Absence
from services.review.api import routers
from services.review.api.desk import Desk
from services.review.clerk import Clerk
from services.review.handlers import table
from services.review.issuing import Issuer
from services.review.printing import Printer
from services.review.recalling import restorable
from services.review.settings import ReviewSettings
from services.review.store import KINDS, ReviewStore
from shared.contracts.text import text
from shared.lines import load as load_lines
from shared.runtime.service import Service


def create_app(settings: ReviewSettings) -> FastAPI:
    """The service for the jurisdictions that the settings name."""
    library = procedures.library(settings.procedures, settings.jurisdictions)
    service = Service("review", settings, KINDS, scope=settings.scope)
    store = ReviewStore(service.database)
    absence = Absence(store, settings.jurisdictions)
    heard = table(store, library, settings.jurisdictions, settings.scope)
    service.listen(heard, after=absence.over)
    service.health.add("custody", absence.told, advisory=True)
    service.reconcile(restorable(heard, store, settings.jurisdictions))
    clerk = Clerk(store, service.commands, service.clock, limit=settings.export_rows, every=settings.export_every)
    service.task("clerk", clerk.run)
    desk = Desk(
        store,
        service.commands,
        service.clock,
        library,
        sanctions.load(),
        settings.jurisdictions,
        issuer=Issuer.load(settings),
        printer=Printer(settings.fonts, load_lines(settings.lines)),
        bulletin=(settings.bulletin_url or settings.public_url).rstrip("/"),
        centre_keys=service.guard.of_the_centre() if service.guard and service.signer else (),
    )
    where = "、".join(settings.jurisdictions)
    return service.http(
        title=text(f"审核服务（{where}）", f"Review ({', '.join(settings.jurisdictions)})"),
        description=text(
            "从评分到称号：本级审核、省级把关、专家评审、公示与通报。",
            "From scorecard to honour: review at the own level, provincial gate, experts, public notice, announcement.",
        ),
        routers=routers(desk),
    )
