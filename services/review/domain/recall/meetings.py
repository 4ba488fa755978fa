"""Meetings of the committee and of the leaders: what they decided, as it was announced."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.review.domain.leadership import Leadership
from services.review.domain.panel import Matter, Panel
from services.review.domain.recall.unknown import UNKNOWN
from services.review.domain.stages import ExpertPanel
from shared.contracts.cases import LeadershipDecided, PanelDecided
from shared.kernel.change import Change


class Voted(BaseModel):
    """A committee's decision, beside the rule it met under."""

    model_config = ConfigDict(frozen=True)

    event: PanelDecided
    stage: ExpertPanel
    chambers: dict[str, str]
    """The credit codes of the chambers, by case."""


def voted(known: Panel | None, message: Voted, now: datetime) -> Change[Panel] | None:
    """A closed meeting with its counts. Who sat in it, stood aside and voted how is not known any more: no members."""
    if known is not None:
        return None
    event, stage = message.event, message.stage
    return Change(
        Panel(
            id=event.panel,
            round=event.round,
            jurisdiction=event.area,
            quorum=stage.quorum,
            look_back_years=stage.look_back_years,
            members=(),
            matters=tuple(
                Matter(case=result.case, chamber=message.chambers.get(result.case, ""), points=result.points)
                for result in event.results
            ),
            status="closed",
            convened=now,
            closed=now,
            results=event.results,
        )
    )


def resolved(known: Leadership | None, event: LeadershipDecided, now: datetime) -> Change[Leadership] | None:
    """The leaders' decision."""
    if known is not None:
        return None
    return Change(
        Leadership(
            id=event.decision,
            round=event.round,
            jurisdiction=event.area,
            document=event.document,
            held=event.held,
            approved=event.approved,
            departures=event.departures,
            at=now,
            by=UNKNOWN,
        )
    )
