"""The public bulletin as pages, data and feed, over a bulletin in memory."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from defusedxml.ElementTree import fromstring
from fastapi import FastAPI

from services.notify import data, pages
from services.notify.domain import announcement, honour, notice, rounds
from services.notify.domain.announcement import AnnouncementEntry
from services.notify.domain.chamber import ChamberEntry
from services.notify.domain.honour import HonourEntry
from services.notify.domain.notice import NoticeEntry
from services.notify.domain.rounds import RoundEntry
from services.notify.register import Register
from shared.contracts import (
    AnnouncementMade,
    Candidate,
    Distinction,
    DistinctionEntry,
    HonourGranted,
    HonourRevoked,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
    RoundOpened,
    text,
)
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.tokens import Verifier
from tests.unit.notify.given import NOW, TurnedClock, chamber, example, hear, settings

SITE = "https://sihao.example"
REVIEW = "https://review.sihao.example"
EVIL = '<script>alert("x")</script>'
CODE = "51350200MJB00102XM"
HONOUR = f"national-sihao:{CODE}:CN-2020"


def entries() -> dict[str, Any]:
    """A round, an open notice with a ruled and an open objection, an announcement of two, an honour, a revoked one."""
    shown = [Candidate(case=f"c-{n}", chamber=chamber(name=f"{EVIL}{n}"), points=Decimal("80.50")) for n in (1, 2)]
    window = {"opens": NOW - timedelta(days=1), "closes": NOW + timedelta(days=6), "candidates": tuple(shown)}
    heard: list[tuple[Any, Any]] = [
        (rounds.on_opened, example(RoundOpened)),
        (notice.on_opened, example(NoticeOpened, notice="n/1", title=text(EVIL, "Notice"), **window)),
        (notice.on_filed, example(ObjectionFiled, notice="n/1", number=1)),
        (notice.on_filed, example(ObjectionFiled, notice="n/1", number=2, chamber=chamber(name="不得出现商会"))),
        (notice.on_ruled, example(ObjectionRuled, notice="n/1", number=1, case="c-1", chamber=shown[0].chamber)),
        (announcement.on_made, example(AnnouncementMade, announcement="a-1", cases=("c-1", "c-2"))),
        (honour.on_granted, _granted(HONOUR, case="c-1")),
        (honour.on_granted, _granted("h-2", case="c-9")),
        (honour.on_revoked, example(HonourRevoked, honour="h-2")),
    ]
    found: dict[str, Any] = {}
    for hours, (decide, event) in enumerate(heard):
        change = hear(decide, found.get(event.subject), event, NOW - timedelta(hours=20 - hours))
        assert change
        found[event.subject] = change.state
    return found


def _granted(key: str, **changes: object) -> HonourGranted:
    years = {"valid_from": NOW - timedelta(days=1), "valid_until": NOW + timedelta(days=700)}
    return example(HonourGranted, honour=key, chamber=chamber(code=CODE), **years, **changes)


class Shelf:
    """The bulletin in memory."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found

    def _all(self, kind: type[Any]) -> list[Any]:
        return [entry for entry in self.found.values() if isinstance(entry, kind)]

    async def announcement(self, key: str) -> Any:
        """One announcement."""
        return self.found.get(key)

    async def notice(self, key: str) -> Any:
        """One notice."""
        return self.found.get(key)

    async def round(self, code: str) -> Any:
        """One round."""
        return self.found.get(code)

    async def rounds(self, limit: int) -> list[Any]:
        """All rounds."""
        return self._all(RoundEntry)[:limit]

    async def notices(self, limit: int, round_: str | None = None) -> list[Any]:
        """All notices, or those of a round."""
        return [e for e in self._all(NoticeEntry) if round_ in {None, e.opened.event.round}][:limit]

    async def announcements(self, limit: int, round_: str | None = None) -> list[Any]:
        """All announcements, or those of a round."""
        return [e for e in self._all(AnnouncementEntry) if round_ in {None, e.made.event.round}][:limit]

    async def decided(self, limit: int) -> list[Any]:
        """Honours that something was decided about."""
        return [e for e in self._all(HonourEntry) if e.decided][:limit]

    async def chambers(self, codes: Any) -> dict[str, Any]:
        """Chambers with a change of registration."""
        return {e.id: e for e in self._all(ChamberEntry) if e.id in codes}

    async def absorbed(self, code: str) -> list[Any]:
        """Chambers that were merged into this one."""
        return [e for e in self._all(ChamberEntry) if e.merged and e.merged.event.into.code == code]

    async def predecessors(self, honours: Any) -> dict[str, str]:
        """By honour, the one whose place it took."""
        return {e.successor: e.id for e in self._all(HonourEntry) if e.successor in honours}

    async def of_chamber(self, code: str) -> list[Any]:
        """All honours of a chamber."""
        return [e for e in self._all(HonourEntry) if e.granted.event.chamber.code == code]

    async def honours_of(self, cases: tuple[str, ...]) -> list[Any]:
        """Honours to which these cases led."""
        return [e for e in self._all(HonourEntry) if e.granted.event.case in cases]

    async def verify(self, asked: str) -> list[Any]:
        """Honours by credit code or id."""
        return [e for e in self._all(HonourEntry) if asked in {e.id, e.granted.event.chamber.code}]

    async def register(self, *, limit: int, after: str | None, area: str | None, **_: object) -> list[Any]:
        """Honours of an area, by id."""
        listed = sorted(self._all(HonourEntry), key=lambda e: e.id)
        inside = [e for e in listed if e.granted.event.chamber.area.startswith(area or "")]
        return [e for e in inside if e.id > (after or "")][:limit]

    async def register_counts(self) -> dict[str, int]:
        """How many, per status."""
        return {"valid": 1, "revoked": 1}


