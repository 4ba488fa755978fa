"""HTTP in: one file per resource, thin; every act goes through a pure decider."""

from collections.abc import Sequence

from fastapi import APIRouter

from services.scoring.api import exemplars, paths, plans, rubrics, scorecards
from services.scoring.api.desk import Desk


def routers(desk: Desk) -> Sequence[APIRouter]:
    """All of them."""
    return [resource.router(desk) for resource in (scorecards, paths, plans, exemplars, rubrics)]
