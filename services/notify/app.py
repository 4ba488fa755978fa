"""The composition root of notify."""

from fastapi import FastAPI

from services.notify import api, data, pages
from services.notify.handlers import table
from services.notify.languages import require
from services.notify.mail import SmtpTransport
from services.notify.postman import CommandDesk, Postman
from services.notify.register import Register
from services.notify.settings import NotifySettings
from services.notify.store import KINDS, Bulletin, Letters, People
from services.notify.wording import load_wording
from shared.contracts import text
from shared.runtime.service import Service


def create_app(settings: NotifySettings) -> FastAPI:
    """The whole service; raises before anything is served if a template is at fault."""
    service = Service("notify", settings, KINDS)
    people, letters, bulletin = People(service.database), Letters(service.database), Bulletin(service.database)
    register = Register(bulletin, service.clock, settings.certificates)
    wording = load_wording(settings.site, settings.languages)
    require(wording.languages, settings.language)
    service.listen(table(people, wording))
    service.reconcile()
    postman = Postman(
        queue=letters,
        directory=people,
        desk=CommandDesk(service.commands),
        transport=SmtpTransport(settings),
        clock=service.clock,
        settings=settings,
    )
    service.task("postman", postman.run)
    return service.http(
        title=text("通知服务", "notify"),
        description=text(
            "信函、站内信与公开公告：公示、通报、称号名册。",
            "Letters, the inbox and the public bulletin: notices, announcements, register of honours.",
        ),
        routers=[
            api.router(people, letters, service.commands, wording.languages),
            data.router(bulletin, register, settings.site),
            pages.router(bulletin, register, service.clock, wording.languages, settings.language),
        ],
    )
