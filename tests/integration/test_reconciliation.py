"""Province and centre compare their books on real brokers and stores: what differs is named, healed, and recovered.

One signed platform, Fujian with a review service and a broker of its own, shovels between it and the centre. The tests
build on each other, as days do.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import aio_pika
import pytest
from pymongo import AsyncMongoClient
from typer.testing import CliRunner, Result

from demo.province import Line
from demo.stand import CENTRE_SERVICES, FUJIAN
from dev.backends import Backends
from dev.rabbit_api import amqp_address
from shared.contracts import ApplicationScored, CaseAdvanced
from shared.kernel.ledger import day_of
from sihao.cli import app
from sihao.province.link import Own
from tests.support.acts import import_chambers, open_round, submit
from tests.support.platform import Platform, a_platform
from tests.support.toy_bench import until
from tests.support.two_brokers import ProvinceBroker, between, province_broker

__all__ = ["province_broker"]
ROUND = "CN-2024-L"
REASON = {"zh": "合成理由", "en": "a synthetic reason"}
Documents = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Round:
    """A round in which Fujian's own review has cases."""

    platform: Platform
    home: str
    """The virtual host on Fujian's broker, with full rights."""
    chambers: list[Any]
    officer: str
    cases: list[str] = field(default_factory=list)

    async def apply(self, count: int) -> list[str]:
        """So many more applications; answers their cases in Fujian."""
        new = self.chambers[len(self.cases) : len(self.cases) + count]
        assert len(new) == count
        ids = await asyncio.gather(*(submit(self.platform, one, ROUND) for one in new))
        self.cases += [f"{id_}@35" for id_ in ids]
        return self.cases[-count:]

    async def opened(self, cases: list[str], *, stage: str = "own_level") -> None:
        """Wait until they are open in this stage."""

        async def are(case: str) -> bool:
            found = await self.platform.call("GET", FUJIAN, f"/cases/{case}", token=self.officer)
            return found.is_success and (found.json()["status"], found.json()["stage"]) == ("open", stage)

        for case in cases:
            await until(partial(are, case), within=120)

    async def act(self, case: str, what: str, **body: Any) -> Any:
        """An officer of the province acts on a case."""
        return await self.platform.done("POST", FUJIAN, f"/cases/{case}/{what}", token=self.officer, json=body)

    async def documents(self, name: str = FUJIAN) -> Documents:
        """Everything in a service's store."""
        async with self.store(name) as store:
            return {
                collection: {found["_id"]: found async for found in store[collection].find()}
                for collection in await store.list_collection_names()
            }

    async def put_back(self, documents: Documents) -> None:
        """Make Fujian's store what it was."""
        async with self.store(FUJIAN) as store:
            for name in await store.list_collection_names():
                await store[name].delete_many({})
            for name, group in documents.items():
                if group:
                    await store[name].insert_many(group.values())

    def store(self, name: str) -> "_Store":
        """A service's store, opened."""
        return _Store(self.platform.stand.stores[name], self.platform.stand.databases[name])

    async def quiet(self) -> None:
        """Wait until every outbox and every queue of the platform is empty."""

        async def still() -> bool:
            for name in (*CENTRE_SERVICES, FUJIAN):
                for collection, group in (await self.documents(name)).items():
                    if collection not in ("sent", "received") and any(d.get("outbox") for d in group.values()):
                        return False
            return True

        await until(still, within=90)

    async def reconcile(self, name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        """`sihao province reconcile 35 --json …` on this side's store."""
        result = await self.sihao(name, "province", "reconcile", "35", "--json", *arguments)
        return result.exit_code, json.loads(result.stdout) if result.exit_code < 2 else {}

    async def sihao(self, name: str, *words: str) -> Result:
        """A command with the settings of this side's service."""
        environment = {
            "SIHAO_MONGO_URL": self.platform.stand.stores[name],
            "SIHAO_DATABASE": self.platform.stand.databases[name],
            "SIHAO_AREAS": "35" if name == FUJIAN else "CN,37,51",
        }
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=environment, catch_exceptions=False)

    async def agreed(self, name: str = FUJIAN, day: str = "") -> dict[str, Any]:
        """Wait until all four services of the centre agree with the province of a day, as this side sees it."""
        seen: list[dict[str, Any]] = []

        async def look() -> bool:
            code, found = await self.reconcile(name, "--day", day or self.today)
            seen[:] = [found]
            return code == 0 and len(found["days"][0]["compared"]) == len(CENTRE_SERVICES)

        await until(look, within=120)
        return seen[0]

    async def agreed_after_asking(self) -> None:
        """Begin the province's service anew, so that it asks; wait until all agree."""
        await self.quiet()
        await self.platform.stand.processes.restart(FUJIAN)
        await self.agreed()

    async def names(self, name: str, of: str, side: str, ids: set[str], day: str = "") -> dict[str, Any]:
        """Wait until this side names exactly these facts as known to one side only; answers it but for the time.

        It is said again whenever the centre looks again.
        """
        seen: list[dict[str, Any]] = []

        async def look() -> bool:
            code, found = await self.reconcile(name, "--day", day or self.today)
            if code != 1:
                return False
            seen[:] = [found["days"][0]["differed"]]
            return of in seen[0] and {fact["id"] for fact in seen[0][of][side]} == ids

        await until(look, within=120)
        return {service: {key: value for key, value in one.items() if key != "at"} for service, one in seen[0].items()}

    async def purge(self, broker: str, queue: str, expected: int) -> list[str]:
        """Take everything out of a queue, as many messages as expected; answers their ids."""
        ids: list[str] = []
        async with await aio_pika.connect(broker) as connection:
            channel = await connection.channel()
            found = await channel.get_queue(queue)

            async def look() -> bool:
                while (message := await found.get(fail=False)) is not None:
                    await message.ack()
                    ids.append(str(message.headers["ce-id"]))
                return len(ids) >= expected

            await until(look, within=60)
        assert len(ids) == expected
        return ids

    @property
    def today(self) -> str:
        """The platform's day in China."""
        return day_of(self.platform.stand.clock.now()).isoformat()


