"""What there is to restore of each service: its handler table over a store, its documents, its own facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.intake import handlers as intake
from services.intake import store as intake_store
from services.notify import handlers as notify
from services.notify import store as notify_store
from services.notify.wording import load_wording
from services.review import handlers as review
from services.review import recalling
from services.review import store as review_store
from services.review.procedures import load as load_procedures
from services.review.settings import ReviewSettings
from services.scoring import handlers as scoring
from services.scoring import store as scoring_store
from shared.contracts.area import parse_area
from shared.contracts.event import Event
from shared.runtime.handlers import HandlerTable
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.recollection import Restorable

SERVICES = ("intake", "scoring", "review", "notify")
KINDS: Mapping[str, Sequence[Kind[Any]]] = {
    "intake": intake_store.KINDS,
    "scoring": scoring_store.KINDS,
    "review": review_store.KINDS,
    "notify": notify_store.KINDS,
}
"""What each of them keeps."""


def restorable(service: str, database: Database, *, areas: str, site: str) -> Restorable:
    """What there is to know of a service.

    Args:
        service: One of `SERVICES`.
        database: Its store.
        areas: Of review: the jurisdictions it serves, by comma.
        site: Of notify: the address that letters name.

    Raises:
        ValueError: `areas` names no areas.
    """
    match service:
        case "intake":
            return Restorable(intake.table(), _nothing(service), intake_store.KINDS, _all)
        case "scoring":
            table = scoring.table(scoring_store.ScoringStore(database))
            return Restorable(table, _nothing(service), scoring_store.KINDS, _all)
        case "notify":
            table = notify.table(notify_store.People(database), load_wording(site))
            return Restorable(table, notify.recalled(), notify_store.KINDS, _all)
    written = ",".join(parse_area(area.strip()) for area in areas.split(","))
    settings = ReviewSettings.model_construct(areas=written)
    ours = settings.jurisdictions
    store = review_store.ReviewStore(database)
    return recalling.restorable(review.table(store, load_procedures(), ours, settings.scope), store, ours)


def _nothing(service: str) -> HandlerTable:
    return HandlerTable(service)


def _all(_: Event) -> bool:
    return True
