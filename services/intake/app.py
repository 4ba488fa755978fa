"""Intake put together."""

from fastapi import FastAPI

from services.intake.api import applications, chambers, evidence, items, links, mergers, receipts, rounds
from services.intake.handlers import table
from services.intake.keeper import Keeper
from services.intake.passes import Passes
from services.intake.settings import IntakeSettings
from services.intake.store import KINDS, IntakeStore
from shared.contracts.text import text
from shared.lines import load as load_lines
from shared.runtime.service import Service


def create_app(settings: IntakeSettings) -> FastAPI:
    """The running service as an HTTP application."""
    service = Service("intake", settings, KINDS)
    store = IntakeStore(service.database)
    keeper = Keeper(store, service.commands, service.clock, every=settings.keep_every)
    service.listen(table())
    service.reconcile()
    service.task("keeper", keeper.run)
    return service.http(
        title=text("申报", "Intake"),
        description=text(
            "商会、认定周期、申报与证明材料；回执证明所交内容与时间，时间线随时可查。",
            "Chambers, rounds, applications, evidence; a receipt proves content and time, a timeline says where it is.",
        ),
        routers=[
            chambers.router(store, service.commands, keeper, service.clock),
            mergers.router(store, service.commands),
            rounds.router(store, service.commands, load_lines(settings.lines)),
            applications.router(store, service.commands),
            items.router(store, service.commands),
            evidence.router(store, service.commands, service.clock),
            links.router(store, service.commands, Passes.load(settings), settings.public_url.rstrip("/")),
            receipts.router(store),
        ],
    )
