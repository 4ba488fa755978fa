"""Every judgement of the doctor, both ways: fine, and broken."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from shared.contracts.trust import PublicKey
from shared.kernel.keys import RegisteredKey
from shared.runtime.release import contracts_digest
from sihao.doctor import broker, keys, outside, services, store
from sihao.doctor.place import Named, NotAService, Place, parse
from sihao.doctor.services import ServiceFacts
from sihao.doctor.store import DatabaseFacts, StoreFacts
from sihao.province.findings import Finding, Outcome
from sihao.services import KINDS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
JWK = PublicKey.model_validate(OKPKey.generate_key("Ed25519").as_dict(private=False))


def outcomes(findings: list[Finding] | Finding) -> dict[str, Outcome]:
    """How it stands, by code; whatever is wrong must say what to do, in both languages."""
    listed = [findings] if isinstance(findings, Finding) else findings
    for one in listed:
        assert one.says.zh != one.says.en
        if one.outcome in (Outcome.FAILED, Outcome.WARNING):
            assert one.remedy is not None
            assert one.remedy.zh != one.remedy.en
    return {one.code: one.outcome for one in listed}


# --- what was named ---------------------------------------------------------------------------------------------------


def test_services_are_named_by_name_and_value() -> None:
    intake, province = parse("intake=http://a:1, review-35=http://b:2")
    assert (intake.name, intake.value, intake.service) == ("intake", "http://a:1", "intake")
    assert (province.service, province.areas) == ("review", "35")
    assert parse("") == []


@pytest.mark.parametrize("written", ["intake", "intake=", "billing=http://a", "=x"])
def test_what_is_no_service_is_refused(written: str) -> None:
    with pytest.raises(NotAService):
        parse(written)


def test_the_environment_of_a_service_says_where_things_are() -> None:
    place = Place.of({"SIHAO_SMTP_HOST": "mail", "SIHAO_SERVICES": "intake=http://a", "SIHAO_AMQP_URL": ""}, skew=5)
    assert place.smtp == ("mail", 587)
    assert [one.name for one in place.names] == ["intake"]
    assert not place.empty
    assert Place.of({"HOME": "/"}, skew=5).empty


# --- broker -----------------------------------------------------------------------------------------------------------

NODE: Mapping[str, Any] = {"name": "rabbit@a", "running": True, "disk_free": 50e9, "disk_free_limit": 1e9}
WANTED = broker.wanted([Named("scoring", "x")])


def queue(name: str, **other: Any) -> dict[str, Any]:
    policy = {"max-length": 1000}
    return {
        "name": name,
        "type": "quorum",
        "consumers": 1,
        "messages": 0,
        "arguments": {},
        "effective_policy_definition": policy,
        **other,
    }


def queues(**other: Any) -> dict[str, dict[str, Any]]:
    return {name: queue(name, **other) for name in WANTED.queues}


def test_what_a_service_needs_on_the_broker_is_read_off_its_handler_table() -> None:
    assert {"scoring.application.submitted.v1", "dead.scoring"} <= set(WANTED.queues)
    assert WANTED.exchanges == ("sihao.events", "sihao.dead")
    province = broker.wanted([Named("review-35", "x")])
    assert "review.application.scored.v1.35" in province.queues
    assert "dead.review.35" in province.exchanges


@pytest.mark.parametrize(("version", "outcome"), [("3.10.8", "ok"), ("4.2.0", "ok"), ("3.9.29", "failed")])
def test_the_release_of_the_broker(version: str, outcome: str) -> None:
    assert outcomes(broker.judge_version(version)) == {"broker.version": outcome}


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, {"broker.nodes": "ok"}),
        ({"running": False}, {"broker.node": "failed"}),
        ({"mem_alarm": True}, {"broker.alarm": "failed"}),
        ({"disk_free_alarm": True, "disk_free": 0}, {"broker.alarm": "failed"}),
        ({"disk_free": 2e9}, {"broker.disk": "warning"}),
    ],
)
def test_nodes(other: dict[str, Any], found: dict[str, str]) -> None:
    assert outcomes(broker.judge_nodes([{**NODE, **other}])) == found


def test_topology() -> None:
    exchanges = set(WANTED.exchanges)
    assert outcomes(broker.judge_topology(WANTED, queues(), exchanges)) == {"topology": "ok"}
    assert outcomes(broker.judge_topology(WANTED, {}, exchanges)) == {"topology": "failed"}
    assert outcomes(broker.judge_topology(WANTED, queues(), set())) == {"topology": "failed"}
    unheard = broker.judge_topology(WANTED, queues(consumers=0), exchanges)
    assert outcomes(unheard) == {"topology.consumers": "failed"}
    assert outcomes(broker.judge_topology(WANTED, queues(type="classic"), exchanges)) == {"topology.type": "failed"}


def test_policies() -> None:
    assert outcomes(broker.judge_limits(WANTED, queues(), "3.10.8")) == {"policies": "ok"}
    assert outcomes(broker.judge_limits(WANTED, queues(), "4.0.5")) == {"policies.delivery-limit": "failed"}
    unlimited = queues(arguments={"x-delivery-limit": -1})
    assert outcomes(broker.judge_limits(WANTED, unlimited, "4.0.5")) == {"policies": "ok"}
    limited = queues(effective_policy_definition={"delivery-limit": 20, "max-length": 9})
    assert outcomes(broker.judge_limits(WANTED, limited, "3.10.8")) == {"policies.delivery-limit": "failed"}
    endless = queues(effective_policy_definition={})
    assert outcomes(broker.judge_limits(WANTED, endless, "3.10.8")) == {"policies.length": "warning"}
    assert broker.judge_limits(WANTED, {}, "3.10.8") == []


def test_messages_that_pile_up() -> None:
    assert outcomes(broker.judge_queues(WANTED, queues())) == {"queues": "ok"}
    assert outcomes(broker.judge_queues(WANTED, queues(messages=2_000_000))) == {"queues": "warning"}


# --- store ------------------------------------------------------------------------------------------------------------


def facts(hosts: int = 3, *, states: list[int] | None = None, free: float = 50.0, plain: bool = False) -> StoreFacts:
    hello: dict[str, Any] = {"hosts": [f"m{n}" for n in range(hosts)], "setName": "rs0"}
    if plain:
        hello = {}
    members = [{"name": f"m{n}", "health": int(s > 0), "state": s} for n, s in enumerate(states or [1, 2, 2])]
    return StoreFacts(hello, members, free, (NOW, NOW))


@pytest.mark.parametrize(
    ("given", "outcome"), [(facts(), "ok"), (facts(1), "warning"), (facts(plain=True), "failed")], ids=str
)
def test_the_replica_set(given: StoreFacts, outcome: str) -> None:
    assert outcomes(store.judge_replica(given)) == {"store.replica": outcome}


@pytest.mark.parametrize(
    ("states", "outcome"), [([1, 2, 2], "ok"), ([1, 2, 0], "warning"), ([1, 0, 0], "failed"), ([2, 2, 2], "failed")]
)
def test_the_majority(states: list[int], outcome: str) -> None:
    assert outcomes(store.judge_majority(facts(states=states))) == {"store.majority": outcome}


def test_who_may_not_see_the_members_is_told_so() -> None:
    hidden = StoreFacts({}, None, 1.0, (NOW, NOW))
    assert outcomes(store.judge_majority(hidden)) == {"store.majority": "skipped"}
    assert outcomes(store.judge_room(hidden)) == {"store.disk": "warning"}
    assert outcomes(store.judge_room(facts())) == {"store.disk": "ok"}


def lying(**other: Any) -> DatabaseFacts:
    indexes = {
        kind.collection: frozenset(
            [("_id",), ("due",), ("outbox.routing_key", "outbox.at"), *(index.fields for index in kind.indexes)]
        )
        for kind in KINDS["scoring"]
    }
    return DatabaseFacts(**{"name": "scoring", "indexes": indexes, "oldest": None, "letters": {}, **other})


def test_indexes() -> None:
    assert outcomes(store.judge_indexes(lying())) == {"indexes.scoring": "ok"}
    bare = {kind.collection: frozenset({("_id",)}) for kind in KINDS["scoring"]}
    assert outcomes(store.judge_indexes(lying(indexes=bare))) == {"indexes.scoring": "failed"}


def test_what_waits_in_an_outbox() -> None:
    assert outcomes(store.judge_outbox(lying(), NOW)) == {"outbox.scoring": "ok"}
    fresh, old = NOW - timedelta(seconds=5), NOW - timedelta(hours=1)
    assert outcomes(store.judge_outbox(lying(oldest=fresh), NOW)) == {"outbox.scoring": "ok"}
    assert outcomes(store.judge_outbox(lying(oldest=old), NOW)) == {"outbox.scoring": "warning"}


def test_dead_letters() -> None:
    assert outcomes(store.judge_letters(lying(letters={"waited-too-long": 3}))) == {"dead.scoring": "ok"}
    assert outcomes(store.judge_letters(lying(letters={"refused": 1}))) == {"dead.scoring": "warning"}


# --- services ---------------------------------------------------------------------------------------------------------


def service(name: str = "intake", **other: Any) -> ServiceFacts:
    known = {"work": {"ok": True, "checks": []}, "release": "1.0", "contracts": contracts_digest(), **other}
    return ServiceFacts(name=name, url="http://a", **known)


def work(*, ok: bool) -> dict[str, Any]:
    why = {"zh": "未在接收消息", "en": "not consuming"}
    return {"ok": ok, "checks": [{"name": "consumers", "ok": False, "why": why}]}


def test_whether_a_service_works() -> None:
    assert outcomes(services.judge_work(service())) == {"service.intake": "ok"}
    assert outcomes(services.judge_work(service(work=None))) == {"service.intake": "failed"}
    assert outcomes(services.judge_work(service(work=work(ok=False)))) == {"service.intake": "failed"}
    assert outcomes(services.judge_work(service(work=work(ok=True)))) == {"service.intake": "warning"}


def test_releases_and_contracts() -> None:
    both = [service(), service("notify")]
    assert outcomes(services.judge_versions(both)) == {"versions": "ok"}
    mixed = [service(), service("notify", release="1.1")]
    assert outcomes(services.judge_versions(mixed)) == {"versions": "warning"}
    strange = [service(), service("notify", contracts="other")]
    assert outcomes(services.judge_versions(strange)) == {"contracts": "warning"}
    assert services.judge_versions([service(release="")]) == []


@pytest.mark.parametrize(
    ("there", "offset"),
    [
        ("Sun, 01 Mar 2026 00:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 00:00:01 GMT", 0),
        ("Sat, 28 Feb 2026 23:59:59 GMT", 0),
        ("Sun, 01 Mar 2026 00:01:01 GMT", 60),
        ("Sat, 28 Feb 2026 23:58:59 GMT", -60),
    ],
)
def test_a_clock_is_off_by_the_least_that_fits(there: str, offset: int) -> None:
    found = services.offset_of(there, NOW, NOW + timedelta(seconds=1))
    assert found == timedelta(seconds=offset)
    assert services.offset_of(None, NOW, NOW) is None


def test_clocks() -> None:
    near, far = timedelta(seconds=2), timedelta(seconds=-90)
    assert outcomes(services.judge_clocks({"store": near, "broker": None}, 5)) == {"clocks": "ok"}
    assert outcomes(services.judge_clocks({"store": near, "intake": far}, 5)) == {"clocks": "failed"}
    assert services.judge_clocks({"broker": None}, 5) == []


# --- keys -------------------------------------------------------------------------------------------------------------


def key(kid: str = "k", *, area: str = "35", days: int | None = None, withdrawn: bool = False) -> RegisteredKey:
    return RegisteredKey(
        kid=kid,
        area=area,
        jwk=JWK,
        valid_from=NOW - timedelta(days=365),
        valid_to=None if days is None else NOW + timedelta(days=days),
        registered_at=NOW,
        reason="test",
        withdrawn_at=NOW if withdrawn else None,
    )


@pytest.mark.parametrize(
    ("kid", "register", "found"),
    [
        ("k", [key()], {"keys.own": "ok", "keys.35": "ok"}),
        ("other", [key()], {"keys.own": "warning", "keys.35": "ok"}),
        ("k", [key(withdrawn=True)], {"keys.own": "failed", "keys.35": "failed"}),
        ("k", [key(days=-1)], {"keys.own": "failed", "keys.35": "failed"}),
        ("", [key(days=10)], {"keys.35": "warning"}),
        ("", [key(days=10), key("next", days=300)], {"keys.35": "ok"}),
        ("", [], {"keys": "skipped"}),
        ("", None, {"keys": "skipped"}),
    ],
)
def test_keys(kid: str, register: list[RegisteredKey] | None, found: dict[str, str]) -> None:
    assert outcomes(keys.judge(kid, register, NOW)) == found


def test_key_files(tmp_path: Path) -> None:
    own, broken = tmp_path / "key.pem", tmp_path / "broken.pem"
    pair = OKPKey.generate_key("Ed25519")
    own.write_bytes(pair.as_pem(private=True))
    broken.write_text("nothing")
    assert keys.signing_key(str(own)) == pair.thumbprint()
    wrong = keys.signing_key(str(broken))
    assert isinstance(wrong, Finding)
    assert outcomes(wrong) == {"keys.own": "failed"}
    trusted = tmp_path / "trust.json"
    trusted.write_text(json.dumps({"keys": [pair.as_dict(private=False)]}))
    assert outcomes(keys.trust_file(str(trusted))) == {"keys.trust": "ok"}
    assert outcomes(keys.trust_file(str(broken))) == {"keys.trust": "failed"}


# --- what the platform leans on ---------------------------------------------------------------------------------------


def test_mail() -> None:
    assert outcomes(outside.judge_mail("m", 25, 250)) == {"mail": "ok"}
    assert outcomes(outside.judge_mail("m", 25, 550)) == {"mail": "failed"}
    assert outcomes(outside.judge_mail("m", 25, None, why="timeout")) == {"mail": "failed"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, json.dumps({"keys": [JWK.model_dump()]}).encode(), "ok"),
        (200, b'{"keys": []}', "failed"),
        (200, b"<html>", "failed"),
        (200, b"[]", "failed"),
        (404, b"", "failed"),
        (None, b"ConnectError", "failed"),
    ],
    ids=["keys", "no keys", "no JSON", "a list", "not found", "away"],
)
def test_the_issuer(status: int | None, body: bytes, outcome: str) -> None:
    assert outcomes(outside.judge_issuer(status, body)) == {"issuer": outcome}


@pytest.mark.parametrize(("status", "outcome"), [(200, "ok"), (404, "warning"), (None, "warning")])
def test_the_collector(status: int | None, outcome: str) -> None:
    assert outcomes(outside.judge_collector(status)) == {"traces": outcome}
