"""A city's own round, played over HTTP on the real services: its own review, its rights, its honours, its best ten."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from demo.api import RefusedError, refused
from dev.backends import Backends
from services.review.store import KINDS
from shared.contracts import (
    EVENTS,
    AnnouncementMade,
    CaseAdvanced,
    CaseDeclined,
    CaseOpened,
    HonourGranted,
    HonourWithheld,
    MarksSettled,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
    PanelDecided,
    ShortlistSealed,
)
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.runtime.mongo import Database
from sihao.replaying import replayed
from sihao.verification import Verification
from tests.e2e.listener import Heard, listening
from tests.support.city import (
    APPLYING,
    AT_HOME,
    CITY,
    CODE,
    CONTACT,
    LINE,
    MINUTES,
    NAME,
    NOTE,
    SAID,
    SERVICE,
    VISITORS,
    CityRound,
    city_review,
)
from tests.support.platform import a_platform

IN_THE_ROUND = (
    CaseOpened,
    CaseAdvanced,
    CaseDeclined,
    ShortlistSealed,
    MarksSettled,
    PanelDecided,
    NoticeOpened,
    NoticeCorrected,
    NoticeClosed,
    ObjectionFiled,
    ObjectionRuled,
    AnnouncementMade,
    HonourGranted,
    HonourWithheld,
)
"""Of what a province may write, what a whole round says; what the others may say is in `test_stays_at_home.py`."""


@dataclass(frozen=True)
class Played:
    """The round after its last act, and every event that was announced meanwhile."""

    city: CityRound
    heard: list[Heard]

    @property
    def of_the_city(self) -> list[Heard]:
        """What the city's review announced."""
        return [
            one for one in self.heard if f"@{CITY}" in one.body.decode() and one.wire.startswith(("case.", "honour."))
        ]


@pytest.fixture(scope="module")
async def played(backends: Backends) -> AsyncIterator[Played]:
    """Played once."""
    async with (
        a_platform(backends, "city") as platform,
        city_review(platform) as database,
        listening(platform.amqp_url) as heard,
    ):
        city = CityRound(platform, database)
        await city.play()
        yield Played(city, heard)


async def test_the_citys_round_has_its_cases_in_the_city_alone(played: Played) -> None:
    cases = await played.city.cases()
    assert len(cases) == APPLYING
    assert {case["round"] for case in cases} == {CODE}, "the nation's round is the province's to review"
    province = played.city.platform.stand.platform.officer("35")
    found = await province.every("review-35", "/cases", jurisdiction="35")
    assert [case["round"] for case in found] == ["CN-2024"]
    assert sorted(case["status"] for case in cases) == ["declined", *["honoured"] * (APPLYING - 1)]


async def test_what_the_city_announces_travels_under_its_own_words(played: Played) -> None:
    assert played.of_the_city
    assert {one.key.removeprefix(one.wire + ".")[:5] for one in played.of_the_city} == {"35.02"}
    text = await played.city.platform.stand.platform.operator().text(SERVICE, "/metrics")
    assert "sihao_dead_letters 0" in text or "sihao_dead_letters{" not in text


async def test_of_those_honoured_ten_are_the_best_by_points_and_everybody_can_read_why(played: Played) -> None:
    public = played.city.platform.stand.platform.public
    made = await public.get(SERVICE, f"/announcements/{played.city.announced['id']}")
    places = made["distinction"]["entries"]
    assert [place["distinguished"] for place in places] == [True] * 10 + [False]
    points = [float(place["points"]) for place in places]
    assert points == sorted(points, reverse=True)
    [announced] = {one.body for one in played.heard if one.wire == AnnouncementMade.wire()}
    assert AnnouncementMade.model_validate_json(announced).model_dump(mode="json")["distinction"] == made["distinction"]
    rows = await public.every(SERVICE, "/honours", round=CODE)
    by_line = {line: {row["code"] for row in rows if row["line"] == line} for line in (LINE, f"{LINE}-top10")}
    assert len(by_line[LINE]) == APPLYING - 1
    assert len(by_line[f"{LINE}-top10"]) == 10
    assert by_line[f"{LINE}-top10"] < by_line[LINE]


