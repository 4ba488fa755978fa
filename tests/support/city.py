"""A city that runs its own review beside the platform: its process, and its round from chambers to honours."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pymongo import AsyncMongoClient
from yarl import URL

from demo.api import Caller, each
from demo.parts import Application
from demo.stand import environment
from dev.ports import LOOPBACK, free_port
from dev.rabbit_api import RabbitApi
from sihao.province.admission import Centre, admit
from sihao.province.rights import Way
from tests.support.acts import import_chambers, open_round, round_body, submit
from tests.support.platform import Platform
from tests.support.toy_bench import until

CITY, COUNTY, CODE, LINE = "3502", "350203", "XM-2024", "xiamen-sihao"
SERVICE = "review-3502"
NAME, CONTACT, SAID = "匿名保护人林某", "lin-mou@example.org", "会员数字与年报不符（合成异议）"
EXPERTS = ("city-expert-1", "city-expert-2", "city-expert-3")
TURNED = {"item": "D1.c", "reason": {"zh": "年检结论已更正为不合格（演示）"}}
VISITORS = ("走访人甲某某", "走访人乙某某")
MINUTES, NOTE = "秘书长张某某陪同，电话 0592-0000000（合成纪要）", "内部备注：与王某某核对过（合成）"
AT_HOME = (NAME, CONTACT, SAID, *VISITORS, MINUTES, NOTE)
"""What the city's review knows of people, and what its officers write for themselves: it stays there."""
LAYER = """
id: x-35-city@1
area: "3502"
extends: city-honour@1
title: {zh: 厦门市认定程序（演示）, en: "Xiamen's procedure (demo)"}
stages:
  - before: shortlist
    stage:
      id: party_building
      kind: officer_decision
      title: {zh: 党建核查, en: Party building}
      who: city
      outcomes: [pass, decline]
      return_days: 5
      allowance_minutes: 0
      source: {zh: 厦门自定（演示）, en: Xiamen's own (demo)}
      fields:
        - {name: x-35-branch, type: yes_no, travels: true, title: {zh: 单独组建党组织, en: A branch of its own}}
fields:
  visit:
    - {name: x-35-site-score, type: number, min: 0, max: 10, travels: true, title: {zh: 走访评分, en: Visit}}
    - {name: x-35-minutes, type: text, title: {zh: 走访纪要, en: Minutes}}
criteria:
  - {code: 35.site, title: {zh: 走访, en: Visit}, source: {zh: 自定, en: own}, of: 5, field: x-35-site-score}
  - {code: 35.branch, title: {zh: 党建, en: Party}, source: {zh: 自定, en: own}, of: 2, field: x-35-branch}
"""
"""The city's own layer on the procedure: a stage, fields, criteria."""
APPLYING = 12
"""Chambers that apply: eleven of the city's, one of a county's. One is lost on the way, ten of eleven are the best."""


@asynccontextmanager
async def city_review(platform: Platform) -> AsyncIterator[str]:
    """Start the city's process with rights of its own; answers the name of its database."""
    stand, name = platform.stand, f"{platform.stand.databases['review']}_city"
    url = f"http://{LOOPBACK}:{free_port()}"
    async with AsyncExitStack() as stack:
        own = Path(stack.enter_context(TemporaryDirectory(prefix="sihao-city-")))
        (own / "city.yaml").write_text(LAYER, encoding="utf-8")
        amqp_url = platform.amqp_url
        if platform.backends.api:
            amqp_url = await stack.enter_async_context(_user(platform.backends.api, amqp_url))
        env = {
            **environment(platform.backends, stand.issuer, stand.clock),
            "SIHAO_AMQP_URL": amqp_url,
            "SIHAO_DATABASE": name,
            "SIHAO_PORT": url.rpartition(":")[2],
            "SIHAO_AREAS": CITY,
            "SIHAO_PROCEDURES": str(own),
        }
        command = [sys.executable, "-m", "services.review"]
        await stand.processes.start(SERVICE, command, env=env, ready_url=f"{url}/startupz", within=60)
        services: Any = stand.platform.services
        services[SERVICE] = url
        yield name
        if platform.backends.store is None:
            async with AsyncMongoClient[dict[str, object]](platform.backends.mongo_url) as client:
                await client.drop_database(name)


