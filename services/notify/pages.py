"""The public bulletin as pages, without any script: for a phone, for paper and for a screen reader."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notify.data import known, latest
from services.notify.domain import words
from services.notify.domain.entry import Entry
from services.notify.domain.notice import NoticeEntry, Version
from services.notify.languages import Language, chosen
from services.notify.register import Register, RegisterQuery
from services.notify.store import Bulletin
from services.notify.wording import HERE, load_places, load_provinces
from shared.contracts import CreditCode, Text, text
from shared.contracts.chamber_words import LEVELS, TYPES
from shared.kernel.change import NotFound
from shared.kernel.problem import problem
from shared.runtime.access import public
from shared.runtime.clock import Clock

_STATIC = {path.name: path.read_bytes() for path in (HERE / "static").iterdir()}
_MEDIA = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_NEWEST = 20
P = TypeVar("P", bound=Entry)
Show = Callable[..., HTMLResponse]
"""Shows a page, by the name of its template."""


def router(
    bulletin: Bulletin,
    register: Register,
    clock: Clock,
    languages: Mapping[str, Language] = MappingProxyType({}),
    language: str | None = None,
) -> APIRouter:
    """The pages; in the further language that a reader asks for, or the deployment's, too."""
    routes = APIRouter(include_in_schema=False, dependencies=[public("the bulletin is for everyone")])
    jinja = _environment(load_provinces(), load_places())

    async def shower(accept_language: Annotated[str, Header()] = "") -> Show:
        return _shower(jinja, clock, chosen(accept_language, languages, language), several=bool(languages))

    shown = Depends(shower)
    _register_pages(routes, bulletin, register, shower)

    @routes.get("/")
    async def home(show: Annotated[Show, shown]) -> HTMLResponse:
        now = clock.now()
        return show(
            "home.html",
            rounds=await bulletin.rounds(_NEWEST),
            notices=sorted(await bulletin.notices(_NEWEST), key=lambda entry: entry.window(now) != "open"),
            announcements=await bulletin.announcements(_NEWEST),
            counts=await bulletin.register_counts(),
            publications=(await latest(bulletin))[:10],
        )

    @routes.get("/rounds/{code}")
    async def round_(code: str, show: Annotated[Show, shown]) -> HTMLResponse:
        entry = _published(await bulletin.round(code))
        notices = await bulletin.notices(_NEWEST, code)
        announcements = await bulletin.announcements(_NEWEST, code)
        return show("round.html", entry=entry, notices=notices, announcements=announcements)

    @routes.get("/notices/{key:path}")
    async def notice(key: str, show: Annotated[Show, shown], version: int | None = None) -> HTMLResponse:
        entry = _published(await bulletin.notice(key))
        return show("notice.html", entry=entry, shown=_version(entry, version), versions=entry.versions())

    @routes.get("/announcements/{key:path}")
    async def announcement(key: str, show: Annotated[Show, shown]) -> HTMLResponse:
        entry = _published(await bulletin.announcement(key))
        honours = await bulletin.honours_of(entry.made.event.cases if entry.made else ())
        listed = [honour for honour in honours if not honour.within]
        rows = await register.lines(listed)
        rows.sort(key=lambda row: (row.area, row.code))
        by_honour = {row.honour: row for row in rows}
        row_of = {one.case: by_honour[one.id] for one in listed if one.id in by_honour}
        return show("announcement.html", entry=entry, rows=rows, row_of=row_of)

    @routes.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _STATIC:
            raise _missing()
        media = _MEDIA[Path(name).suffix]
        return Response(_STATIC[name], media_type=media, headers={"Cache-Control": "public, max-age=3600"})

    return routes


def _register_pages(routes: APIRouter, bulletin: Bulletin, register: Register, shower: Callable[..., Any]) -> None:
    """The register, a chamber in it, a plaque to be verified."""
    shown = Depends(shower)

    @routes.get("/register")
    async def register_(
        request: Request, query: Annotated[RegisterQuery, Query()], show: Annotated[Show, shown]
    ) -> HTMLResponse:
        rows = await register.page(query)
        more = str(request.url.include_query_params(after=rows[-1].honour).query) if len(rows) == query.limit else ""
        return show("register.html", rows=rows, query=query, more=more, rounds=await bulletin.rounds(_NEWEST))

    @routes.get("/verify")
    async def verify(show: Annotated[Show, shown], q: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
        asked = "".join(q.split())
        honours = await bulletin.verify(asked) if asked else []
        rows = await register.lines(honours)
        return show("verify.html", asked=asked, rows=rows)

    @routes.get("/chambers/{code}")
    async def chamber(code: CreditCode, show: Annotated[Show, shown]) -> HTMLResponse:
        return show("chamber.html", history=await known(register, code))


def _shower(jinja: Environment, clock: Clock, tongue: Language | None, *, several: bool) -> Show:
    headers = {
        "Content-Language": ", ".join(["zh-CN", *([tongue.tag] if tongue else []), "en"]),
        "Cache-Control": "public, max-age=30",
        **({"Vary": "Accept-Language"} if several else {}),
    }

    def show(page: str, **values: Any) -> HTMLResponse:
        html = jinja.get_template(page).render(now=clock.now(), tongue=tongue, **values)
        return HTMLResponse(html, headers=headers)

    return show


def _published(entry: P | None) -> P:
    """An entry that can be shown: known, and its first fact heard."""
    if entry is None or not entry.publications():
        raise _missing()
    return entry


def _version(entry: NoticeEntry, number: int | None) -> Version:
    """The version that was asked for; the one that stands if none was."""
    for one in reversed(entry.versions()):
        if number in (None, one.number):
            return one
    raise _missing()


def _missing() -> NotFound:
    return NotFound(
        problem(
            "bulletin.unknown",
            "id",
            rule=("公告中没有此页", "the bulletin has no such page"),
            remedy=("请从公告首页查找", "start from the bulletin's first page"),
        )
    )


def _environment(provinces: dict[str, Text], places: dict[str, Text]) -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(HERE / "templates" / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    jinja.filters |= words.filters(places)
    jinja.globals |= {
        "levels": LEVELS,
        "types": TYPES,
        "standings": words.STANDINGS,
        "windows": words.WINDOWS,
        "outcomes": words.OUTCOMES,
        "kinds": words.KINDS,
        "provinces": {"CN": text("全国", "nationwide"), **provinces},
    }
    return jinja
