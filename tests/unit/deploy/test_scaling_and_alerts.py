"""Queues that the manifests watch exist, and alerts are those of everybody."""

from pathlib import Path

import pytest
import yaml

from dev.generated.alerts import ALERTS
from tests.unit.deploy.manifests import of_kind, services

PROJECT = Path(__file__).parents[3]
OPERATORS = "examples/operators"


@pytest.mark.parametrize("scaler", of_kind(OPERATORS, "ScaledObject"), ids=lambda one: one["metadata"]["name"])
def test_queues_that_are_watched_are_queues_of_that_service(scaler):
    queues = {subscription.queue for subscription in services()[scaler["spec"]["scaleTargetRef"]["name"]].table}
    watched = {trigger["metadata"]["queueName"] for trigger in scaler["spec"]["triggers"]}
    assert watched
    assert watched <= queues
    assert scaler["spec"]["minReplicaCount"] >= 2


def test_a_cluster_is_alerted_of_the_same_as_everybody_else():
    (resource,) = of_kind(OPERATORS, "PrometheusRule")
    assert resource["spec"] == yaml.safe_load((PROJECT / ALERTS).read_text("utf-8"))


@pytest.mark.parametrize("monitor", of_kind(OPERATORS, "ServiceMonitor"), ids=lambda one: one["metadata"]["name"])
def test_the_label_by_which_alerts_name_a_service_is_its_service_s_name(monitor):
    """The Prometheus operator calls the label `service` and fills in the Service that was scraped."""
    wanted = monitor["spec"]["selector"]["matchLabels"]
    scraped = [
        one["metadata"]
        for one in of_kind(OPERATORS, "Service")
        if wanted.items() <= one["metadata"].get("labels", {}).items()
    ]
    assert scraped
    assert {one["name"] for one in scraped} <= set(services())
