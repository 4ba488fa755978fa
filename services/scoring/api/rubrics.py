"""The standards, for everyone to read."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.scoring.api.desk import Desk
from services.scoring.domain.rubric import Rubric
from services.scoring.library import rubric, rubric_ids
from shared.contracts.text import Text
from shared.kernel.change import NotFound, Refused
from shared.runtime.access import public


class RubricSummary(BaseModel):
    """A rubric version, in a line."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    rubric: str
    """What a round refers to, e.g. `sihao-2019@1`."""
    title: Text
    """Its name."""
    digest: str
    """SHA-256 of its canonical content."""
    parameters: dict[str, Text]
    """What a round has to fill in, by name."""


def router(_desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/rubrics", tags=["标准 / rubrics"])

    @routes.get("", dependencies=[public("the standard is public")])
    async def list_rubrics() -> list[RubricSummary]:
        """The rubric versions."""
        return [
            RubricSummary(
                rubric=known.key,
                title=known.title,
                digest=known.digest,
                parameters={name: parameter.text for name, parameter in known.parameters.items()},
            )
            for known in map(rubric, rubric_ids())
        ]

    @routes.get("/{key}", dependencies=[public("the standard is public")])
    async def read_rubric(key: str) -> dict[str, Any]:
        """One rubric version, complete."""
        return _known(key).model_dump(mode="json", by_alias=True, exclude_none=True)

    return routes


def _known(key: str) -> Rubric:
    try:
        return rubric(key)
    except Refused as unknown:
        raise NotFound(*unknown.problems) from unknown
