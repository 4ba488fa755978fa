"""HTTP in: one file per resource, thin; every act goes through a pure decider."""

from collections.abc import Sequence

from fastapi import APIRouter

from services.review.api import (
    announcements,
    assignments,
    ballots,
    cases,
    certificates,
    cohorts,
    decided,
    decisions,
    draws,
    experts,
    exports,
    honours,
    keys,
    leadership,
    marks,
    notices,
    objections,
    panels,
    procedures,
    reconciliation,
    sanctions,
    shortlists,
    visits,
)
from services.review.api.desk import Desk


def routers(desk: Desk) -> Sequence[APIRouter]:
    """All of them."""
    resources = (
        cases,
        decisions,
        visits,
        marks,
        assignments,
        cohorts,
        experts,
        draws,
        shortlists,
        panels,
        ballots,
        leadership,
        notices,
        objections,
        announcements,
        decided,
        certificates,  # before honours, whose paths are wider
        sanctions,  # likewise
        honours,
        procedures,
        exports,
        keys,
        reconciliation,
    )
    return [resource.router(desk) for resource in resources]