def app(found: dict[str, Any]) -> FastAPI:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield

    shelf: Any = Shelf(found)
    clock = TurnedClock()
    register = Register(shelf, clock, {"national-sihao": f"{REVIEW}/"})
    return create_http(
        text("通知", "notify"),
        "1",
        routers=[data.router(shelf, register, SITE), pages.router(shelf, register, clock)],
        lifespan=life,
        verifier=Verifier(settings()),
        health=Health(),
    )


def client(found: dict[str, Any]) -> httpx2.AsyncClient:
    """Somebody who reads the pages of this bulletin."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app(found)), base_url=SITE)


@pytest.fixture(scope="module")
async def web() -> AsyncIterator[httpx2.AsyncClient]:
    async with client(entries()) as reader:
        yield reader


PAGES = ["/", "/rounds/CN-2020", "/notices/n%2F1", "/announcements/a-1", "/register", f"/verify?q={CODE}", "/verify"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_whole_escaped_and_without_script_or_inline_style(web: httpx2.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert answer.status_code == 200
    page = answer.text
    assert page.startswith("<!doctype html>")
    assert '<html lang="zh-CN">' in page
    assert "<script" not in page
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert page.count("<h1") == 1
    assert '<main id="content"' in page
    assert '<link rel="stylesheet" href="/static/notify.css">' in page
    assert answer.headers["content-language"] == "zh-CN, en"
    assert len(re.findall(r"<(?:article|section|table|div|ul|ol|dl|form)\b", page)) == len(
        re.findall(r"</(?:article|section|table|div|ul|ol|dl|form)>", page)
    )


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_of_a_page_leads_somewhere(web: httpx2.AsyncClient, path: str) -> None:
    links = set(re.findall(r'href="(/[^"]*)"', (await web.get(path)).text))
    known = {"/rounds/CN-2018"}  # the round of an example, which no test opened
    for link in links - known:
        assert (await web.get(link.replace("&amp;", "&"))).status_code == 200, link


async def test_an_empty_bulletin_says_so() -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app({})), base_url=SITE) as client:
        home, feed = await client.get("/"), await client.get("/bulletin.atom")
    assert "目前没有公示" in home.text
    assert fromstring(feed.content).findall(f"{{{data.ATOM}}}entry") == []


async def test_a_notice_shows_its_window_candidates_rulings_and_versions(web: httpx2.AsyncClient) -> None:
    page = (await web.get("/notices/n%2F1")).text
    assert "公示中" in page
    assert "2026年11月27日 16:00（北京时间）" in page
    assert "27 Nov 2026, 16:00 (China time, UTC+8)" in page
    assert "80.5" in page
    assert "异议成立，已排除" in page
    assert "核查中" in page
    assert "不得出现商会" not in page
    assert page.index("收到第 1 号异议") < page.index("收到第 2 号异议") < page.index("第 1 号异议成立")


async def test_an_announcement_says_how_many_names_are_still_to_come(web: httpx2.AsyncClient) -> None:
    page = (await web.get("/announcements/a-1")).text
    assert "已登载 1 / 2 家" in page
    assert example(AnnouncementMade).document in page
    assert CODE in page


async def test_an_announcement_shows_the_root_of_all_decisions(web: httpx2.AsyncClient) -> None:
    decisions = example(AnnouncementMade).decisions
    assert decisions
    page = (await web.get("/announcements/a-1")).text
    assert f"共 {decisions.size} 项，根：<code>{decisions.root}</code>" in page


async def test_a_plaque_is_verified_by_credit_code_or_number(web: httpx2.AsyncClient) -> None:
    by_code = (await web.get("/verify", params={"q": f" {CODE} "})).text
    assert "有效" in by_code
    assert "已撤销" in by_code
    by_number = (await web.get("/verify", params={"q": HONOUR})).text
    assert HONOUR in by_number
    assert "已撤销" not in by_number
    unknown = (await web.get("/verify", params={"q": EVIL})).text
    assert "名册中没有" in unknown
    assert EVIL not in unknown


async def test_the_register_as_data(web: httpx2.AsyncClient) -> None:
    first = (await web.get("/register.json", params={"limit": 1})).json()
    second = (await web.get("/register.json", params={"limit": 1, "after": first["next"]})).json()
    rows = first["items"] + second["items"]
    assert [row["honour"] for row in rows] == ["h-2", HONOUR]
    assert rows[1]["status"] == "valid"
    assert {
        "honour",
        "round",
        "level",
        "area",
        "code",
        "name",
        "document",
        "valid_from",
        "valid_until",
        "status",
    } <= set(rows[1])
    assert rows[0]["status"] == "revoked"
    assert rows[0]["revoked_because"]["zh"]


async def test_blank_fields_of_the_form_mean_any(web: httpx2.AsyncClient) -> None:
    blank = await web.get("/register?area=&level=&status=&round=")
    assert blank.status_code == 200
    none = await web.get("/register.json?area=370000")
    assert none.json() == {"items": [], "next": None}
    wrong = await web.get("/register.json?area=x")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "query.area"


async def test_the_feed_is_atom_with_stable_unique_ids(web: httpx2.AsyncClient) -> None:
    answer = await web.get("/bulletin.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = fromstring(answer.content)
    names = {"a": data.ATOM}
    found = feed.findall("a:entry", names)
    ids = [entry.findtext("a:id", namespaces=names) for entry in found]
    updated = [entry.findtext("a:updated", namespaces=names) for entry in found]
    assert len(ids) == len(set(ids)) == 7
    assert all(id_ and id_.startswith("urn:uuid:") for id_ in ids)
    assert updated == sorted(updated, reverse=True)
    assert feed.findtext("a:updated", namespaces=names) == updated[0]
    for element in (feed, *found):
        for required in ("id", "title", "updated"):
            assert element.findtext(f"a:{required}", namespaces=names)
    assert feed.find("a:author/a:name", names) is not None
    assert fromstring((await web.get("/bulletin.atom")).content).findtext("a:entry/a:id", namespaces=names) == ids[0]
    terms = [entry.find("a:category", names).get("term") for entry in found]
    assert sorted(terms) == ["announcement", "honour", "notice", "objection", "objection", "round", "ruling"]


async def test_the_bulletin_as_data_links_to_its_pages(web: httpx2.AsyncClient) -> None:
    items = (await web.get("/bulletin.json")).json()["items"]
    assert {item["kind"] for item in items} == {"round", "notice", "objection", "ruling", "announcement", "honour"}
    for item in items:
        assert item["url"].startswith(f"{SITE}/")
        assert (await web.get(item["url"].removeprefix(SITE))).status_code == 200


async def test_characters_that_xml_forbids_do_not_break_the_feed() -> None:
    title = text("公示\x0b标题", "Notice")
    change = hear(notice.on_opened, None, example(NoticeOpened, title=title), NOW)
    assert change
    assert "公示标题" in data.atom(list(change.state.publications()), SITE).decode()


@pytest.mark.parametrize(
    "path", ["/notices/none", "/rounds/NONE", "/announcements/none", "/static/../app.py", "/static/x"]
)
async def test_what_is_not_there_is_not_found(web: httpx2.AsyncClient, path: str) -> None:
    answer = await web.get(path, headers={"accept": "application/json"})
    assert answer.status_code == 404


async def test_an_entry_that_is_not_published_yet_has_no_page() -> None:
    change = hear(notice.on_filed, None, example(ObjectionFiled, notice="n-9"), NOW)
    assert change
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app({"n-9": change.state})), base_url=SITE) as client:
        assert (await client.get("/notices/n-9")).status_code == 404


async def test_the_style_sheet_is_served(web: httpx2.AsyncClient) -> None:
    answer = await web.get("/static/notify.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "@media print" in answer.text
    assert (await web.get("/static/seal.svg")).headers["content-type"] == "image/svg+xml"


async def test_a_corrected_notice_shows_what_stands_and_every_version_before() -> None:
    found = entries()
    before = found["n/1"].opened.event
    event = example(
        NoticeCorrected,
        notice="n/1",
        number=2,
        title=text("更正的公示", "Corrected"),
        candidates=before.candidates[:1],
        closes=NOW + timedelta(days=9),
        reason=text("一家撤回", "one withdrew"),
        at=NOW - timedelta(hours=1),
    )
    change = hear(notice.on_corrected, found["n/1"], event, NOW - timedelta(hours=1))
    assert change
    found["n/1"] = change.state
    async with client(found) as reader:
        now, first, third = [
            await reader.get("/notices/n/1", params=asked) for asked in ({}, {"version": 1}, {"version": 3})
        ]
    assert "更正的公示" in now.text
    assert "一家撤回" in now.text
    assert "共 1 家" in now.text
    assert "/notices/n/1?version=1" in now.text
    assert "共 2 家" in first.text
    assert "已被更正" in first.text
    assert third.status_code == 404


async def test_an_announcement_lists_the_best_by_rank_beside_all_that_are_recognised() -> None:
    found = entries()
    made = found["a-1"].made.event
    places = tuple(
        DistinctionEntry(
            case=f"c-{n}", points=Decimal(90 - n), rank=n, distinguished=n == 1, why=text(f"名次{n}", f"{n}")
        )
        for n in (1, 2)
    )
    best = Distinction(line="national-sihao-top10", title=text("十佳四好商会", "Ten Best"), quota=1, entries=places)
    found["a-1"] = found["a-1"].but(
        made=found["a-1"].made.model_copy(update={"event": made.model_copy(update={"distinction": best})})
    )
    further = _granted("top", case="c-1", within="national-sihao", called=best.title)
    change = hear(honour.on_granted, None, further, NOW)
    assert change
    found["top"] = change.state
    async with client(found) as reader:
        page = await reader.get("/announcements/a-1")
        plaque = await reader.get("/verify", params={"q": "top"})
    assert "名次1" in page.text
    assert "名次2" not in page.text
    assert "已登载 1 / 2 家" in page.text, "a distinction is not counted beside the honour"
    assert "：十佳四好商会" in plaque.text