async def test_letters_name_the_organ_that_acted(played: Played) -> None:
    platform = played.city.platform
    for one in (played.city.applicants[0], played.city.applicants[-1]):
        token = platform.token("secretary", chamber=one.chamber.code)
        wanted = ("申报进入审核：福建省厦门市工商联", "认定“四好”商会")
        inbox = await platform.comes(
            "notify",
            "/inbox?limit=200",
            token=token,
            holds=lambda page: all(any(w in str(letter) for letter in page["items"]) for w in wanted),  # noqa: B023
        )
        granted = next(letter for letter in inbox["items"] if "认定“四好”商会" in str(letter))
        assert "认定单位：福建省厦门市工商联" in str(granted)
    officer = platform.token("officer", area=CITY)
    await platform.comes("notify", "/inbox?limit=200", token=officer, holds=lambda page: "号异议，请核查" in str(page))


async def test_the_notice_was_corrected_and_both_versions_can_be_read(played: Played) -> None:
    public = played.city.platform.stand.platform.public
    notice = await public.get(SERVICE, played.city.notice)
    assert (notice["version"], len(notice["candidates"])) == (2, APPLYING - 1)
    assert [(v["number"], v["candidates"]) for v in notice["versions"]] == [(1, APPLYING), (2, APPLYING - 1)]
    first = await public.get(SERVICE, f"{played.city.notice}/versions/1")
    assert (first["current"], len(first["candidates"])) == (False, APPLYING)
    page = await public.text("notify", played.city.notice)
    assert "予以撤下" in page
    assert f"共 {APPLYING} 家" in await public.text("notify", f"{played.city.notice}?version=1")
    assert any(one.wire == NoticeCorrected.wire() for one in played.heard)
    with pytest.raises(RefusedError):
        await public.get(SERVICE, f"{played.city.notice}/versions/3")


async def test_who_objected_is_told_to_the_deciding_office_and_on_record(played: Played) -> None:
    city, path = played.city, f"{played.city.notice}/objections"
    for area in ("35", "CN", "350203", "3501"):
        other = city.platform.stand.platform.officer(area)
        for asked in (other.get(SERVICE, path), other.post(SERVICE, f"{path}/1/identity", {"reason": "想知道"})):
            with pytest.raises(RefusedError) as refusal:
                await asked
            assert refusal.value.status == 403
    one, anonymous = await city.officer.get(SERVICE, path)
    assert (one["text"], one["withheld"], one["anonymous"]) == (SAID, True, False)
    assert NAME not in str(one)
    assert anonymous["anonymous"]
    seen = await city.post(f"{path}/1/identity", {"reason": "当面核实"})
    assert seen == {"name": NAME, "contact": CONTACT, "withheld": True}
    await refused(city.post(f"{path}/2/identity", {"reason": "当面核实"}), "objection.nobody-named")
    one, _ = await city.officer.get(SERVICE, path)
    [look] = one["looks"]
    assert (look["by"]["id"], look["reason"]) == (f"officer-{CITY}", "当面核实")


async def test_the_objectors_name_and_words_appear_nowhere_else(played: Played) -> None:
    city, platform = played.city, played.city.platform
    public, operator = platform.stand.platform.public, platform.stand.platform.operator()
    secretary = platform.stand.platform.secretary(city.applicants[0].chamber.code)
    said: dict[str, str] = {f"event {one.wire}": one.body.decode() + str(one.headers) for one in played.heard}
    said |= {
        "notice": str(await public.get(SERVICE, city.notice)),
        "notices": str(await public.get(SERVICE, "/notices")),
        "page": await public.text("notify", city.notice),
        "feed": await public.text("notify", "/bulletin.atom"),
        "inbox": str(await secretary.every("notify", "/inbox")),
        "officer's inbox": str(await city.officer.every("notify", "/inbox")),
        "letters": str(await operator.every("notify", "/letters")),
        "timeline": str(await secretary.get("intake", f"/applications/{city.objected.partition('@')[0]}")),
        "case": str(await city.officer.get(SERVICE, f"/cases/{city.objected}")),
        "history": str(await city.officer.get(SERVICE, f"/cases/{city.objected}/history")),
        "metrics": await operator.text(SERVICE, "/metrics"),
        "export": await _export(city),
    }
    said |= {f"log of {child.name}": child.log.read_text("utf-8") for child in platform.stand.processes}
    assert {where for where, words in said.items() if any(word in words for word in (NAME, CONTACT, SAID))} == set()
    assert set(EVENTS) >= {one.wire for one in played.heard}


