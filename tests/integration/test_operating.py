"""`sihao doctor` and `sihao trace` on the running platform; what Prometheus reads; what logs may say."""

import asyncio
import json
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from typer.testing import CliRunner, Result

from dev.ports import free_port
from sihao.cli import app
from tests.support.acts import bring, open_round, submit
from tests.support.jaeger import Jaeger
from tests.support.platform import Platform

WELL = {"ok", "skipped"}
NOT_IN_PRODUCTION = {"store.replica", "store.disk", "policies.length", "broker.disk", "clocks"}
"""What may be told of a machine for tests: one member, little disk, no length limit."""


NAMES = ("AMQP_URL", "RABBIT_API_URL", "MONGO_URL", "SMTP_HOST", "OIDC_JWKS_URL", "SIGNING_KEY", "TRUST", "TRACES_URL")
BLANK = {**dict.fromkeys((f"SIHAO_{name}" for name in NAMES), ""), "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
"""Of the session's own environment the commands see nothing."""


def given(platform: Platform) -> dict[str, str]:
    """What an operator's environment names."""
    stand, services = platform.stand, platform.stand.platform.services
    named = {"SIHAO_RABBIT_API_URL": platform.backends.api.url} if platform.backends.api else {}
    return {
        **named,
        "SIHAO_AMQP_URL": platform.amqp_url,
        "SIHAO_MONGO_URL": platform.backends.mongo_url,
        "SIHAO_DATABASES": ",".join(f"{name}={database}" for name, database in stand.databases.items()),
        "SIHAO_SERVICES": ",".join(f"{name}={url}" for name, url in services.items()),
        "SIHAO_SMTP_HOST": stand.mails.host,
        "SIHAO_SMTP_PORT": str(stand.mails.port),
        "SIHAO_OIDC_JWKS_URL": stand.issuer.jwks_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": platform.spans.url,
        "COLUMNS": "220",
    }


async def sihao(environment: dict[str, str], *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=BLANK | environment)


async def doctor(environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Exit code, and each finding by its code."""
    result = await sihao(environment, "doctor", "--json")
    found = json.loads(result.stdout)
    return result.exit_code, {one["code"]: one for one in found["findings"]}


async def test_the_doctor_finds_a_running_platform_well(platform: Platform) -> None:
    code, found = await doctor(given(platform))
    ill = {name: one for name, one in found.items() if one["outcome"] not in WELL and name not in NOT_IN_PRODUCTION}
    dead = {name for name in ill if name.startswith("dead.")}  # other tests put messages aside
    assert ill.keys() - dead == set(), ill
    assert code == 0
    assert {f"service.{name}" for name in platform.stand.platform.services} <= found.keys()
    assert {"broker", "store.replica", "versions", "mail", "issuer", "traces"} <= found.keys()
    if platform.backends.api:
        assert {"topology", "policies.length"} & found.keys()


async def test_the_doctor_says_of_broken_parts_what_is_wrong_and_what_to_do(platform: Platform) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with platform.backends.fresh_vhost() as empty:
        broken = {
            **given(platform),
            "SIHAO_AMQP_URL": empty,
            "SIHAO_DATABASES": "intake=nothing_here",
            "SIHAO_SERVICES": f"intake={nowhere}",
            "SIHAO_SMTP_PORT": str(free_port()),
            "SIHAO_OIDC_JWKS_URL": f"{platform.stand.platform.services['intake']}/nothing",
            "OTEL_EXPORTER_OTLP_ENDPOINT": nowhere,
            "SIHAO_SIGNING_KEY": "/nothing/here.pem",
        }
        code, found = await doctor(broken)
    assert code == 1
    failed = {name for name, one in found.items() if one["outcome"] == "failed"}
    expected = {"service.intake", "indexes.intake", "mail", "issuer", "keys.own"}
    assert failed >= expected | ({"topology"} if platform.backends.api else set())
    assert found["traces"]["outcome"] == "warning"
    assert all(found[name]["remedy"]["zh"] and found[name]["remedy"]["en"] for name in failed)

    away = {
        "SIHAO_AMQP_URL": f"amqp://127.0.0.1:{free_port()}/",
        "SIHAO_MONGO_URL": f"mongodb://127.0.0.1:{free_port()}",
    }
    code, found = await doctor({**away, "SIHAO_RABBIT_API_URL": nowhere})
    assert code == 1
    assert {name for name, one in found.items() if one["outcome"] == "failed"} == {"broker", "broker.api", "store"}


async def test_the_doctors_table_is_bilingual_and_blind_without_addresses(platform: Platform) -> None:
    table = await sihao(given(platform), "doctor")
    assert table.exit_code == 0
    assert "办法 / what to do" in table.stdout
    assert "intake 正常" in table.stdout
    assert (await sihao({}, "doctor")).exit_code == 2
    assert (await sihao({"SIHAO_SERVICES": "billing=http://a"}, "doctor")).exit_code == 2


async def test_the_road_of_an_application_leads_from_its_submission_to_the_letters(platform: Platform) -> None:
    applicant, round_ = platform.applicant("3502"), await open_round(platform, "CN-2024-R")
    await bring(platform, applicant)
    id_ = await submit(platform, applicant, round_)
    operator = platform.token("operator")
    await platform.comes("review-35", f"/cases/{id_}@35", token=operator)
    environment = given(platform)

    async def told() -> dict[str, Any]:
        result = await sihao(environment, "trace", id_, "--json")
        assert result.exit_code in {0, 1}, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    road = await told()
    for _ in range(100):
        if "case.opened.v1" in {what for what, _ in steps(road["road"])}:
            break
        road = await told()
    [submitted] = [one for one in road["road"] if one["what"].startswith("submit")]
    assert submitted["role"] == "secretary"
    known = steps(road["road"])
    assert {("application.submitted.v1", "scoring"), ("application.scored.v1", "review-35")} <= set(known)
    [scored] = [one for one in submitted["then"] if one["service"] == "scoring"]
    assert scored["waited"] >= 0
    assert [one["what"] for one in scored["then"] if one["service"] == "review-35"] == ["application.scored.v1"]
    assert applicant.chamber.name not in json.dumps(road, ensure_ascii=False)

    shown = await sihao(environment, "trace", id_)
    assert "申报评分 application.scored.v1" in shown.stdout
    with Jaeger(id_) as jaeger:
        traced = await sihao({**environment, "SIHAO_TRACES_URL": jaeger.url}, "trace", id_)
        told_too = await sihao({**environment, "SIHAO_TRACES_URL": jaeger.url}, "trace", id_, "--json")
    assert "POST /applications/{application}/submit" in traced.stdout
    assert [root["service"] for root in json.loads(told_too.stdout)["traces"]] == ["intake"]
    away = await sihao({**environment, "SIHAO_TRACES_URL": f"http://127.0.0.1:{free_port()}"}, "trace", id_)
    assert "申报评分 application.scored.v1" in away.stdout
    assert "没有应答" in away.stderr
    assert (await sihao(environment, "trace", "CN-1999-NOBODY")).exit_code == 2
    assert (await sihao({**environment, "SIHAO_DATABASES": "x"}, "trace", id_)).exit_code == 2


def steps(road: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What happened where, all the way down."""
    here = [(one["what"], one["service"]) for one in road if "what" in one]
    return here + [found for one in road for found in steps(one.get("then", []))]


async def test_metrics_lead_to_traces(platform: Platform) -> None:
    for service in platform.stand.platform.services:
        answer = await platform.call("GET", service, "/metrics", headers={"Accept": "application/openmetrics-text"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        exemplars = [s.exemplar for s in families["sihao_http_request_seconds"].samples if s.exemplar]
        assert all(len(exemplar.labels["trace_id"]) == 32 for exemplar in exemplars)
        [build] = families["sihao_build_info"].samples
        assert len(build.labels["contracts"]) == 16
        parts = {s.labels["part"]: s.value for s in families["sihao_part_up"].samples}
        assert parts["store"] == parts["consumers"] == 1
    scoring = (
        await platform.call("GET", "scoring", "/metrics", headers={"Accept": "application/openmetrics-text"})
    ).text
    [family] = [f for f in text_string_to_metric_families(scoring) if f.name == "sihao_handle_seconds"]
    exemplars = [s.exemplar for s in family.samples if s.exemplar and s.labels["handler"] == "application.submitted.v1"]
    traces = {exemplar.labels["trace_id"] for exemplar in exemplars}
    assert traces
    assert traces & {span.trace for span in platform.spans.all}


async def test_decisions_and_provinces_are_told_by_province(platform: Platform) -> None:
    text = (await platform.call("GET", "review-35", "/metrics")).text
    assert 'sihao_decisions_total{area="35",outcome="case.opened",stage="own_level"}' in text
    heard = (await platform.call("GET", "notify", "/metrics")).text
    assert 'sihao_province_heard_timestamp_seconds{area="35"}' in heard


async def test_every_log_line_is_json_with_its_trace_and_without_what_is_personal(platform: Platform) -> None:
    """Over everything that was done here: names and codes of people and chambers stay out of the logs."""
    lines = platform.log_lines()
    assert lines
    answered = [line for line in lines if line["event"] == "http.answered"]
    assert answered
    assert all(len(line["trace_id"]) == 32 for line in answered)
    assert all({"event", "level", "logger", "timestamp", "service"} <= line.keys() for line in lines)
    told = json.dumps(lines, ensure_ascii=False)
    names = {one.chamber.name for one in platform.scenario.applications}
    assert [name for name in names if name in told] == []
    assert "@example.org" not in told
