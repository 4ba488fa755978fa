"""Links to evidence: asked for by a federation that may see the application, good for minutes, every use on record."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.access import Reader, permitted
from services.intake.api.evidence import FILE, Hash, file_of
from services.intake.domain.application import Application, Place
from services.intake.domain.link import LONGEST, Ask, Fetch, Link, ask, fetch, no_link
from services.intake.passes import Passes
from services.intake.store import LINKS, IntakeStore
from shared.contracts import CENTRE, Area, Instant, Sha256
from shared.kernel.actor import PUBLIC, Actor
from shared.kernel.command import refused
from shared.kernel.identity import command_id
from shared.kernel.problem import problem
from shared.runtime.access import allow, public
from shared.runtime.commands import Commands
from shared.runtime.http import IdempotencyKey
from shared.runtime.logs import get_logger
from shared.runtime.problems import Forbidden

Officer = Annotated[Actor, allow(officer="own area")]
log = get_logger(__name__)


class LinkBody(BaseModel):
    """For how long."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    minutes: int = Field(default=LONGEST, ge=1, le=LONGEST)
    """Minutes."""


class LinkView(BaseModel):
    """A link. Whoever has it can fetch the file until it ends: hand it on to nobody."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    url: str
    """Where the file is fetched, without a token."""
    expires: Instant
    """Until when."""


class LinkUse(BaseModel):
    """Who was given a link, and when it was used."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    file: Sha256
    """Which file."""
    area: Area
    """The federation."""
    by: str | None
    """The officer who asked, by the token's subject; null for the chamber."""
    asked: Instant
    """When."""
    expires: Instant
    """Until when it was good."""
    fetched: tuple[Instant, ...]
    """When it was used."""


def router(store: IntakeStore, commands: Commands, passes: Passes | None, site: str) -> APIRouter:
    """Giving links, using them, and the ledger; `site` is the address under which callers reach this service."""
    routes = APIRouter(tags=["证明材料 / evidence"])

    @routes.post(
        "/applications/{application}/evidence/{sha256}/links", status_code=201, summary="申请链接 / ask for a link"
    )
    async def give(application: str, sha256: Hash, body: LinkBody, by: Officer, key: IdempotencyKey) -> LinkView:
        """A link to one file, for minutes, for the officer's federation."""
        found = await permitted(store, application, by)
        _require_nominated(by, found)
        file_of(found, sha256)
        if place := found.kept.get(sha256):
            raise _elsewhere(place)
        if passes is None:
            raise _no_key()
        area = by.area or CENTRE
        command = Ask(by=by, application=application, file=sha256, area=area, minutes=body.minutes)
        id_ = command_id(by.id, f"link {application}/{sha256}", key)
        done = await commands.do(LINKS, id_, command, ask, what="ask-link", by=by, idempotency_key=key)
        if done.state is None:
            raise no_link()
        written = passes.write(id_, done.state)
        return LinkView(url=f"{site}/evidence/{sha256}?link={written}", expires=done.state.expires)

    @routes.get(
        "/evidence/{sha256}",
        response_class=StreamingResponse,
        responses=FILE,
        dependencies=[public("the link itself is the permission: signed, for one file, for minutes")],
        summary="凭链接下载 / download by a link",
    )
    async def use(sha256: Hash, link: Annotated[str, Query(max_length=1000)] = "") -> StreamingResponse:
        """The file, if the link is ours, whole, and still good; every use is on record."""
        if passes is None:
            raise no_link()
        id_ = passes.read(link, sha256)
        done = await commands.do(LINKS, id_, Fetch(file=sha256), fetch, what="fetch", by=PUBLIC)
        given = done.state
        found = await store.application(given.application) if given else None
        if given is None or found is None:
            raise no_link()
        file = file_of(found, sha256)
        log.info(
            "evidence.fetched", application=given.application, file=sha256, area=given.area, uses=len(given.fetched)
        )
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "Content-Length": str(file.size),
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
            "ETag": f'"{sha256}"',
        }
        return StreamingResponse(store.file(sha256), media_type=file.media_type, headers=headers)

    @routes.get("/applications/{application}/links", summary="链接台账 / who was given links")
    async def ledger(application: str, by: Reader) -> tuple[LinkUse, ...]:
        """The newest 200 links to files of the application, newest first."""
        await permitted(store, application, by)
        return tuple(_use(link, private=by.role == "secretary") for link in await store.links(application))

    return routes


def _use(link: Link, *, private: bool) -> LinkUse:
    return LinkUse(
        file=link.file,
        area=link.area,
        by=None if private else link.by.id,
        asked=link.asked,
        expires=link.expires,
        fetched=link.fetched,
    )


def _require_nominated(by: Actor, found: Application) -> None:
    """The centre reads files of what applies to it directly, or was nominated to it.

    Raises:
        Forbidden: it was not.
    """
    direct = found.chamber.level == "national"
    if by.area == CENTRE and not direct and not any(step.status == "nominated" for step in found.steps):
        raise Forbidden(
            problem(
                "evidence.not-nominated",
                "token.area",
                rule=(
                    "该申报尚未由省级推荐上报，材料由其所在省查阅。",
                    "Its province has not nominated it; until then its files are for that province.",
                ),
                remedy=("请待推荐上报后再申请，或请该省查阅。", "Ask again once it is nominated, or ask the province."),
            )
        )


def _elsewhere(place: Place) -> Exception:
    return refused(
        "evidence.kept-elsewhere",
        "sha256",
        rule=(
            f"该材料存于 {place.area} 的材料库，不在本服务。",
            f"The file is in the store of {place.area}, not here.",
        ),
        remedy=(f"请到该处查阅：{place.at}", f"Ask there: {place.at}"),
    )


def _no_key() -> Exception:
    return refused(
        "evidence.links-off",
        "SIHAO_SIGNING_KEY",
        rule=("本部署没有签名密钥，不签发链接。", "This deployment has no signing key and gives no links."),
        remedy=(
            "请运维设置 SIHAO_SIGNING_KEY；在此之前请登录后直接下载。",
            "Have the operators set SIHAO_SIGNING_KEY; until then sign in and download the file itself.",
        ),
    )
