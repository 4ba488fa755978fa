"""What an examination found: one line for each thing looked at, with the remedy where something is wrong."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text, text


class Outcome(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARNING = "warning"
    """It works, and should be mended."""
    FAILED = "failed"
    """It will not work."""
    SKIPPED = "skipped"
    """It could not be looked at; what is said tells why."""


class Finding(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Which thing, for programs: `broker.tls`."""
    outcome: Outcome
    """How it stands."""
    says: Text
    """What was found."""
    remedy: Text | None = None
    """What to do; None if there is nothing to do."""


def ok(code: str, zh: str, en: str) -> Finding:
    """All is well."""
    return Finding(code=code, outcome=Outcome.OK, says=text(zh, en))


def skipped(code: str, zh: str, en: str) -> Finding:
    """It could not be looked at."""
    return Finding(code=code, outcome=Outcome.SKIPPED, says=text(zh, en))


def failed(code: str, says: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """It will not work."""
    return Finding(code=code, outcome=Outcome.FAILED, says=text(*says), remedy=text(*remedy))


def warning(code: str, says: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """It works, and should be mended."""
    return Finding(code=code, outcome=Outcome.WARNING, says=text(*says), remedy=text(*remedy))


def passes(findings: list[Finding]) -> bool:
    """Whether nothing has failed."""
    return all(one.outcome is not Outcome.FAILED for one in findings)


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """For programs."""
    return {"passes": passes(findings), "findings": [one.model_dump(mode="json") for one in findings]}
