"""The bulletin as open data: JSON for programs, CSV for tables, Atom for readers. For anyone, without a token."""

import re
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.notify.domain.entry import Publication, PublicationKind
from services.notify.domain.honour import Row
from services.notify.register import History, Register, RegisterFilter, RegisterQuery, as_csv
from services.notify.store import Bulletin
from shared.contracts import CreditCode, Instant, Text
from shared.kernel.change import NotFound
from shared.kernel.problem import problem
from shared.runtime.access import public
from shared.runtime.http import Page

ATOM = "http://www.w3.org/2005/Atom"
_NEWEST = 50
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sihao:bulletin")
_DECIDED = re.compile("#(suspended|reinstated|ended|revoked)")
CSV_TYPE = "text/csv; charset=utf-8"
CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "表格 / a table", "content": {"text/csv": {"schema": {"type": "string"}}}}
}
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


def router(bulletin: Bulletin, register: Register, site: str) -> APIRouter:
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
    async def page(query: Annotated[RegisterQuery, Query()]) -> Page[Row]:
        """Honours with codes for round, level, area and chamber; read on with `after`."""
        rows = await register.page(query)
        return Page[Row](items=tuple(rows), next=rows[-1].honour if len(rows) == query.limit else None)

    @routes.get(
        "/register.csv",
        response_class=Response,
        responses=CSV,
        summary="称号名册 CSV / the register of honours as CSV",
    )
    async def table(asked: Annotated[RegisterFilter, Query()]) -> StreamingResponse:
        """All that is asked for, in the order of the honours' ids; the same columns as the data."""
        return StreamingResponse(_table(register, asked), media_type=CSV_TYPE, headers=_named("register.csv"))

    @routes.get("/chambers/{code}.json", summary="一家商会的称号历史 / a chamber's history")
    async def history(code: CreditCode) -> History:
        """Every honour over all rounds, with predecessors; the names it bore; mergers, in both directions."""
        return await known(register, code)

    @routes.get("/chambers/{code}.csv", response_class=Response, responses=CSV, summary="同上，CSV / the same as CSV")
    async def history_table(code: CreditCode) -> Response:
        """Its honours, oldest first."""
        found = await known(register, code)
        return Response(as_csv(found.honours), media_type=CSV_TYPE, headers=_named(f"{code}.csv"))

    return routes


async def known(register: Register, code: str) -> History:
    """A chamber's history.

    Raises:
        NotFound: it never held an honour.
    """
    found = await register.history(code)
    if found is None:
        raise NotFound(
            problem(
                "register.unknown",
                "code",
                rule=(f"名册中没有商会 {code} 的称号。", f"The register has no honour of chamber {code}."),
                remedy=("请核对 18 位统一社会信用代码。", "Check the credit code of 18 characters."),
            )
        )
    return found


async def _table(register: Register, asked: RegisterFilter) -> AsyncIterator[bytes]:
    yield as_csv(())
    async for rows in register.every(asked):
        yield as_csv(rows, head=False)


def _named(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file}"'}


async def latest(bulletin: Bulletin) -> list[Publication]:
    """What appeared last, newest first. Of single honours what was decided: grants are told by their announcement."""
    entries = [
        *await bulletin.rounds(_NEWEST),
        *await bulletin.notices(_NEWEST),
        *await bulletin.announcements(_NEWEST),
    ]
    found = [publication for entry in entries for publication in entry.publications()]
    for honour in await bulletin.decided(_NEWEST):
        found += [publication for publication in honour.publications() if _DECIDED.search(publication.id)]
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
