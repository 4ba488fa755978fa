"""HTTP in: one file per resource, thin; every act goes through a pure decider."""

from collections.abc import Sequence

from fastapi import APIRouter

from services.review.api import (
    announcements,
    assignments,
    ballots,
    cases,
    decisions,
    draws,
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
        assignments,
        experts,
        draws,
        shortlists,
        panels,
        ballots,
        notices,
        announcements,
        honours,
        procedures,
        exports,
    )
    return [resource.router(desk) for resource in resources]