@asynccontextmanager
async def _user(api: RabbitApi, amqp_url: str) -> AsyncIterator[str]:
    """The city's address on the broker, admitted as a province is, no further than the city."""
    centre = Centre(api, amqp_url.rpartition("/")[2], str(URL(amqp_url).with_user(None)))
    join, _ = await admit(centre, CITY, Way.DIRECT, now=datetime.now(UTC))
    try:
        yield join.amqp_url()
    finally:
        await api.delete_user(join.user)


@dataclass
class CityRound:
    """The city's round as it goes on."""

    platform: Platform
    database: str
    service: str = SERVICE
    """Whose review it is: the city's own, or its province's."""
    layered: bool = True
    """Whether that review has the city's own stage and fields."""
    applicants: list[Application] = field(default_factory=list)
    notice: str = ""
    struck: str = ""
    """The case that a gate ends while it is on notice."""
    objected: str = ""
    """The case that somebody objects to."""
    announced: dict[str, Any] = field(default_factory=dict)

    @property
    def officer(self) -> Caller:
        """The city's."""
        return self.platform.stand.platform.officer(CITY)

    def case(self, one: Application) -> str:
        """The id of an applicant's case."""
        return f"{CODE}-{one.chamber.code}@{CITY}"

    async def play(self) -> None:
        """All of it."""
        await self.apply()
        await self.own_level_and_visits()
        await self.post(f"/shortlists/{CODE}/{CITY}/seal", {})
        await self.stage("expert_panel", APPLYING)
        await self.experts()
        await self.on_notice()
        await self.announce()

    async def apply(self) -> None:
        """Chambers of the city and of a county in it apply; one of them applies to the nation, too."""
        plain = [one for one in self.platform.scenario.applications if one.story is None]
        own = [one for one in plain if one.chamber.area == CITY][: APPLYING - 1]
        self.applicants = [*own, next(one for one in plain if one.chamber.area == COUNTY)]
        await import_chambers(self.platform, "35", [one.chamber.code for one in self.applicants])
        for one in (self.applicants[0], self.applicants[-1]):
            await self._register(f"secretary-{one.chamber.code}", "secretary", one.chamber.area, one.chamber.code)
        await self._register(f"officer-{CITY}", "officer", CITY, None)
        await open_round(self.platform, "CN-2024")
        await submit(self.platform, self.applicants[0], "CN-2024")
        body = {
            **round_body(self.platform, CODE),
            "area": CITY,
            "honour": LINE,
            "procedures": {"city": "city-honour@1"},
            "quotas": {CITY: APPLYING},
            "title": {"zh": "厦门市“四好”商会认定（演示）", "en": "Xiamen Four-Good chambers (demo)"},
        }
        await self.officer.put("intake", f"/rounds/{CODE}", body)
        await self.officer.post("intake", f"/rounds/{CODE}/freeze")
        await self.officer.post("intake", f"/rounds/{CODE}/open")
        await each(self.applicants, lambda one: submit(self.platform, one, CODE), at_once=4)
        await self.stage("own_level", APPLYING)

    async def own_level_and_visits(self) -> None:
        """A county passes its own chamber, the city the others; the city visits all of them, and looks at its own."""

        async def one(applicant: Application) -> None:
            path, area = f"/cases/{self.case(applicant)}", applicant.chamber.area
            await self.platform.stand.platform.officer(area).post(self.service, f"{path}/pass", {"note": {"zh": NOTE}})
            finding = {"item": "B2.i", "agrees": True, "text": {"zh": "与申报一致"}}
            now = self.platform.stand.clock.now().isoformat()
            report = {"at": now, "visitors": VISITORS, "findings": [finding]}
            await self.post(f"{path}/visits", report)
            score = self.applicants.index(applicant) % 11
            own = {"fields": {"x-35-site-score": score, "x-35-minutes": MINUTES}}
            await self.post(f"{path}/pass", own if self.layered else {})
            if self.layered:
                await self.post(f"{path}/pass", {"fields": {"x-35-branch": True}})

        await each(self.applicants, one)

    async def experts(self) -> None:
        """Three mark every case and vote for all."""
        for expert in EXPERTS:
            await self.officer.put(self.service, f"/experts/{expert}", {"fields": ["法律"], "area": "31"})

        async def one(applicant: Application) -> None:
            path = f"/cases/{self.case(applicant)}"
            await self.post(f"{path}/experts", {"experts": EXPERTS})
            for expert in EXPERTS:
                caller = self.platform.stand.platform.expert(expert)
                judged = (await caller.get(self.service, path))["judged"]
                await caller.post(self.service, f"{path}/marks", {"marks": judged})

        await each(self.applicants, one, at_once=6)
        await self.until(lambda cases: sum(bool(case["ready"]) for case in cases) == APPLYING)
        panel = (await self.post("/panels", {"round": CODE, "jurisdiction": CITY, "members": EXPERTS}))["id"]
        await self.officer.put(self.service, f"/panels/{panel}/attendance", {"present": EXPERTS})
        votes = {self.case(applicant): "yes" for applicant in self.applicants}
        for expert in EXPERTS:
            await self.post(f"/panels/{panel}/ballots", {"member": expert, "votes": votes})
        await self.post(f"/panels/{panel}/close", {})
        await self.stage("public_notice", APPLYING)

    async def on_notice(self) -> None:
        """Opened, objected to by somebody who asks to be withheld, corrected when a gate turns, ruled on, closed."""
        await self.gates()
        opened = await self.post("/notices", {"round": CODE, "jurisdiction": CITY})
        self.notice = f"/notices/{opened['id']}"
        self.objected, self.struck = self.case(self.applicants[0]), self.case(self.applicants[1])
        objection = {"case": self.objected, "text": SAID, "name": NAME, "contact": CONTACT}
        await self.platform.stand.platform.public.post(self.service, f"{self.notice}/objections", objection)
        anonymous = {"case": self.objected, "text": "匿名反映同一情况（合成异议）"}
        await self.platform.stand.platform.public.post(self.service, f"{self.notice}/objections", anonymous)
        await self.post(f"/cases/{self.struck}/gates", {"source": "登记机关（演示）", "turned": [TURNED]})
        reason = {"zh": "一家商会资格条件已变，予以撤下（演示）", "en": "a gate of one chamber turned (demo)"}
        await self.post(f"{self.notice}/corrections", {"reason": reason, "strike": [self.struck]})
        dismissed = {"outcome": "dismissed", "reason": {"zh": "经核查年报，数字相符", "en": "the figures agree"}}
        for number in (1, 2):
            await self.post(f"{self.notice}/objections/{number}/ruling", dismissed)
        self.platform.stand.clock.turn_by(timedelta(days=14))
        await self.stage("announcement", APPLYING - 1)

    async def announce(self) -> None:
        """The list, with its best ten."""
        await self.gates()
        body = {"round": CODE, "jurisdiction": CITY, "document": "厦演〔2024〕1 号", "title": {"zh": "通报（演示）"}}
        self.announced = await self.post("/announcements", body)
        await self.until(lambda cases: sum(case["status"] == "honoured" for case in cases) == APPLYING - 1)

    async def gates(self) -> None:
        """Every case that stands is looked up again."""
        standing = [case["id"] for case in await self.cases() if case["status"] == "open"]
        await each(standing, lambda id_: self.post(f"/cases/{id_}/gates", {"source": "登记机关（演示）"}))

    async def cases(self) -> list[dict[str, Any]]:
        """Every case that the city lists."""
        return await self.officer.every(self.service, "/cases", jurisdiction=CITY)

    async def stage(self, stage: str, wanted: int) -> None:
        """Wait until so many are there."""
        await self.until(lambda cases: sum(c["status"] == "open" and c["stage"] == stage for c in cases) == wanted)

    async def until(self, holds: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until the cases are so."""

        async def look() -> bool:
            return holds(await self.cases())

        await until(look, within=60)

    async def post(self, path: str, body: Any) -> Any:
        """The city's officer acts."""
        return await self.officer.post(self.service, path, body)

    async def _register(self, id_: str, role: str, area: str, chamber: str | None) -> None:
        profile = {
            "role": role,
            "name": "收件人（演示）",
            "mail": "inbox@example.org",
            "area": area,
            "chamber": chamber,
            "channels": ["inbox"],
            "language": "both",
        }
        await self.platform.stand.platform.operator().put("notify", f"/recipients/{id_}", profile)
