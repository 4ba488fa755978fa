"""From shortfall to help over HTTP: who may read and act, what is answered, and where a name may stand."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from services.scoring.api import routers
from services.scoring.api.desk import Desk
from services.scoring.domain.decide import Submission, remember_terms, score_submission
from services.scoring.store import PLANS, RECORDS, TERMS, ScoringStore
from shared.contracts import RoundOpened, text
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.runtime.commands import Done
from shared.runtime.documents import Documents
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.tokens import Caller
from shared.runtime.work import Applied, Rejected, Work
from tests.support.memory_database import MemoryDatabase
from tests.unit.scoring.improving import CODE, NOW, ROUND, STANDARD, facts, submitted

OTHER = "51350200MJB000011K"
PROOF = {"zh": "签到表"}
GUIDE = "示例指导人甲"
SERVICE = Actor(id="test", role="service")


class Tokens:
    """Takes `role:area or chamber` for a token."""

    async def caller(self, token: str) -> Caller:
        """Who it is."""
        role, own = token.split(":")
        area, chamber = (None, own) if role == "secretary" else (own or None, None)
        return Caller(sub=f"{role}-{own}", roles=frozenset({role}), area=area, chamber=chamber)

    async def aclose(self) -> None:
        """Nothing to close."""


class Monday:
    """A clock that stands."""

    def now(self) -> datetime:
        """The Monday."""
        return NOW


class Acts:
    """Commands on documents in memory, one at a time, by the runtime's own documents."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._documents = Documents(database, Monday())

    async def do(
        self,
        kind: Any,
        key: str,
        command: Any,
        decide: Any,
        *,
        what: str,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> Done[Any]:
        """Decide and keep."""
        content = digest(command.model_dump(mode="json")) if hasattr(command, "model_dump") else ""
        work = Work(kind, key, command, decide, what, by, idempotency_key or str(uuid4()), content)
        (outcome,) = await self._documents.apply([work])
        if isinstance(outcome, Rejected):
            raise outcome.error
        version = outcome.version if isinstance(outcome, Applied) else 0
        return Done(outcome.state, version, repeated=False, entry=None)


class Service:
    """The endpoints over documents in memory."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.acts = Acts(self.database)

    async def score(self, application: Any) -> None:
        """Score what was handed in."""
        await self.acts.do(
            RECORDS,
            application.application,
            Submission(application, STANDARD),
            score_submission,
            what="submitted",
            by=SERVICE,
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody who calls it."""

        @asynccontextmanager
        async def nothing(_app: Any) -> AsyncIterator[None]:
            yield

        app = create_http(
            text("评分", "scoring"),
            "1",
            routers=routers(Desk(ScoringStore(self.database), self.acts)),
            lifespan=nothing,
            verifier=Tokens(),
            health=Health(),
        )
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://scoring.example") as client:
            yield client


@pytest.fixture
async def service() -> Service:
    """Two chambers of one city, scored in an open round; one is weak in B2."""
    service = Service()
    opened = RoundOpened(area="CN", round=ROUND)
    await service.acts.do(TERMS, ROUND.code, opened, remember_terms, what="opened", by=SERVICE)
    await service.score(submitted(facts()))
    await service.score(submitted(facts(C2_f={"reports": {"2019": 2, "2020": 2}}), code=OTHER, type="industry"))
    return service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    async with service.client() as client:
        yield client


APPLICATION = f"{ROUND.code}-{CODE}"
CARD = f"/scorecards/{APPLICATION}"


def as_(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}"}


CITY, SECRETARY, NEIGHBOUR = as_("officer:3502"), as_(f"secretary:{CODE}"), as_(f"secretary:{OTHER}")


async def draw_up(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    card = (await client.get(CARD, headers=CITY)).json()
    entry = {"item": "B2.i", "guide": GUIDE, "target": "2021-06-30", "proof": PROOF}
    body = {"application": APPLICATION, "digest": card["digest"], "items": [entry, {**entry, "item": "D2.e"}]}
    return await client.post("/plans", json={**body, **changes}, headers=CITY)


async def test_the_path_is_what_the_preview_of_the_same_scorer_confirms(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{CARD}/path", json={"total": "66.5", "dimensions": {"B": "16.5"}}, headers=SECRETARY)
    path = answer.json()
    assert path["reached"] is True
    tried = facts()
    for step in path["steps"]:
        tried.setdefault(step["item"], {}).update(step["facts"])
    chamber = (await client.get(CARD, headers=SECRETARY)).json()["chamber"]
    body = {"round": ROUND.code, "chamber": chamber, "facts": tried}
    card = (await client.post("/scorecards/preview", json=body, headers=SECRETARY)).json()
    assert card["total"] == path["after"]["total"]
    assert {one["code"]: one["points"] for one in card["dimensions"]} == path["after"]["dimensions"]
    gains = (await client.get(f"{CARD}/gains", headers=CITY)).json()
    assert {step["item"] for step in path["steps"]} <= {one["item"] for one in gains["items"]}


async def test_a_goal_is_in_points(client: httpx2.AsyncClient) -> None:
    for goal in ({"total": "-1"}, {"total": "1.005"}, {"tier": "gold"}):
        assert (await client.post(f"{CARD}/path", json=goal, headers=CITY)).status_code == 422
    answer = await client.post(f"{CARD}/path", json={"dimensions": {"Z": 1}}, headers=CITY)
    assert answer.json()["errors"][0]["code"] == "goal.unknown-dimension"


@pytest.mark.parametrize(
    ("who", "status"),
    [("officer:3502", 200), ("officer:35", 200), ("officer:CN", 200), ("officer:3503", 403), ("officer:", 403),
     (f"secretary:{CODE}", 200), (f"secretary:{OTHER}", 403), ("expert:", 403), ("operator:", 403)],
)  # fmt: skip
async def test_who_reads_paths_and_plans(client: httpx2.AsyncClient, who: str, status: int) -> None:
    plan = (await draw_up(client)).json()["id"]
    for path in (f"{CARD}/gains", f"/plans/{plan}"):
        answer = await client.get(path, headers=as_(who))
        assert answer.status_code == status
        assert status == 200 or GUIDE not in answer.text
    listed = await client.get("/plans", headers=as_(who))
    assert (GUIDE in listed.text) == (status == 200)


async def test_a_plan_is_followed_to_its_end(client: httpx2.AsyncClient, service: Service) -> None:
    drawn = await draw_up(client)
    assert drawn.status_code == 201
    plan = f"/plans/{drawn.json()['id']}"
    done = {"item": "B2.i", "on": "2021-02-28", "evidence": ["ab" * 32]}
    told = await client.post(f"{plan}/reports", json=done, headers=SECRETARY)
    assert told.json()["items"][0]["reports"][0]["evidence"] == ["ab" * 32]
    assert (await client.post(f"{plan}/reports", json=done, headers=NEIGHBOUR)).status_code == 403
    given_ = {"guide": "示例指导人乙", "target": "2021-07-31"}
    amended = (await client.put(f"{plan}/items/D2.e", json=given_, headers=CITY)).json()
    assert (amended["items"][1]["guide"], amended["items"][1]["target"]) == ("示例指导人乙", "2021-07-31")
    assert (await client.put(f"{plan}/items/D2.e", json=given_, headers=SECRETARY)).status_code == 403
    early = await client.post(f"{plan}/rescore", headers=CITY)
    assert early.json()["errors"][0]["code"] == "plan.not-scored-since"
    await service.score(submitted(facts(B2_i={"visited": {"2019": 30, "2020": 40}}), revision=2))
    compared = (await client.post(f"{plan}/rescore", headers=CITY)).json()
    assert (compared["items"][0]["then"]["points"], compared["items"][0]["now"]["points"]) == ("1.00", "2.00")
    assert (await client.post(f"{plan}/close", json={}, headers=CITY)).status_code == 409
    closed = await client.post(f"{plan}/close", json={"words": "其余转下一轮"}, headers=CITY)
    assert closed.json()["status"] == "closed"
    assert [one["id"] for one in (await client.get("/plans?status=closed", headers=CITY)).json()["items"]]
    assert (await client.get("/plans?status=open", headers=CITY)).json()["items"] == []


async def test_only_the_federation_draws_up_compares_and_closes(client: httpx2.AsyncClient) -> None:
    plan = f"/plans/{(await draw_up(client)).json()['id']}"
    for path, body in (("/plans", {}), (f"{plan}/rescore", None), (f"{plan}/close", {"words": "止"})):
        for who in (SECRETARY, as_("expert:"), as_("operator:")):
            assert (await client.post(path, json=body, headers=who)).status_code == 403
    for path, body in ((f"{plan}/rescore", None), (f"{plan}/close", {"words": "止"})):
        assert (await client.post(path, json=body, headers=as_("officer:3503"))).status_code == 403


async def test_the_guide_stands_in_the_plan_and_nowhere_else(
    client: httpx2.AsyncClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        plan = (await draw_up(client)).json()["id"]
        again = await draw_up(client)
    assert again.json()["errors"][0]["code"] == "plan.exists"
    assert GUIDE not in again.text
    assert GUIDE not in caplog.text
    assert not [fact for fact in service.database.facts() if GUIDE in fact.body]
    assert service.database.outbox(PLANS, plan) == []
    history = service.database.history(PLANS, plan)
    assert history
    assert GUIDE not in "".join(entry.model_dump_json() for entry in history)


async def test_a_weak_clause_is_paired_with_who_consents_and_lost_nothing(client: httpx2.AsyncClient) -> None:
    async def pairs() -> dict[str, list[str]]:
        answer = await client.get(f"{CARD}/exemplars", headers=CITY)
        return {one["clause"]: [e["chamber"]["code"] for e in one["exemplars"]] for one in answer.json()}

    assert "C2" not in await pairs(), "the bonus has made good what was lost there"
    assert "B2" in await pairs()
    for clause in ("C3", "A3"):
        consent = f"/exemplars/{OTHER}/clauses/{clause}"
        assert (await client.put(consent, headers=SECRETARY)).status_code == 403
        assert (await client.put(consent, headers=NEIGHBOUR)).status_code == 200
    agreed = (await client.get(f"/exemplars/{OTHER}", headers=CITY)).json()["agreed"]
    assert [one["clause"] for one in agreed] == ["A3", "C3"]
    assert (await pairs())["C3"] == [], "it consents, but has lost points there itself"


async def test_consent_taken_back_shows_the_chamber_no_more(client: httpx2.AsyncClient, service: Service) -> None:
    await service.score(submitted(facts(D2_e={"disclosed": []}), revision=2))
    whole = facts(D2_e={"disclosed": ["report", "fees", "charter", "finances", "undertaking", "services"]})
    await service.score(submitted(whole, revision=2, code=OTHER, type="industry"))

    async def found() -> list[dict[str, Any]]:
        answer = await client.get(f"{CARD}/exemplars?clause=D2", headers=CITY)
        (pairing,) = answer.json()
        return list(pairing["exemplars"])

    assert await found() == []
    await client.put(f"/exemplars/{OTHER}/clauses/D2", headers=NEIGHBOUR)
    (one,) = await found()
    assert (one["chamber"]["code"], one["near"]) == (OTHER, "city")
    assert (await client.delete(f"/exemplars/{OTHER}/clauses/D2", headers=NEIGHBOUR)).status_code == 204
    assert await found() == []
    assert (await client.get(f"{CARD}/exemplars", headers=SECRETARY)).status_code == 403
