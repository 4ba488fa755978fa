"""One of every kind of document, made through the public API, so that access to it can be tried."""

import hashlib
from collections.abc import Iterable
from itertools import islice
from typing import Any

from tests.support.acts import begin, draft_round, import_chambers, open_round, round_body, submit
from tests.support.platform import Platform

HELD = "2021-03-01T08:00:00+08:00"
OBJECTION = "合成异议：会员大会未达法定人数"
MAIL = "mi-shu@example.org"
PERSON = "米秘书"
GUIDE = "示例指导人"
CITY, CENTRE, PROVINCE = "3502", "CN", "35"
EXPERTS = tuple(f"expert-{n}" for n in range(1, 6))
"""Seated at the centre's case; `expert-6` is in the pool and not seated."""


async def one_of_each(platform: Platform, *, spare: Iterable[str]) -> dict[str, Any]:
    """Make them, and a recipient `spare-…` for each of `spare`; answers what requests need to name them."""
    made = _Made(platform)
    await made.chambers()
    await made.rounds()
    await made.people(spare)
    await made.applications()
    await made.improvement()
    await made.province_case()
    await made.exports()
    await made.centre_case()
    await made.draw()
    await made.panel()
    await made.leadership()
    await made.notice()
    await made.honours()
    await made.merger()
    await made.letters()
    return made.names


