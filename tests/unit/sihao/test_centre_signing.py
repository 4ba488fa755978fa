"""Who of the centre signs: read off the connections, judged by the register, told to a province."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from sihao.centre.signing import SERVICES, doubtful, judged, read
from sihao.province.agreeing import signatures
from sihao.province.findings import Outcome, passes
from sihao.province.join_file import JoinFile
from sihao.province.rights import Way


def connection(service: str, kid: str = "k-1", scope: str = "") -> dict[str, Any]:
    """As the management API tells of it."""
    said = {"sihao-service": service, "sihao-scope": scope, "sihao-kid": kid, "product": "x"}
    return {"name": f"{service} {kid}", "user": service, "client_properties": said}


ALL_SIGN = [connection(service, scope="CN" if service == "review" else "") for service in SERVICES]
OTHERS: list[dict[str, Any]] = [
    {"name": "a shovel", "client_properties": {"product": "RabbitMQ"}},
    {"name": "being set up"},
    connection("review", "", scope="35"),
    connection("conformance", ""),
]


def test_all_sign_with_a_key_that_is_known() -> None:
    found = read([*ALL_SIGN, *ALL_SIGN, *OTHERS])
    assert [one.service for one in found] == list(SERVICES)
    assert doubtful(found, {"k-1"}) == ()
    assert {one.outcome for one in judged(found, {"k-1"})} == {Outcome.OK}


@pytest.mark.parametrize(
    ("connections", "code", "remedy"),
    [
        ([*ALL_SIGN[1:], connection("intake", "")], "centre.intake", "SIHAO_SIGNING_KEY"),
        ([*ALL_SIGN, connection("notify", "")], "centre.notify", "SIHAO_SIGNING_KEY"),
        ([*ALL_SIGN, connection("scoring", "k-2")], "centre.scoring", "sihao centre register"),
    ],
)
def test_who_does_not_sign_or_with_another_key_is_named_with_the_remedy(
    connections: list[dict[str, Any]], code: str, remedy: str
) -> None:
    found = read(connections)
    [wrong] = [one for one in judged(found, {"k-1"}) if one.outcome is Outcome.FAILED]
    assert wrong.code == code
    assert wrong.remedy
    assert remedy in wrong.remedy.zh
    assert remedy in wrong.remedy.en
    assert doubtful(found, {"k-1"}) == (code.removeprefix("centre."),)


def test_who_is_not_connected_is_named_and_held_against_nobody() -> None:
    found = read(ALL_SIGN[1:])
    findings = judged(found, {"k-1"})
    assert passes(findings)
    assert [one.code for one in findings if one.outcome is Outcome.WARNING] == ["centre.intake"]
    assert doubtful(found, {"k-1"}) == ()


def test_without_the_register_a_key_is_not_judged_and_that_is_said() -> None:
    found = read([*ALL_SIGN[1:], connection("intake", "whatever")])
    assert doubtful(found, None) == ()
    assert [one.code for one in judged(found, None) if one.outcome is Outcome.WARNING] == ["centre.register"]


@pytest.mark.parametrize(
    ("centre_keys", "unsigned", "code", "outcome"),
    [
        ([{"kid": "k-1"}], (), "centre.keys", Outcome.OK),
        ([{"kid": "k-1"}], ("notify",), "centre.unsigned", Outcome.FAILED),
        ([], ("notify",), "centre.keys", Outcome.WARNING),
    ],
)
def test_a_province_learns_from_its_join_file_whether_it_can_believe_the_centre(
    centre_keys: list[dict[str, str]], unsigned: tuple[str, ...], code: str, outcome: Outcome
) -> None:
    join = JoinFile(
        area="35",
        way=Way.DIRECT,
        issued=datetime(2026, 1, 1, tzinfo=UTC),
        broker="amqps://broker:5671/sihao",
        user="province-35.sihao",
        secret=SecretStr("s"),
        exchange="sihao.events",
        queues=(),
        hears=(),
        announces=(),
        centre_keys={"keys": centre_keys},
        unsigned=unsigned,
    )
    finding = signatures(join)
    assert (finding.code, finding.outcome) == (code, outcome)
    assert (finding.remedy is None) is (outcome is Outcome.OK)