class _Store:
    def __init__(self, url: str, name: str) -> None:
        self._client = AsyncMongoClient[dict[str, Any]](url, tz_aware=True)
        self._name = name

    async def __aenter__(self) -> Any:
        return self._client[self._name]

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


@pytest.fixture(scope="module")
async def line(backends: Backends, province_broker: ProvinceBroker) -> AsyncIterator[Line]:
    await province_broker.api.create_vhost(vhost := "home-reconciliation")
    async with between(backends, province_broker) as cable:
        yield Line(Own(province_broker.api, vhost), province_broker.address, f"amqp://{cable.host}:{cable.port}")
    await province_broker.api.delete_vhost(vhost)


@pytest.fixture(scope="module")
async def round_(backends: Backends, province_broker: ProvinceBroker, line: Line) -> AsyncIterator[Round]:
    pace = {"SIHAO_RECONCILE_EVERY": "0.5", "SIHAO_RECONCILE_GRACE": "0"}
    home = amqp_address(province_broker.amqp_url, vhost=line.own.vhost)
    async with a_platform(backends, "reconciliation", signed=True, line=line, **pace) as platform:
        await until(platform.ready, within=90)
        scenario = platform.scenario
        chambers = [
            one
            for one in scenario.applications
            if one.chamber.area.startswith("35") and scenario.expected[scenario.id_of(one.chamber)].reason != "gate"
        ]
        await import_chambers(platform, "35", [one.chamber.code for one in chambers])
        await open_round(platform, ROUND)
        running = Round(platform, home, chambers, platform.token("officer", area="35"))
        await running.opened(await running.apply(6))
        await running.quiet()
        yield running


async def test_what_was_lost_on_the_way_is_named_on_both_sides_and_healed(round_: Round) -> None:
    """A queue of the centre is purged, and a message that the province had accepted is gone with its case."""
    platform, processes = round_.platform, round_.platform.stand.processes
    await round_.agreed_after_asking()
    case, gone = round_.cases[0], round_.cases[5]
    await processes.stop("intake")
    await round_.act(case, "pass")
    [lost_up] = await round_.purge(platform.stand.amqp_url, f"intake.{CaseAdvanced.wire()}", 1)
    await processes.restart("intake")
    async with round_.store(FUJIAN) as store:
        kept = await store["received"].find_one_and_delete({"subject": gone.partition("@")[0]})
        await store["cases"].delete_one({"_id": gone})
    lost_down = kept["bound"]["id"]

    day = round_.today
    platform.stand.clock.turn_to(platform.stand.clock.now() + timedelta(days=1))
    differed = await round_.names(FUJIAN, "intake", "lacking_there", {lost_up}, day)
    assert differed["intake"]["lacking_there"] == [{"id": lost_up, "subject": case}]
    differed = await round_.names(FUJIAN, "scoring", "lacking_here", {lost_down}, day)
    assert differed["scoring"]["lacking_here"] == [{"id": lost_down, "subject": gone.partition("@")[0]}]
    assert differed.keys() == {"intake", "scoring"}
    assert await round_.names("review", "scoring", "lacking_here", {lost_down}, day) == differed

    token = platform.token("operator")
    shown = await platform.done("GET", "review", "/reconciliation/35", token=token)
    assert not shown["agrees"]
    await platform.done("POST", "review", f"/reconciliation/35/{day}/heal", token=token)
    await round_.opened([gone])
    found = await round_.agreed(FUJIAN, day)
    assert found["days"][0]["closed"]["final"]
    assert [(one["id"], one["fate"]) for one in found["returned"]] == [(lost_down, "handed on")]
    await round_.agreed("review", day)
    timeline = (await round_.documents("intake"))["applications"][case.partition("@")[0]]
    assert lost_up in timeline["heard"]


