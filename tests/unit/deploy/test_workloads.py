"""Probes, ports, grace, privileges, spread and public paths of the services are those of the code."""

import pytest
from fastapi.routing import iter_route_contexts

from dev.kubernetes import COMPOSITIONS
from shared.runtime.edge import QUIET
from shared.runtime.server import DRAIN_SECONDS
from shared.runtime.service import _GRACE
from tests.unit.deploy.manifests import (
    SERVICES,
    container,
    manifests,
    named,
    of_kind,
    pod,
    services,
    settings_given,
    workloads,
)

WORKLOADS = [(composition, *found) for composition in COMPOSITIONS for found in workloads(composition)]
IDS = [f"{composition}:{name}" for composition, name, _ in WORKLOADS]
each_workload = pytest.mark.parametrize(("composition", "name", "workload"), WORKLOADS, ids=IDS)


def paths(service):
    return {context.path for context in iter_route_contexts(services()[service].app.routes)}


def covered(rule, path):
    if rule["pathType"] == "Exact":
        return path == rule["path"]
    return path == rule["path"] or path.startswith(rule["path"].rstrip("/") + "/")


@each_workload
def test_probes_ask_what_the_service_answers(composition, name, workload):
    del composition
    probes = container(workload)
    asked = {kind: probes[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert {probe["path"] for probe in asked.values()} <= paths(name) & QUIET
    assert {probe["port"] for probe in asked.values()} == {probes["ports"][0]["name"]}
    assert (asked["readiness"]["path"], asked["liveness"]["path"]) == ("/readyz", "/livez")
    # a broker that is away must not keep intake from accepting
    assert asked["startup"]["path"] == ("/readyz" if name == "intake" else "/startupz")


@each_workload
def test_there_is_time_to_finish_what_is_in_hand(composition, name, workload):
    del composition, name
    seconds = container(workload)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod(workload)["terminationGracePeriodSeconds"] >= seconds + DRAIN_SECONDS + 2 * _GRACE


@each_workload
def test_an_update_takes_no_process_away_before_another_is_there(composition, name, workload):
    assert workload["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]
        for one in manifests(composition)
        if one["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    }
    assert ("replicas" not in workload["spec"]) == (name in scaled)
    assert composition == "overlays/dev" or name in scaled or workload["spec"]["replicas"] >= 2


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_all_that_runs_meets_the_restricted_standard(composition):
    (namespace,) = of_kind(composition, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload in [*of_kind(composition, "Deployment"), *of_kind(composition, "StatefulSet")]:
        spec, running = pod(workload), container(workload)
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert running["securityContext"]["readOnlyRootFilesystem"]
        assert running["securityContext"]["allowPrivilegeEscalation"] is False
        assert running["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert running["resources"].keys() == {"requests", "limits"}
    for account in of_kind(composition, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@each_workload
def test_it_runs_as_the_image_does_and_may_write_to_tmp_only(composition, name, workload):
    del composition, name
    context = pod(workload)["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (10001, 10001, 10001)
    writable = [mount for mount in container(workload)["volumeMounts"] if not mount.get("readOnly")]
    assert [mount["mountPath"] for mount in writable] == ["/tmp"]  # noqa: S108 - exports and uploads are written there
    (volume,) = [volume for volume in pod(workload)["volumes"] if volume["name"] == writable[0]["name"]]
    assert volume["emptyDir"]["sizeLimit"]


@each_workload
def test_it_is_spread_and_drained_one_by_one(composition, name, workload):
    labels = workload["spec"]["template"]["metadata"]["labels"]
    spread = pod(workload)["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    budget = named(composition, "PodDisruptionBudget", name)["spec"]
    assert budget["maxUnavailable"] == 1
    selectors = [one["labelSelector"]["matchLabels"] for one in spread] + [budget["selector"]["matchLabels"]]
    selectors += [workload["spec"]["selector"]["matchLabels"], named(composition, "Service", name)["spec"]["selector"]]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert (
        named(composition, "Service", name)["spec"]["ports"][0]["targetPort"] == container(workload)["ports"][0]["name"]
    )


@each_workload
def test_every_page_is_reached_from_outside_and_no_health_or_metrics(composition, name, workload):
    del workload
    ingress = named(composition, "Ingress", name)["spec"]
    (host,) = ingress["rules"]
    assert [host["host"]] == ingress["tls"][0]["hosts"]
    rules = host["http"]["paths"]
    assert {path for path in paths(name) - QUIET if not any(covered(rule, path) for rule in rules)} == set()
    assert {path for path in QUIET if any(covered(rule, path) for rule in rules)} == set()
    idle = [rule["path"] for rule in rules if not any(covered(rule, path) for path in paths(name))]
    assert idle == [], "paths that lead nowhere"
    assert {rule["backend"]["service"]["name"] for rule in rules} == {name}


@pytest.mark.parametrize("composition", ["overlays/centre", "overlays/dev"])
def test_public_addresses_are_the_hosts_of_the_ingress(composition):
    told = {name: settings_given(composition, workload) for name, workload in workloads(composition)}
    hosts = {name: f"https://{named(composition, 'Ingress', name)['spec']['rules'][0]['host']}" for name in SERVICES}
    assert told["review"]["SIHAO_PUBLIC_URL"] == hosts["review"]
    assert told["notify"]["SIHAO_PUBLIC_URL"] == told["review"]["SIHAO_BULLETIN_URL"] == hosts["notify"]
