"""HTTP in: one file per resource, thin; every act goes through a pure decider."""

from collections.abc import Sequence

from fastapi import APIRouter

from services.review.api import (
    announcements,
    ballots,
    cases,
    certificates,
    decisions,
    experts,
    exports,
    honours,
    marks,
    notices,
    panels,
    procedures,
    shortlists,
)
from services.review.api.desk import Desk


def routers(desk: Desk) -> Sequence[APIRouter]:
    """All of them."""
    resources = (
        cases,
        decisions,
        marks,
        experts,
        shortlists,
        panels,
        ballots,
        notices,
        announcements,
        certificates,  # before honours, whose paths are wider
        honours,
        procedures,
        exports,
    )
    return [resource.router(desk) for resource in resources]