async def test_what_was_lost_while_the_province_was_away_comes_back_when_it_begins(round_: Round) -> None:
    processes = round_.platform.stand.processes
    await processes.stop(FUJIAN)
    [case] = await round_.apply(1)
    [lost] = await round_.purge(round_.home, f"review.{ApplicationScored.wire()}.35", 1)
    await processes.restart(FUJIAN)
    await round_.opened([case])
    found = await round_.agreed()
    assert (lost, "handed on") in {(one["id"], one["fate"]) for one in found["returned"]}


async def test_a_restored_store_finds_out_what_it_forgot_and_gets_it_back(round_: Round) -> None:
    """The drill of an operator: backup, restore, reconcile, verify."""
    await round_.opened(await round_.apply(4))
    await round_.quiet()
    backup = await round_.documents()

    passed, returned, declined = round_.cases[2:5], round_.cases[5], round_.cases[7]
    for case in passed:
        await round_.act(case, "pass", note=REASON)
    item = {"item": "B2.i", "reason": REASON}
    await round_.act(returned, "return", items=[item])
    await round_.act(declined, "decline", reason=REASON)
    new = await round_.apply(4)
    await round_.opened(new)
    await round_.act(new[0], "pass")
    await round_.act(new[1], "decline", reason=REASON)
    await an_honour_is_suspended(round_)
    await round_.quiet()
    before = await round_.documents()
    processes = round_.platform.stand.processes
    await processes.stop(FUJIAN)
    told = await published(round_)

    await round_.put_back(backup)
    await processes.restart(FUJIAN)
    await round_.opened([new[0]], stage="shortlist")
    found = await round_.agreed()
    await round_.quiet()
    after = await round_.documents()

    assert after["cases"].keys() == before["cases"].keys()
    for id_, then in before["cases"].items():
        assert known(after["cases"][id_]["state"]) == known(then["state"]), id_
    recovered = {
        id_: [entry["what"] for entry in case["history"] if entry["cause"] in facts_of(before["cases"][id_])]
        for id_, case in after["cases"].items()
    }
    assert recovered[passed[0]] == ["case.advanced.v1"]
    assert recovered[returned] == ["case.returned.v1"]
    assert recovered[declined] == ["case.declined.v1"]
    assert recovered[new[0]] == ["case.advanced.v1"]
    for untouched in (new[2], new[3], round_.cases[6]):
        assert after["cases"][untouched]["history"] == before["cases"][untouched]["history"]
    decision = after["cases"][passed[0]]["state"]["decisions"][-1]
    assert (decision["by"]["id"], decision["outcome"], decision["reason"]) == ("recovered", "pass", None)
    [register] = after["honours"].values()
    assert {register["_id"]: register["state"]} == {id_: one["state"] for id_, one in before["honours"].items()}
    assert [entry["what"] for entry in register["history"]] == ["honour.recorded.v1", "honour.suspended.v1"]
    fates = [one["fate"] for one in found["returned"]]
    assert fates.count("recovered") == 9
    assert "lost" not in fates
    assert await published(round_) == told
    assert not [one async for one in letters(round_, "message.id-reused")]
    verified = await round_.sihao(FUJIAN, "verify", "store", "review")
    assert verified.exit_code == 0, verified.output


async def an_honour_is_suspended(round_: Round) -> None:
    """Fujian enters an honour that it granted in the past, and suspends it."""
    platform, chamber, now = round_.platform, round_.chambers[0].chamber, round_.platform.stand.clock.now()
    past = {
        "line": "fujian-sihao",
        "round": "FJ-2022",
        "chamber": chamber.model_dump(mode="json"),
        "document": "演示〔2022〕1 号",
        "source": "演示档案",
        "valid_from": (now - timedelta(days=300)).isoformat(),
        "valid_until": (now + timedelta(days=400)).isoformat(),
    }
    await platform.done("POST", FUJIAN, "/honours", token=round_.officer, json=past)
    decision = {"round": "FJ-2022", "cause": "penalty", "reason": REASON, "document": "演示〔2024〕9 号"}
    path = f"/honours/fujian-sihao/{chamber.code}/suspend"
    await platform.done("POST", FUJIAN, path, token=round_.officer, json=decision)


async def published(round_: Round) -> dict[str, int]:
    """How often the centre's intake has heard what Fujian says, by id: what is announced again would differ."""
    found = (await round_.documents("intake"))["received"].values()
    return {one["bound"]["id"]: len(one["body"]) for one in found if not one["bound"]["event"].startswith("ledger.")}


async def letters(round_: Round, code: str) -> AsyncIterator[dict[str, Any]]:
    for name in (*CENTRE_SERVICES, FUJIAN):
        for letter in (await round_.documents(name)).get("dead_letters", {}).values():
            if letter["code"] == code:
                yield letter


def known(state: dict[str, Any]) -> dict[str, Any]:
    """A case's state without what its announced fact does not tell: who decided, on whose behalf, and a note."""
    unknown = {"by", "on_behalf", "reason"}
    decisions = [{k: v for k, v in one.items() if k not in unknown} for one in state["decisions"]]
    return {**state, "decisions": decisions}


def facts_of(case: dict[str, Any]) -> set[str]:
    return {fact for entry in case["history"] for fact in entry["facts"]}
