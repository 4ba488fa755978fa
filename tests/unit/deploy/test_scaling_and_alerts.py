"""Queues, metrics and runbooks that the manifests name exist."""

import re
from pathlib import Path

import pytest

from shared.runtime.metrics import REGISTRY
from tests.unit.deploy.manifests import of_kind, services

PROJECT = Path(__file__).parents[3]
OPERATORS = "examples/operators"
RULES = [
    rule for one in of_kind(OPERATORS, "PrometheusRule") for group in one["spec"]["groups"] for rule in group["rules"]
]
METRICS = {sample.name for family in REGISTRY.collect() for sample in family.samples} | {
    f"{family.name}_total" if family.type == "counter" else family.name for family in REGISTRY.collect()
}


def anchors(document):
    """The anchors of a document's headings, as they are made by those who show it."""
    for heading in re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("scaler", of_kind(OPERATORS, "ScaledObject"), ids=lambda one: one["metadata"]["name"])
def test_queues_that_are_watched_are_queues_of_that_service(scaler):
    queues = {subscription.queue for subscription in services()[scaler["spec"]["scaleTargetRef"]["name"]].table}
    watched = {trigger["metadata"]["queueName"] for trigger in scaler["spec"]["triggers"]}
    assert watched
    assert watched <= queues
    assert scaler["spec"]["minReplicaCount"] >= 2


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_that_exist(rule):
    assert set(re.findall(r"sihao_\w+", rule["expr"])) <= METRICS
    assert "sihao_" in rule["expr"] or rule["expr"].startswith("up{")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_in_both_languages_what_it_is_and_leads_to_a_runbook(rule):
    assert re.fullmatch(r".*[一-鿿].* / .*[a-z].*", rule["annotations"]["summary"])
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor in set(anchors(PROJECT / file))


def test_labels_that_alerts_ask_for_exist():
    collectors = REGISTRY._names_to_collectors
    asked = [
        (metric, label)
        for rule in RULES
        for metric, selector in re.findall(r"(sihao_\w+)\{([^}]*)\}", rule["expr"])
        for label in re.findall(r'(\w+)(?:=~|!~|!=|=)"', selector)
    ]
    assert asked
    assert [(metric, label) for metric, label in asked if label not in collectors[metric]._labelnames] == []


def test_metrics_are_scraped_where_the_services_tell_them():
    (monitor,) = of_kind(OPERATORS, "ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    assert all(one.app.url_path_for("metrics") == endpoint["path"] for one in services().values())
    wanted = monitor["spec"]["selector"]["matchLabels"]
    found = [one for one in of_kind(OPERATORS, "Service") if wanted.items() <= one["metadata"]["labels"].items()]
    assert {one["metadata"]["name"] for one in found} == {"intake", "scoring", "review", "notify"}
    assert {port["name"] for one in found for port in one["spec"]["ports"]} == {endpoint["port"]}


def test_the_limit_of_queues_fits_their_names():
    (policy,) = of_kind(OPERATORS, "OperatorPolicy")
    for one in services().values():
        assert all(re.match(policy["spec"]["pattern"], subscription.queue) for subscription in one.table)
