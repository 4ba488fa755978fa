"""The register and the history of a chamber, walked as a citizen would: suspended, renamed, merged, carried on."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.notify.domain import chamber as chambers
from services.notify.domain import honour
from services.notify.domain.honour import Row
from services.notify.register import COLUMNS, as_csv
from shared.contracts import (
    ChamberMerged,
    ChamberRenamed,
    HonourCarried,
    HonourGranted,
    HonourReinstated,
    HonourSuperseded,
    HonourSuspended,
    text,
)
from tests.unit.notify.given import NOW, chamber, example, hear
from tests.unit.notify.test_pages import REVIEW, SITE, app

A, B = "51350200MJB00102XM", "51350800MJG00613R2"
LINE = "national-sihao"
FIRST, SECOND, CARRIED = f"{LINE}:{A}:CN-2018", f"{LINE}:{A}:CN-2020", f"{LINE}:{B}:CN-2020"
OLD, NEW, INTO = "厦门市旧名商会（虚构）", "厦门市新名商会（虚构）", "龙岩市承继商会（虚构）"


def term(key: str, round_: str, begins: int, ends: int) -> HonourGranted:
    """A grant to A, under its old name, valid between two days."""
    return example(
        HonourGranted,
        honour=key,
        round=round_,
        chamber=chamber(code=A, name=OLD),
        valid_from=NOW + timedelta(days=begins),
        valid_until=NOW + timedelta(days=ends),
    )


def suspended(number: int = 1) -> HonourSuspended:
    """The second honour is suspended."""
    return example(
        HonourSuspended, honour=SECOND, number=number, document="暂停〔1〕", reason=text("核查中", "an inquiry is open")
    )


def reinstated(number: int = 1) -> HonourReinstated:
    """And reinstated."""
    return example(HonourReinstated, honour=SECOND, number=number)


TERMS = [
    (honour.on_granted, term(FIRST, "CN-2018", -900, -100)),
    (honour.on_granted, term(SECOND, "CN-2020", -100, 600)),
    (honour.on_superseded, example(HonourSuperseded, honour=FIRST, by=SECOND)),
]
RENAMED = (chambers.on_renamed, example(ChamberRenamed, chamber=chamber(code=A, name=NEW), former=OLD, number=1))
MERGER = [
    RENAMED,
    (
        chambers.on_merged,
        example(
            ChamberMerged,
            chamber=chamber(code=A, name=NEW),
            into=chamber(code=B, area="3508", name=INTO),
            document="合并〔2〕",
        ),
    ),
    (
        honour.on_carried,
        example(
            HonourCarried,
            honour=CARRIED,
            round="CN-2020",
            origin=SECOND,
            chamber=chamber(code=B, area="3508", name=INTO),
            document="承继〔3〕",
            valid_from=NOW - timedelta(days=1),
            valid_until=NOW + timedelta(days=600),
        ),
    ),
    (honour.on_superseded, example(HonourSuperseded, honour=SECOND, by=CARRIED)),
]


def bulletin(*heard: Any) -> dict[str, Any]:
    """What was heard, by entry."""
    found: dict[str, Any] = {}
    for minutes, (decide, event) in enumerate(heard):
        change = hear(decide, found.get(event.subject), event, NOW - timedelta(minutes=90 - minutes))
        if change:
            found[event.subject] = change.state
    return found


async def walk(found: dict[str, Any], *paths: str) -> AsyncIterator[httpx2.Response]:
    """The answers of these addresses, one after the other."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app(found)), base_url=SITE) as web:
        for path in paths:
            yield await web.get(path)


async def get(found: dict[str, Any], path: str) -> httpx2.Response:
    """The answer of one."""
    async for answer in walk(found, path):
        return answer
    raise AssertionError(path)


async def test_a_valid_honour_leads_to_its_certificate_and_a_suspended_one_does_not() -> None:
    page = (await get(bulletin(*TERMS), f"/verify?q={SECOND}")).text
    assert f'href="{REVIEW}/honours/{SECOND}/certificate.pdf"' in page
    assert f'href="{REVIEW}/honours/{SECOND}/credential"' in page
    page = (await get(bulletin(*TERMS, (honour.on_suspended, suspended())), f"/verify?q={SECOND}")).text
    assert "certificate.pdf" not in page
    assert "已暂停" in page
    assert "核查中（暂停〔1〕）" in page
    assert "does not hold for now" in page


async def test_what_was_reinstated_holds_again_and_the_feed_tells_both() -> None:
    found = bulletin(*TERMS, (honour.on_suspended, suspended()), (honour.on_reinstated, reinstated()))
    row = next(r for r in (await get(found, "/register.json")).json()["items"] if r["honour"] == SECOND)
    assert (row["status"], row["suspended_by"], row["suspended_because"]) == ("valid", None, None)
    titles = [item["title"]["en"] for item in (await get(found, "/bulletin.json")).json()["items"]]
    assert [title.rpartition(": ")[2] for title in titles] == ["honour reinstated", "honour suspended"]


