"""Where a service meets the world: its refusals, its health, its logs, its end."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from aio_pika import connect
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient, uri_parser

from demo.stand import SERVICES
from dev.cable import Cable
from dev.processes import Child
from shared.contracts import ApplicationSubmitted, RoundOpened
from tests.support.acts import bring, open_round, submit
from tests.support.platform import Lone, Platform, announce, example, lone_scoring, until

CHINESE = re.compile(r"[一-鿿]")
GRACE = 10.0
"""Seconds in which a service that is asked to end must have ended."""

MISTAKES = [
    ("intake", "GET", "/nowhere", {}, 404, ["no-such-path"]),
    ("intake", "DELETE", "/rounds", {}, 405, ["no-such-method"]),
    ("intake", "GET", "/applications?limit=0", {}, 422, ["request.too-small"]),
    ("intake", "POST", "/applications", {"json": {"round": "CN-1999", "chamber": "{code}"}}, 404, ["round.unknown"]),
    ("intake", "POST", "/applications/none/submit", {"json": {"undertaking": False}}, 422, None),
    ("intake", "POST", "/chambers/import", {"files": {"file": ("a.csv", b"a,b\n1,2\n")}}, 422, None),
    ("scoring", "GET", "/scorecards/none", {}, 404, ["scorecard.unknown"]),
    ("scoring", "GET", "/rubrics/none@1", {}, 409, ["rubric.unknown"]),
    ("review", "POST", "/panels", {"json": {"round": "CN-1999", "members": ["e-1"]}}, 404, None),
    ("review", "PUT", "/experts/e-1", {"json": {"fields": [], "area": "99999"}}, 422, None),
    ("review-35", "POST", "/cases/none@35/pass", {"json": {}}, 404, None),
    ("notify", "PUT", "/recipients/x", {"json": {"role": "officer", "name": "甲", "mail": "no", "area": "35"}}, 422, None),
    ("notify", "POST", "/letters/none/retry", {}, 404, None),
]


@pytest.mark.parametrize(("service", "method", "path", "given", "status", "expected"), MISTAKES)
async def test_a_refusal_names_field_rule_and_remedy_in_both_languages(
    platform: Platform,
    service: str,
    method: str,
    path: str,
    given: dict[str, Any],
    status: int,
    expected: list[str] | None,
) -> None:
    code = platform.applicant("3502").chamber.code
    token = platform.stand.issuer.token("somebody", roles=["secretary", "officer"], area="CN", chamber=code)
    if given.get("json", {}).get("chamber"):
        given = {"json": {**given["json"], "chamber": code}}
    response = await platform.call(method, service, path, token=token, **given)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert CHINESE.search(body["title"])
    assert " / " in body["title"]
    assert re.fullmatch("[0-9a-f]{32}", body["trace_id"])
    assert body["errors"]
    for error in body["errors"]:
        assert error["code"]
        assert error["field"]
        for part in ("rule", "remedy"):
            assert CHINESE.search(error[part]["zh"])
            assert re.search("[A-Za-z]{2}", error[part]["en"])
    if expected is not None:
        assert [error["code"] for error in body["errors"]] == expected


@pytest.mark.parametrize("service", SERVICES)
async def test_health_and_metrics_say_what_there_is(platform: Platform, service: str) -> None:
    live = await platform.done("GET", service, "/livez")
    assert live["ok"]
    assert {"store", "bus", "lane", "post", "sweep", "deadlines", "commands"} <= {one["name"] for one in live["checks"]}
    ready = await platform.done("GET", service, "/readyz")
    assert [(one["name"], one["ok"]) for one in ready["checks"]] == [
        ("store", True),
        ("consumers", True),
        ("outbox", True),
    ]
    metrics = (await platform.call("GET", service, "/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(metrics)}
    assert {"sihao_http_requests", "sihao_messages", "sihao_outbox_depth", "sihao_dead_letters"} <= set(families)
    assert families["sihao_dead_letters"].samples[0].value == 0
    routes = {sample.labels["route"] for sample in families["sihao_http_requests"].samples}
    assert {"/livez", "/readyz"} <= routes


async def test_readiness_turns_red_without_store_or_broker_and_green_again(platform: Platform) -> None:
    async with AsyncExitStack() as stack:
        cables: dict[str, Cable] = {}

        async def wires(amqp_url: str, mongo_url: str) -> tuple[str, str]:
            broker = urlsplit(amqp_url)
            [store, *_] = uri_parser.parse_uri(mongo_url)["nodelist"]
            cables["consumers"] = await stack.enter_async_context(Cable(str(broker.hostname), broker.port or 5672))
            cables["store"] = await stack.enter_async_context(Cable(store[0], store[1]))
            near = cables["consumers"]
            login = broker.netloc.rpartition("@")[0]
            return (
                broker._replace(netloc=f"{login}@{near.host}:{near.port}").geturl(),
                f"mongodb://{cables['store'].host}:{cables['store'].port}/?directConnection=true",
            )

        lone = await stack.enter_async_context(lone_scoring(platform, wires=wires))

        async def finding(name: str) -> dict[str, Any]:
            report = (await platform.client.get(f"{lone.url}/readyz")).json()
            found: dict[str, Any] = next(one for one in report["checks"] if one["name"] == name)
            return found

        for name, cable in cables.items():
            cable.cut()
            await until(lambda name=name: _becomes(finding(name), ok=False))  # type: ignore[misc] # mypy: lambda default
            why = (await finding(name))["why"]
            assert CHINESE.search(why["zh"])
            assert why["en"]
            assert (await platform.client.get(f"{lone.url}/readyz")).status_code == 503
            assert (await platform.client.get(f"{lone.url}/livez")).status_code == 200
            cable.mend()
            await until(lambda name=name: _becomes(finding(name), ok=True))  # type: ignore[misc] # mypy: lambda default
        assert (await platform.client.get(f"{lone.url}/readyz")).status_code == 200


async def _becomes(finding: Any, *, ok: bool) -> bool:
    return bool((await finding)["ok"] is ok)


async def test_logs_are_json_with_the_trace_and_without_personal_data(platform: Platform) -> None:
    """Names, addresses and numbers of people that go in by every door come out in no log."""
    applicant, round_ = platform.applicant("3502"), "CN-2024-L"
    personal = ["欧阳试秘书", "ouyang.shi@example.org", "13912345678", "检举人吴某"]
    name, mail, phone, objector = personal
    operator = platform.token("operator")
    profile = {
        "role": "secretary",
        "name": name,
        "mail": mail,
        "area": "3502",
        "chamber": applicant.chamber.code,
        "channels": ["mail", "inbox"],
    }
    person = f"logged-{applicant.chamber.code}"
    await platform.done("PUT", "notify", f"/recipients/{person}", token=operator, json=profile)
    broken = {**profile, "mail": f"{mail} {phone}"}
    assert (await platform.call("PUT", "notify", "/recipients/x", token=operator, json=broken)).status_code == 422
    await platform.call("GET", "notify", f"/verify?q={name}{phone}")
    objection = {"case": "none", "text": f"{objector} {phone}", "contact": mail}
    await platform.call("POST", "review", "/notices/none/objections", json=objection)
    await platform.call("POST", "review", "/notices/none/objections", json={"text": objector, "contact": [mail]})
    platform.stand.mails.refuse(mail, times=1)

    await open_round(platform, round_)
    await bring(platform, applicant)
    await submit(platform, applicant, round_)

    async def told() -> bool:
        return bool(platform.stand.mails.to(mail))

    await until(told)
    lines = platform.log_lines()
    answered = [line for line in lines if line["event"] == "http.answered"]
    assert {line["service"] for line in answered} == {"intake", "scoring", "review", "notify"}
    for line in answered:
        assert re.fullmatch("[0-9a-f]{32}", line["trace_id"])
        assert {"timestamp", "level", "route", "status", "ms"} <= set(line)
    written = "\n".join(child.log.read_text("utf-8") for child in platform.stand.processes)
    assert [secret for secret in personal if secret in written] == []
    assert "Bearer" not in written
    assert "eyJ" not in written


async def test_a_service_asked_to_end_under_load_keeps_everything_it_said_yes_to(platform: Platform) -> None:
    """SIGTERM to notify while people are being registered."""
    operator, said_yes = platform.token("operator"), set[str]()
    profile = {"role": "subscriber", "name": "订阅者", "mail": None, "area": "35", "channels": ["inbox"]}
    stopped = asyncio.Event()

    async def register(lane: int) -> None:
        for number in range(1000):
            person = f"load-{lane}-{number}"
            try:
                response = await platform.call("PUT", "notify", f"/recipients/{person}", token=operator, json=profile)
            except OSError:
                return
            except Exception:
                if stopped.is_set():
                    return
                raise
            if response.is_success:
                said_yes.add(person)

    async with asyncio.TaskGroup() as load:
        for lane in range(8):
            load.create_task(register(lane))
        while len(said_yes) < 50:
            await asyncio.sleep(0.01)
        stopped.set()
        await end(platform.stand.processes["notify"])
    await platform.stand.processes.restart("notify")
    found = await platform.stand.platform.operator().every("notify", "/recipients", role="subscriber")
    assert said_yes <= {person["id"] for person in found}


@pytest.fixture
async def lone(platform: Platform) -> AsyncIterator[Lone]:
    """Scoring by itself."""
    async with lone_scoring(platform, log_level="INFO") as one:
        yield one


async def test_a_service_asked_to_end_under_load_loses_no_message(platform: Platform, lone: Lone) -> None:
    """SIGTERM to scoring in the middle of three hundred applications; started again, it announces every one once."""
    count, round_ = 300, "CN-2020-S"
    body = example(ApplicationSubmitted, round_=round_)
    bodies = [(f"load-{n}", body.replace(b"51350200MJB00102XM\",\n  \"round", b"%06d\",\n  \"round" % n)) for n in range(count)]
    assert len({body for _, body in bodies}) == count
    await announce(lone.amqp_url, RoundOpened, [("its-round", example(RoundOpened, round_=round_))], area="CN")
    async with await connect(lone.amqp_url) as connection, AsyncMongoClient[dict[str, Any]](lone.mongo_url) as store:
        queue = await (await connection.channel()).declare_queue("scores", durable=True)
        await queue.bind("sihao.events", "application.scored.v1.#")
        await announce(lone.amqp_url, ApplicationSubmitted, bodies)
        records = store[lone.database]["records"]

        async def some() -> bool:
            return await records.count_documents({}) > 0

        await until(some)
        await end(lone.process)
        before = await records.count_documents({})
        await lone.process.start()

        async def all_heard() -> bool:
            while message := await queue.get(fail=False, no_ack=True):
                heard.append(str(message.message_id))
            return len(set(heard)) == count

        heard: list[str] = []
        await until(all_heard)
        assert await records.count_documents({}) == count
        assert await store[lone.database]["dead_letters"].count_documents({}) == 0
        assert len(heard) == count, f"{len(heard) - count} were announced twice"
        assert before <= count


async def end(child: Child) -> None:
    """Ask a process to end; it must, and by itself."""
    assert child.pid is not None
    started = time.monotonic()
    os.kill(child.pid, signal.SIGTERM)
    await asyncio.wait_for(child.wait(), GRACE)
    assert time.monotonic() - started < GRACE
