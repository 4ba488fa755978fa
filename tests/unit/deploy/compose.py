"""docker-compose.yml as data, and what of it is ours."""

import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[3]
TEXT = (PROJECT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ROUND: dict[str, Any] = yaml.safe_load((PROJECT / "deploy/compose/round.yml").read_text("utf-8"))
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
EXAMPLE = (PROJECT / ".env.example").read_text("utf-8")
VARIABLE = re.compile(r"\$\{([A-Za-z_]+)(?:(:[-?])([^}]*))?\}")
OF_THE_IMAGE = dict(re.findall(r"^(?:ENV)? +([A-Z_]+)=(\S+)", DOCKERFILE, re.MULTILINE))
"""What the image sets itself."""


def environment(name: str) -> dict[str, str]:
    """What a container is told, with what its image sets."""
    return OF_THE_IMAGE | {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


def filled(written: str, given: dict[str, str]) -> str:
    """With every variable in its place: as given, else its default, else a word."""
    return VARIABLE.sub(lambda found: given.get(found[1]) or (found[3] if found[2] == ":-" else "x"), written)
