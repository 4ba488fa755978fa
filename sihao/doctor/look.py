"""All topics, one after the other. Nothing is changed, anywhere."""

from datetime import UTC, datetime, timedelta

import httpx2

from sihao.doctor import broker, keys, outside, services, store
from sihao.doctor.place import Place
from sihao.province.findings import Finding, skipped
from sihao.rabbit_api import ManagementApi


async def examine(place: Place) -> list[Finding]:
    """Everything that was named is looked at; what was not is told as skipped."""
    findings: list[Finding] = []
    offsets: dict[str, timedelta | None] = {}

    findings.append(await broker.reach(place.amqp_url) if place.amqp_url else _unset("broker", "SIHAO_AMQP_URL"))
    if place.rabbit_api_url:
        findings += await broker.look(place.rabbit_api_url, place.amqp_url, place.names)
        offsets["broker"] = await _broker_clock(place.rabbit_api_url)
    else:
        findings.append(_unset("broker.api", "SIHAO_RABBIT_API_URL"))

    if place.mongo_url:
        found, offsets["store"] = await store.look(place.mongo_url, place.databases)
        findings += found
    else:
        findings.append(_unset("store", "SIHAO_MONGO_URL"))

    told = await services.gather(place.services)
    findings += [one for facts in told for one in services.judge_work(facts)] or [_unset("services", "SIHAO_SERVICES")]
    findings += services.judge_versions(told)
    offsets |= {facts.name: facts.offset for facts in told}
    findings += services.judge_clocks(offsets, place.skew)

    findings += await _keys(place)
    findings.append(await outside.mail(*place.smtp) if place.smtp else _unset("mail", "SIHAO_SMTP_HOST"))
    findings.append(await outside.issuer(place.jwks_url) if place.jwks_url else _unset("issuer", "SIHAO_OIDC_JWKS_URL"))
    unset = _unset("traces", "OTEL_EXPORTER_OTLP_ENDPOINT")
    findings.append(await outside.collector(place.otlp_url) if place.otlp_url else unset)
    return findings


async def _keys(place: Place) -> list[Finding]:
    found = [keys.trust_file(place.trust)] if place.trust else []
    own = keys.signing_key(place.signing_key) if place.signing_key else ""
    if isinstance(own, Finding):
        found.append(own)
        own = ""
    register = await keys.registered(place.mongo_url, place.databases) if place.mongo_url else None
    return found + keys.judge(own, register, datetime.now(UTC))


async def _broker_clock(api_url: str) -> timedelta | None:
    before = datetime.now(UTC)
    try:
        date = await ManagementApi(api_url).date()
    except httpx2.HTTPError:
        return None
    return services.offset_of(date, before, datetime.now(UTC))


def _unset(code: str, name: str) -> Finding:
    return skipped(code, f"未设 {name}，未检查", f"{name} is not set; not checked")