@pytest.mark.parametrize(
    ("heard", "status"),
    [
        ([suspended(1), reinstated(1), suspended(2)], "suspended"),
        ([suspended(2), suspended(1), reinstated(1)], "suspended"),
        ([reinstated(1), suspended(1)], "valid"),
    ],
)
async def test_a_standing_follows_from_what_was_said_in_any_order(heard: list[Any], status: str) -> None:
    told = {HonourSuspended: honour.on_suspended, HonourReinstated: honour.on_reinstated}
    found = bulletin(*TERMS, *((told[type(event)], event) for event in heard))
    assert found[SECOND].status == status


def test_a_suspended_honour_expires_with_its_time() -> None:
    row = bulletin(*TERMS, (honour.on_suspended, suspended()))[SECOND].row(NOW + timedelta(days=600))
    assert (row.status, row.suspended_by) == ("expired", "暂停〔1〕")


async def test_a_renamed_chamber_keeps_the_name_as_of_the_grant_and_shows_the_present_one() -> None:
    found = bulletin(*TERMS, RENAMED)
    page = (await get(found, f"/verify?q={A}")).text
    assert OLD in page
    assert f"{NEW} <span" in page
    history = (await get(found, f"/chambers/{A}.json")).json()
    assert (history["name"], [row["name"] for row in history["honours"]]) == (NEW, [OLD, OLD])
    assert [(one["former"], one["name"]) for one in history["names"]] == [(OLD, NEW)]


async def test_the_history_of_a_chamber_links_every_honour_to_the_one_before() -> None:
    history = (await get(bulletin(*TERMS), f"/chambers/{A}.json")).json()
    assert [(row["honour"], row["predecessor"], row["superseded_by"]) for row in history["honours"]] == [
        (FIRST, None, SECOND),
        (SECOND, FIRST, None),
    ]
    assert [row["document"] for row in history["honours"]] == [example(HonourGranted).document] * 2
    assert history["merged"] is None


async def test_a_merger_is_linked_both_ways_and_every_link_of_both_pages_leads_somewhere() -> None:
    found = bulletin(*TERMS, *MERGER)
    gone = (await get(found, f"/chambers/{A}.json")).json()
    on = (await get(found, f"/chambers/{B}.json")).json()
    assert (gone["merged"]["into"], gone["merged"]["document"]) == (B, "合并〔2〕")
    assert [(one["code"], one["name"]) for one in on["absorbed"]] == [(A, NEW)]
    assert [(row["honour"], row["predecessor"], row["status"]) for row in on["honours"]] == [(CARRIED, SECOND, "valid")]
    assert [row["status"] for row in gone["honours"]] == ["superseded", "superseded"]
    assert {row["merged_into"] for row in gone["honours"]} == {B}
    for start in (f"/chambers/{A}", f"/chambers/{B}", f"/verify?q={A}", f"/verify?q={B}"):
        page = await get(found, start)
        assert page.status_code == 200
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', page.text)}
        assert any(A in link or B in link for link in links)
        async for answer in walk(found, *(link for link in links if not link.startswith("/rounds/"))):
            assert answer.status_code == 200, answer.url
    assert "已并入" in (await get(found, f"/verify?q={A}")).text
    assert INTO in (await get(found, f"/chambers/{A}")).text


async def test_the_register_and_a_history_as_csv_are_coded_data() -> None:
    found = bulletin(*TERMS, *MERGER)
    for path, wanted in (("/register.csv", [FIRST, SECOND, CARRIED]), (f"/chambers/{A}.csv", [FIRST, SECOND])):
        answer = await get(found, path)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [line["honour"] for line in lines] == wanted
        assert {"line", "round", "level", "area", "code", "name", "document", "status"} <= lines[0].keys()
    empty = await get({}, "/register.csv")
    assert empty.content.decode("utf-8-sig").strip() == ",".join(COLUMNS)


def test_a_name_that_a_spreadsheet_would_run_is_only_text() -> None:
    row = bulletin(*TERMS)[FIRST].row(NOW)
    assert isinstance(row, Row)
    [line] = csv.DictReader(io.StringIO(as_csv([row.model_copy(update={"name": "=1+1"})]).decode("utf-8-sig")))
    assert line["name"] == "'=1+1"


@pytest.mark.parametrize("path", [f"/chambers/{B}", f"/chambers/{B}.json", f"/chambers/{B}.csv"])
async def test_a_chamber_without_honours_has_no_page(path: str) -> None:
    assert (await get(bulletin(*TERMS), path)).status_code == 404