class _Made:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.city, self.national = platform.applicant(CITY), platform.applicant(CENTRE)
        self.round = "CN-2024"
        code = self.city.chamber.code
        others = (a.chamber for a in platform.scenario.applications if a.chamber.area == CITY)
        other, self.gone = islice((chamber for chamber in others if chamber.code != code), 2)
        self.names: dict[str, Any] = {
            "round": self.round,
            "draft_round": f"{self.round}-B",
            "body_c": round_body(platform, f"{self.round}-C"),
            "body_35": {**round_body(platform, "FJ-2024"), "area": PROVINCE, "honour": "fujian-sihao"},
            "code": code,
            "other_code": other.code,
            "gone": self.gone.code,
            "chamber": self.city.chamber.model_dump(mode="json"),
            "name": self.city.chamber.name,
            "application": f"{self.round}-{code}",
            "draft": f"{self.round}-B-{code}",
            "case35": f"{self.round}-{code}@35",
            "case_cn": f"{self.round}-{self.national.chamber.code}@CN",
            "secretary": f"secretary-{code}",
            "objection": OBJECTION,
            "mail": MAIL,
            "person": PERSON,
        }
        self.officer = {area: platform.token("officer", area=area) for area in (CENTRE, PROVINCE, CITY)}
        self.operator = platform.token("operator")

    async def chambers(self) -> None:
        """The city's two chambers by the province's list, the national one by the centre's."""
        city = [self.names["code"], self.names["other_code"]]
        self.names["list_35"] = await import_chambers(self.platform, PROVINCE, city)
        await import_chambers(self.platform, CENTRE, [self.national.chamber.code])
        await import_chambers(self.platform, PROVINCE, [self.gone.code])

    async def rounds(self) -> None:
        """Two that are open, and one that is drafted."""
        await open_round(self.platform, self.round)
        await open_round(self.platform, self.names["draft_round"])
        await draft_round(self.platform, f"{self.round}-C")

    async def people(self, spare: Iterable[str]) -> None:
        """The secretary; and people who can be erased."""
        self.names["profile"] = {
            "role": "secretary",
            "name": PERSON,
            "mail": MAIL,
            "area": CITY,
            "chamber": self.names["code"],
            "channels": ["mail", "inbox"],
            "language": "both",
        }
        subscriber = {**self.names["profile"], "role": "subscriber", "chamber": None, "channels": []}
        expert: dict[str, Any] = {**subscriber, "role": "expert", "area": "31"}
        people = {self.names["secretary"]: self.names["profile"], "expert-1": expert}
        people |= {f"spare-{name}": subscriber for name in spare}
        for id_, profile in people.items():
            await self.done("PUT", "notify", f"/recipients/{id_}", self.operator, json=profile)

    async def applications(self) -> None:
        """One handed in for the city's chamber and for the national one; one begun, in the other round."""
        await submit(self.platform, self.city, self.round)
        await submit(self.platform, self.national, self.round)
        await begin(self.platform, self.city, self.names["draft_round"])
        for application, file in (("application", "file"), ("draft", "draft_file")):
            found = await self.done("GET", "intake", f"/applications/{self.names[application]}", self.operator)
            self.names[file] = found["evidence"][0]["sha256"]
        found = await self.done("GET", "intake", f"/applications/{self.names['application']}", self.operator)
        self.names["receipt"] = {key: found["receipt"][key] for key in ("number", "digest")}

    async def improvement(self) -> None:
        """A plan for the city's chamber by its federation; its consent to be shown on one clause."""
        application, code = self.names["application"], self.names["code"]
        card = await self.platform.comes("scoring", f"/scorecards/{application}", token=self.officer[CITY])
        weak = card["shortfalls"][0]["item"]
        entry = {"item": weak, "guide": GUIDE, "target": "2099-12-31", "proof": {"zh": "合成材料"}}
        body = {"application": application, "digest": card["digest"], "items": [entry]}
        plan = await self.done("POST", "scoring", "/plans", self.officer[CITY], json=body)
        self.names |= {"weak": weak, "plan_body": body, "plan": plan["id"], "guide": GUIDE}
        secretary = self.platform.token("secretary", chamber=code)
        await self.done("PUT", "scoring", f"/exemplars/{code}/clauses/A1", secretary)

    async def province_case(self) -> None:
        """Wait for the case in Fujian; a pool of its own there."""
        province = self.officer[PROVINCE]
        await self.platform.comes("review-35", f"/cases/{self.names['case35']}", token=province)
        await self.done("PUT", "review-35", "/experts/expert-1", province, json={"fields": ["法律"], "area": PROVINCE})

    async def exports(self) -> None:
        """Of the city's officer and of the operator, finished; each with another one to delete."""
        askers = {"city": self.officer[CITY], "operator": self.operator}
        for name in ("export", "spare_export"):
            for who, token in askers.items():
                export = await self.done("POST", "review-35", "/exports", token, json={"round": self.round})
                self.names[f"{name}_{who}"] = export["id"]
        for who, token in askers.items():
            path = f"/exports/{self.names[f'export_{who}']}"
            await self.platform.comes("review-35", path, token=token, holds=lambda e: bool(e["status"] == "done"))

    async def centre_case(self) -> None:
        """Passed at the centre, its experts proposed and seated, marked by five; the marking closed."""
        centre, path = self.officer[CENTRE], f"/cases/{self.names['case_cn']}"
        await self.platform.comes("review", path, token=centre)
        for expert in (*EXPERTS, "expert-6"):
            await self.done("PUT", "review", f"/experts/{expert}", centre, json={"fields": ["法律"], "area": "31"})
        await self.done("POST", "review", f"{path}/pass", centre, json={})
        finding = {"item": "B2.i", "agrees": True, "text": {"zh": "合成走访"}}
        now = self.platform.stand.clock.now().isoformat()
        report = {"at": now, "visitors": ["甲", "乙"], "findings": [finding], "photos": ["0" * 64]}
        await self.done("POST", "review", f"{path}/visits", centre, json=report)
        await self.done("POST", "review", f"{path}/pass", centre, json={})
        assigning = f"/assignments/{self.round}/{CENTRE}"
        wishes = {"seed": "合成种子", "capacity": 1, "experts": EXPERTS}
        made = await self.done("POST", "review", f"{assigning}/proposal", centre, json=wishes)
        self.names["proposal"] = made["proposal"]
        seated = await self.done("POST", "review", assigning, centre, json={"proposal": made["proposal"]})
        assert seated == {"seated": [self.names["case_cn"]], "refused": {}}
        for expert in EXPERTS:
            token = self.platform.token("expert", sub=expert)
            judged = (await self.done("GET", "review", path, token))["judged"]
            body = {"marks": judged, "reasons": {item: {"zh": "合成理由"} for item in judged}}
            await self.done("POST", "review", f"{path}/marks", token, json=body)
        cohort = await self.done("POST", "review", "/cohorts", centre, json={"round": self.round})
        self.names["cohort"] = cohort["id"]
        await self.platform.comes("review", path, token=centre, holds=lambda case: bool(case["ready"]))

    async def draw(self) -> None:
        """Promised, and the seed not told."""
        promise = hashlib.sha256("合成种子".encode()).hexdigest()
        body = {"round": self.round, "purpose": {"zh": "合成抽签"}, "commitments": [promise], "count": 3}
        made = await self.done("POST", "review", "/draws", self.officer[CENTRE], json=body)
        self.names |= {"draw": made["id"], "draw_hash": promise}

    async def panel(self) -> None:
        """Convened, attended, voted, closed."""
        centre = self.officer[CENTRE]
        body: dict[str, Any] = {"round": self.round, "members": EXPERTS}
        panel = (await self.done("POST", "review", "/panels", centre, json=body))["id"]
        self.names["panel"] = panel
        await self.done("PUT", "review", f"/panels/{panel}/attendance", centre, json={"present": EXPERTS})
        for expert in EXPERTS:
            body = {"member": expert, "votes": {self.names["case_cn"]: "yes"}}
            await self.done("POST", "review", f"/panels/{panel}/ballots", centre, json=body)
        await self.done("POST", "review", f"/panels/{panel}/close", centre, json={})
        await self.in_stage("leadership")

    async def leadership(self) -> None:
        """The leaders approve what the committee elected; before the notice its gates are looked at again."""
        centre = self.officer[CENTRE]
        body: dict[str, Any] = {"round": self.round, "document": "演示〔2024〕纪要 1 号", "held": HELD}
        await self.done("POST", "review", "/leadership-decisions", centre, json=body)
        await self.in_stage("public_notice")
        body = {"source": "信用中国（合成）"}
        await self.done("POST", "review", f"/cases/{self.names['case_cn']}/gates", centre, json=body)

    async def in_stage(self, stage: str) -> None:
        """Wait until the centre's case is there."""
        path = f"/cases/{self.names['case_cn']}"
        await self.platform.comes(
            "review", path, token=self.officer[CENTRE], holds=lambda case: bool(case["stage"] == stage)
        )

    async def notice(self) -> None:
        """Opened, with an objection."""
        body = {"round": self.round}
        notice = (await self.done("POST", "review", "/notices", self.officer[CENTRE], json=body))["id"]
        self.names["notice"] = notice
        body = {"case": self.names["case_cn"], "text": OBJECTION, "contact": MAIL}
        await self.done("POST", "review", f"/notices/{notice}/objections", None, json=body)

    async def honours(self) -> None:
        """A past one by the centre, and one by the province."""
        past = {
            "chamber": self.names["chamber"],
            "document": "演示〔2022〕1号",
            "source": "synthetic",
            "valid_from": "2022-11-30T00:00:00+08:00",
            "valid_until": "2024-12-01T00:00:00+08:00",
        }
        self.names["honour_cn"] = {**past, "line": "national-sihao", "round": "CN-2022"}
        self.names["honour_35"] = {**past, "line": "fujian-sihao", "round": "FJ-2022"}
        await self.done("POST", "review", "/honours", self.officer[CENTRE], json=self.names["honour_cn"])
        await self.done("POST", "review-35", "/honours", self.officer[PROVINCE], json=self.names["honour_35"])

    async def merger(self) -> None:
        """A chamber with an honour of the centre and one of the province was merged into the city's."""
        gone = {"chamber": self.gone.model_dump(mode="json"), "valid_until": "2099-12-31T00:00:00+08:00"}
        at = {"review": (CENTRE, "honour_cn"), "review-35": (PROVINCE, "honour_35")}
        for service, (area, honour) in at.items():
            body = {**self.names[honour], **gone}
            await self.done("POST", service, "/honours", self.officer[area], json=body)
        body = {"into": self.names["code"], "document": "演示批复〔2024〕1号", "since": "2024-01-01"}
        path = f"/chambers/{self.gone.code}/merger"
        await self.done("POST", "intake", path, self.officer[CITY], json=body)
        for service, (area, _) in at.items():
            await self.platform.comes(service, "/honours/pending", token=self.officer[area])

    async def letters(self) -> None:
        """Wait for the secretary's."""
        secretary = self.platform.token("secretary", chamber=self.names["code"])
        inbox = await self.platform.comes("notify", "/inbox", token=secretary, holds=lambda page: bool(page["items"]))
        self.names["letter"] = inbox["items"][0]["id"]
        about = f"/letters?about={self.names['application']}"
        await self.platform.comes("notify", about, token=self.operator, holds=lambda page: bool(page["items"]))

    async def done(self, method: str, service: str, path: str, token: str | None, **given: Any) -> Any:
        """One request that must succeed."""
        return await self.platform.done(method, service, path, token=token, **given)