async def test_nothing_that_the_city_knows_of_people_leaves_it_in_any_event(played: Played) -> None:
    city = played.city
    case = await city.officer.get(SERVICE, f"/cases/{city.objected}")
    assert all(word in str(case) for word in (*VISITORS, MINUTES, NOTE)), "it is there, for the office"
    told = {one.wire for one in played.heard if one.wire in PROVINCE_MAY_WRITE}
    assert told >= {event.wire() for event in IN_THE_ROUND}, "the round has to have said what is looked through"
    said = [f"{one.key} {one.headers} {one.body.decode()}" for one in played.heard]
    assert {word for word in AT_HOME for event in said if word in event} == set()
    escaped = {word: json.dumps(word)[1:-1] for word in AT_HOME}
    assert {word for word, code in escaped.items() for event in said if code in event} == set()


async def test_the_citys_own_fields_travel_under_its_name_and_its_own_points_rank_its_list(played: Played) -> None:
    city = played.city
    seen = await city.officer.get(SERVICE, f"/cases/{city.objected}")
    assert seen["procedure"] == "x-35-city@1"
    assert [stage["id"] for stage in seen["stages"]][1:4] == ["visit", "party_building", "shortlist"]
    assert (seen["own_score"]["points"], seen["own_score"]["of"]) == ("2.00", "7")
    later = [one for one in played.of_the_city if one.wire == "case.advanced.v1" and city.objected in one.body.decode()]
    bodies = [json.loads(one.body) for one in later]
    assert {body["passed"]: body.get("x-35-site-score") for body in bodies}["own_level"] is None
    assert {body["passed"]: body.get("x-35-branch") for body in bodies}["shortlist"] is True
    [sealed] = {one.body for one in played.heard if one.wire == ShortlistSealed.wire()}
    entries = ShortlistSealed.model_validate_json(sealed).entries
    cases = {case: await city.officer.get(SERVICE, f"/cases/{case}") for case in (entry.case for entry in entries)}
    sums = [entry.points + Decimal(cases[entry.case]["own_score"]["points"]) for entry in entries]
    assert sums == sorted(sums, reverse=True)
    assert all(entry.why and f"合计 {total} 分" in entry.why.zh for entry, total in zip(entries, sums, strict=True))


async def test_the_citys_record_is_whole_and_computes_again_to_the_same(played: Played, mongo_url: str) -> None:
    database = Database(mongo_url, played.city.database)
    verification = Verification(database)
    await verification.store(KINDS)
    assert verification.found.documents
    assert verification.found.broken == []
    again = await replayed(database, None, CODE)
    database.close()
    assert again.differences == []
    looked = again.compared
    assert (looked["announcements"], looked["cases"], looked["shortlists"], looked["panels"]) == (1, APPLYING, 1, 1)


async def _export(city: CityRound) -> str:
    """Every cell of the office's workbook."""
    asked = await city.post("/exports", {"round": CODE})
    token = city.platform.token("officer", area=CITY)
    path = f"/exports/{asked['id']}"
    await city.platform.comes(SERVICE, path, token=token, holds=lambda export: bool(export["status"] == "done"))
    answer = await city.platform.call("GET", SERVICE, f"{path}/file", token=token)
    sheets: Any = load_workbook(io.BytesIO(answer.content)).worksheets
    return str([row for sheet in sheets for row in sheet.values])
