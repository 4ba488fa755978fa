"""The bulletin as open data: JSON for programs, Atom for readers. For anyone, without a token."""

import re
import uuid
from typing import Annotated, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.notify.domain.entry import Publication, PublicationKind
from services.notify.domain.honour import Row, Standing
from services.notify.store import Bulletin
from shared.contracts import Area, Instant, Level, Text
from shared.runtime.access import public
from shared.runtime.clock import Clock
from shared.runtime.http import Page, PageRequest

ATOM = "http://www.w3.org/2005/Atom"
_NEWEST = 50
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sihao:bulletin")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Item(BaseModel):
    """Something that appeared in the bulletin: an entry, or a later change of it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Stable id."""
    kind: PublicationKind
    """What it tells of."""
    title: Text
    """Its title."""
    summary: Text
    """In a sentence."""
    at: Instant
    """When it happened."""
    url: str
    """The page that shows it."""


class RegisterQuery(PageRequest):
    """Which part of the register."""

    area: Area | None = None
    """Chambers of this area and below."""
    level: Level | None = None
    """Chambers of this level."""
    status: Standing | None = None
    """Honours of this standing."""
    round: str | None = Field(default=None, pattern=r"^[A-Z0-9-]{3,40}$")
    """Honours of this round."""

    @model_validator(mode="before")
    @classmethod
    def _blank_is_any(cls, asked: Any) -> Any:
        """A form sends its empty fields, too."""
        return {name: value for name, value in asked.items() if value != ""} if isinstance(asked, dict) else asked


def router(bulletin: Bulletin, clock: Clock, site: str) -> APIRouter:
    """The endpoints; `site` is where the public pages are."""
    routes = APIRouter(tags=["公告数据 / open data"], dependencies=[public("the bulletin is for everyone")])

    @routes.get("/bulletin.json", summary="公告数据 / the bulletin as data")
    async def as_json() -> Page[Item]:
        """What appeared last, newest first."""
        return Page[Item](items=tuple(_item(publication, site) for publication in await latest(bulletin)))

    @routes.get("/bulletin.atom", summary="公告订阅 / the bulletin as a feed", response_class=Response)
    async def as_atom() -> Response:
        """What appeared last, newest first (Atom 1.0, RFC 4287)."""
        return Response(atom(await latest(bulletin), site), media_type="application/atom+xml")

    @routes.get("/register.json", summary="称号名册数据 / the register of honours as data")
    async def register(query: Annotated[RegisterQuery, Query()]) -> Page[Row]:
        """Honours with codes for round, level, area and chamber; read on with `after`."""
        rows = await rows_of(bulletin, clock, query)
        return Page[Row](items=tuple(rows), next=rows[-1].honour if len(rows) == query.limit else None)

    return routes


async def rows_of(bulletin: Bulletin, clock: Clock, query: RegisterQuery) -> list[Row]:
    """The lines of the register that are asked for."""
    now = clock.now()
    found = await bulletin.register(
        now=now,
        area=query.area,
        level=query.level,
        status=query.status,
        round_=query.round,
        limit=query.limit,
        after=query.after,
    )
    return [row for row in (entry.row(now) for entry in found) if row is not None]


async def latest(bulletin: Bulletin) -> list[Publication]:
    """What appeared last, newest first. Of single honours only revocations: grants are told by their announcement."""
    entries = [
        *await bulletin.rounds(_NEWEST),
        *await bulletin.notices(_NEWEST),
        *await bulletin.announcements(_NEWEST),
    ]
    found = [publication for entry in entries for publication in entry.publications()]
    for honour in await bulletin.revocations(_NEWEST):
        found += [publication for publication in honour.publications() if publication.id.endswith("#revoked")]
    return sorted(found, key=lambda publication: (publication.at, publication.id), reverse=True)[:_NEWEST]


def atom(publications: list[Publication], site: str) -> bytes:
    """An Atom 1.0 feed (RFC 4287). Ids are made of our ids only, so they stay when the address of the site changes."""
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "zh-CN"})
    _add(feed, "id", _urn("feed"))
    _add(feed, "title", "“四好”商会认定公告 / Bulletin of the Four-Good recognition")
    _add(feed, "updated", publications[0].at.isoformat() if publications else "1970-01-01T00:00:00+00:00")
    ET.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=f"{site}/bulletin.atom", type="application/atom+xml")
    ET.SubElement(feed, f"{{{ATOM}}}link", rel="alternate", href=f"{site}/", type="text/html")
    _add(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", "“四好”商会认定平台 / Sihao")
    for publication in publications:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "id", _urn(publication.id))
        _add(entry, "title", str(publication.title))
        _add(entry, "published", publication.at.isoformat())
        _add(entry, "updated", publication.at.isoformat())
        ET.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=address(site, publication), type="text/html")
        ET.SubElement(entry, f"{{{ATOM}}}category", term=publication.kind)
        _add(entry, "summary", str(publication.summary))
    ET.register_namespace("", ATOM)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def address(site: str, publication: Publication) -> str:
    """The address of the page that shows it."""
    return f"{site}/{quote(publication.page, safe='/?=')}"


def _item(publication: Publication, site: str) -> Item:
    return Item(
        id=publication.id,
        kind=publication.kind,
        title=publication.title,
        summary=publication.summary,
        at=publication.at,
        url=address(site, publication),
    )


def _add(parent: ET.Element, tag: str, content: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{tag}").text = _NOT_IN_XML.sub("", content)


def _urn(key: str) -> str:
    return uuid.uuid5(_NAMESPACE, key).urn
