"""Nothing is open by default; what the settings connect to is, and nothing else."""

from urllib.parse import urlsplit

import pytest

from dev.kubernetes import COMPOSITIONS
from tests.unit.deploy.manifests import FIGURED, named, of_kind, settings_given, workloads

PORTS = {"amqp": 5672, "amqps": 5671, "mongodb": 27017, "http": 80, "https": 443}
BROUGHT = {"SIHAO_AMQP_URL": "amqps://broker.example.cn:5671/", "SIHAO_MONGO_URL": "mongodb://store.example.cn:27017/"}
SPARE = {5671, 5672}
"""The broker may be spoken to with TLS or, in one's own cluster, without."""
WORKLOADS = [(composition, *found) for composition in FIGURED for found in workloads(composition)]


def reached(composition, workload):
    """Every port that a pod of this workload may open a connection to."""
    labels, ports = workload["spec"]["template"]["metadata"]["labels"], set()
    for policy in of_kind(composition, "NetworkPolicy"):
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items():
            for rule in policy["spec"].get("egress", []):
                assert rule["to"], "an empty list would mean everywhere"
                ports |= {port["port"] for port in rule["ports"]}
    return ports


def implied(composition, workload):
    """Every port that its settings have it connect to."""
    told = {**settings_given(composition, workload)}
    urls = [told[name] or BROUGHT[name] for name in BROUGHT]
    urls += [told["SIHAO_OIDC_JWKS_URL"], *filter(None, [told.get("OTEL_EXPORTER_OTLP_ENDPOINT")])]
    ports = {urlsplit(url).port or PORTS[urlsplit(url).scheme] for url in urls}
    return ports | ({int(told["SIHAO_SMTP_PORT"])} if "SIHAO_SMTP_HOST" in told else set())


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_the_default_is_no(composition):
    assert named(composition, "NetworkPolicy", "default-deny")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


@pytest.mark.parametrize(
    ("composition", "name", "workload"), WORKLOADS, ids=[f"{composition}:{name}" for composition, name, _ in WORKLOADS]
)
def test_what_the_settings_connect_to_is_open_and_nothing_else(composition, name, workload):
    del name
    open_, needed = reached(composition, workload), implied(composition, workload) | {53}
    assert needed <= open_
    assert open_ - needed <= SPARE


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_who_may_come_in(composition):
    for name, _ in workloads(composition):
        rules = named(composition, "NetworkPolicy", name)["spec"]["ingress"]
        who = [
            one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for rule in rules
            for one in rule["from"]
        ]
        assert who == ["ingress", "monitoring"]
        assert {port["port"] for rule in rules for port in rule["ports"]} == {"http"}


def test_a_province_reaches_its_broker_its_store_and_its_issuer_only():
    (workload,) = [workload for _, workload in workloads("overlays/province")]
    assert reached("overlays/province", workload) == {53, 443, 5671, 5672, 27017}
    places = [
        one["ipBlock"]["cidr"]
        for rule in named("overlays/province", "NetworkPolicy", "review")["spec"]["egress"]
        for one in rule["to"]
    ]
    assert len(places) == len(set(places)) == 3
    assert all(place.endswith("/32") for place in places)
