"""The rendered manifests, as tests ask for them."""

import base64
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dev.generated.services import Described, described
from dev.kubernetes import COMPOSITIONS, rendered
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.review.settings import ReviewSettings
from services.scoring.settings import ScoringSettings
from shared.runtime.settings import Settings

Manifest = dict[str, Any]

SERVICES = ("intake", "scoring", "review", "notify")
SETTINGS: dict[str, type[Settings]] = {
    "intake": IntakeSettings,
    "scoring": ScoringSettings,
    "review": ReviewSettings,
    "notify": NotifySettings,
}
_BY_FILE = ("overlays/province", "examples/own-rules")
FIGURED = [composition for composition in COMPOSITIONS if composition not in _BY_FILE]
"""Compositions whose settings stand in the manifests themselves, secrets aside; a province brings a file."""


@cache
def manifests(composition: str) -> list[Manifest]:
    """All of a composition."""
    return rendered(composition)


@cache
def services() -> dict[str, Described]:
    """The services as the code has them; `review` is the centre's."""
    return {one.file: one for one in described()}


def of_kind(composition: str, kind: str) -> list[Manifest]:
    """All of one kind."""
    return [one for one in manifests(composition) if one["kind"] == kind]


def named(composition: str, kind: str, name: str) -> Manifest:
    """The one of this kind and name."""
    (found,) = [one for one in of_kind(composition, kind) if one["metadata"]["name"] == name]
    return found


def workloads(composition: str) -> Iterator[tuple[str, Manifest]]:
    """Our own services' Deployments, by name."""
    for deployment in of_kind(composition, "Deployment"):
        if deployment["metadata"]["name"] in SERVICES:
            yield deployment["metadata"]["name"], deployment


def pod(workload: Manifest) -> Manifest:
    """The specification of its pods."""
    return dict(workload["spec"]["template"]["spec"])


def container(workload: Manifest) -> Manifest:
    """Its only container."""
    (only,) = pod(workload)["containers"]
    return dict(only)


def settings_given(composition: str, workload: Manifest) -> Mapping[str, str | None]:
    """Every variable the container starts with; None if its value is in a secret that somebody else brings."""
    told: dict[str, str | None] = {}
    for source in container(workload).get("envFrom", []):
        told |= named(composition, "ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in container(workload)["env"]:
        if "value" in variable:
            told[variable["name"]] = variable["value"]
        else:
            wanted = variable["valueFrom"]["secretKeyRef"]
            told[variable["name"]] = _secret(composition, wanted["name"], wanted["key"])
    return told


def _secret(composition: str, name: str, key: str) -> str | None:
    for secret in of_kind(composition, "Secret"):
        if secret["metadata"]["name"] == name:
            return base64.b64decode(secret["data"][key]).decode()
    return None
