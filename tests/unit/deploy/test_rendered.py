"""What was rendered is of today's sources, and valid for the last three releases of Kubernetes."""

import itertools

import kubernetes_validate
import pytest

from dev.kubernetes import COMPOSITIONS, digest, target
from tests.unit.deploy.manifests import manifests, of_kind

RELEASES = ("1.35", "1.36", "1.37")
FOREIGN = {
    "bitnami.com",
    "external-secrets.io",
    "keda.sh",
    "mongodbcommunity.mongodb.com",
    "monitoring.coreos.com",
    "rabbitmq.com",
}
"""Groups that operators bring; `make k8s-check` looks at those whose schemas can be had."""


def foreign(manifest):
    return manifest["apiVersion"].partition("/")[0] in FOREIGN


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_it_was_rendered_from_the_sources_as_they_are(composition):
    assert digest() in target(composition).read_text("utf-8").splitlines()[1], "make k8s"


@pytest.mark.parametrize("release", RELEASES)
def test_every_shape_of_resource_is_valid(release):
    """One of each kind and name, from whichever composition."""
    seen, distinct = set(), []
    for manifest in itertools.chain.from_iterable(map(manifests, COMPOSITIONS)):
        if not foreign(manifest) and (text := repr(manifest["kind"]) + repr(manifest.get("spec"))) not in seen:
            seen.add(text)
            distinct.append(manifest)
    assert len(distinct) > 30
    for manifest in distinct:
        kubernetes_validate.validate(manifest, release, strict=True)


def test_a_wrong_field_is_noticed():
    manifest = {**of_kind("overlays/centre", "Deployment")[0], "spec": {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, RELEASES[-1], strict=True)


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_nothing_is_there_twice_and_all_is_in_one_namespace(composition):
    names = [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in manifests(composition)]
    assert len(names) == len(set(names))
    (namespace,) = of_kind(composition, "Namespace")
    assert {one["metadata"].get("namespace") for one in manifests(composition) if one is not namespace} == {
        namespace["metadata"]["name"]
    }


def test_every_optional_component_stands_in_an_example():
    kinds = {one["kind"] for example in ("examples/operators", "examples/sealed") for one in manifests(example)}
    assert kinds >= {
        "ExternalSecret",
        "HorizontalPodAutoscaler",
        "MongoDBCommunity",
        "OperatorPolicy",
        "PrometheusRule",
        "RabbitmqCluster",
        "ScaledObject",
        "SealedSecret",
        "ServiceMonitor",
        "TriggerAuthentication",
    }
