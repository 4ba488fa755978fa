"""Where a service meets the world: its refusals, its health, its logs."""

import re
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo import uri_parser

from demo.stand import SERVICES
from dev.cable import Cable
from tests.support.acts import bring, open_round, submit
from tests.support.platform import Platform, lone_scoring
from tests.support.toy_bench import until

CHINESE = re.compile(r"[一-鿿]")
OWN, OTHER = "51350200MJB00102XM", "51350200YY000001X8"
PROFILE = {"role": "officer", "name": "某", "area": "35"}


class Mistake(NamedTuple):
    """A request that is refused, and how."""

    service: str
    method: str
    path: str
    status: int
    code: str
    body: dict[str, Any] | None = None
    file: bytes | None = None


MISTAKES = [
    Mistake("intake", "GET", "/nowhere", 404, "no-such-path"),
    Mistake("intake", "DELETE", "/rounds", 405, "no-such-method"),
    Mistake("intake", "GET", "/applications?limit=0", 422, "request.greater-than-equal"),
    Mistake("intake", "POST", "/applications", 404, "round.unknown", {"round": "CN-1999", "chamber": OWN}),
    Mistake("intake", "POST", "/applications", 403, "access.chamber", {"round": "CN-1999", "chamber": OTHER}),
    Mistake(
        "intake",
        "POST",
        "/applications",
        422,
        "request.string-pattern-mismatch",
        {"round": "CN-1999", "chamber": "123"},
    ),
    Mistake("intake", "POST", "/chambers/import", 422, "import.missing-column", file=b"a,b\n1,2\n"),
    Mistake("intake", "POST", "/chambers/import", 422, "file.empty", file=b""),
    Mistake("scoring", "GET", "/scorecards/none", 404, "scorecard.unknown"),
    Mistake("scoring", "GET", "/rubrics/none@1", 404, "rubric.unknown"),
    Mistake("review", "POST", "/panels", 404, "rounds.unknown", {"round": "CN-1999", "members": ["e-1"]}),
    Mistake("review", "PUT", "/experts/e-1", 422, "request.too-short", {"fields": [], "area": "31"}),
    Mistake("review-35", "POST", "/cases/none@35/pass", 404, "cases.unknown", {}),
    Mistake("review-35", "GET", "/shortlists/CN-1999/35", 403, "access.jurisdiction"),
    Mistake("notify", "PUT", "/recipients/x", 422, "request.value", {**PROFILE, "mail": "no"}),
    Mistake("notify", "POST", "/letters/none/retry", 404, "letter.unknown"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one.service} {one.code}")
async def test_a_refusal_names_field_rule_and_remedy_in_both_languages(platform: Platform, mistake: Mistake) -> None:
    token = platform.stand.issuer.token("somebody", roles=["secretary", "officer"], area="CN", chamber=OWN)
    given: dict[str, Any] = {"json": mistake.body} if mistake.body is not None else {}
    if mistake.file is not None:
        given = {"files": {"file": ("list.csv", mistake.file)}}
    response = await platform.call(mistake.method, mistake.service, mistake.path, token=token, **given)
    assert (response.status_code, response.headers["content-type"]) == (mistake.status, "application/problem+json")
    body = response.json()
    assert body["status"] == mistake.status
    assert CHINESE.search(body["title"])
    assert " / " in body["title"]
    assert re.fullmatch("[0-9a-f]{32}", body["trace_id"])
    assert mistake.code in {error["code"] for error in body["errors"]}
    for error in body["errors"]:
        assert error["field"]
        for part in ("rule", "remedy"):
            assert CHINESE.search(error[part]["zh"])
            assert re.search("[A-Za-z]{2}", error[part]["en"])


@pytest.mark.parametrize("service", SERVICES)
async def test_health_and_metrics_say_what_there_is(platform: Platform, service: str) -> None:
    live = await platform.done("GET", service, "/livez")
    assert live["ok"]
    assert {"store", "bus", "lane", "post", "sweep", "deadlines", "commands"} <= {one["name"] for one in live["checks"]}
    ready = await platform.done("GET", service, "/readyz")
    asked = ["signatures", "store", "consumers", "catching up", "outbox"]
    assert [one["name"] for one in ready["checks"]] == [*(["custody"] if "review" in service else []), *asked]
    assert all(one["ok"] for one in ready["checks"] if one["name"] != "catching up"), "that depends on when it began"
    metrics = (await platform.call("GET", service, "/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(metrics)}
    assert {"sihao_http_requests", "sihao_messages", "sihao_outbox_depth", "sihao_dead_letters"} <= set(families)
    assert families["sihao_dead_letters"].samples[0].value == 0
    routes = {sample.labels["route"] for sample in families["sihao_http_requests"].samples}
    assert {"/livez", "/readyz", "/startupz"} <= routes


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

        async def becomes(name: str, *, ok: bool) -> bool:
            return bool((await finding(name))["ok"] is ok)

        for name, cable in cables.items():
            cable.cut()
            await until(partial(becomes, name, ok=False))
            why = (await finding(name))["why"]
            assert CHINESE.search(why["zh"])
            assert why["en"]
            assert (await platform.client.get(f"{lone.url}/startupz")).status_code == 503
            ready = 503 if name == "store" else 200  # requests need no broker
            assert (await platform.client.get(f"{lone.url}/readyz")).status_code == ready
            assert (await platform.client.get(f"{lone.url}/livez")).status_code == 200
            cable.mend()
            await until(partial(becomes, name, ok=True))
        assert (await platform.client.get(f"{lone.url}/startupz")).status_code == 200


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
