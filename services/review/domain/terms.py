"""What a round lays down for review, frozen when it opens: running cases keep the procedure they began with."""

from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.review.domain.procedure import Procedure
from shared.contracts.area import CENTRE, covers
from shared.contracts.rounds import Calendar, Round, RoundOpened
from shared.kernel.change import Change, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State


class Rules(BaseModel):
    """What a case has to know of its round; every case carries its own copy."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    honour: str
    """The honour line the round grants."""
    calendar: Calendar
    """The round's dates."""
    procedure: Procedure
    """The stages of this jurisdiction."""


class Terms(State):
    """A round as this deployment knows it."""

    round: Round
    """The round, frozen."""
    procedures: dict[str, Procedure]
    """By kind of jurisdiction (`province`, `nation`), as they stood when the round opened."""

    def rules(self, jurisdiction: str) -> Rules | None:
        """What holds for a case in this jurisdiction; None if the round has no cases there."""
        procedure = self.procedures.get(kind_of(jurisdiction))
        if procedure is None or not covers(self.round.area, jurisdiction):
            return None
        return Rules(honour=self.round.honour, calendar=self.round.calendar, procedure=procedure)

    def quota(self, area: str) -> int:
        """How many this province may nominate; none if the round does not say."""
        return self.round.quotas.get(area, 0)


class RoundHeard(BaseModel):
    """A round opened, with the procedures it names."""

    model_config = ConfigDict(frozen=True)

    event: RoundOpened
    procedures: dict[str, Procedure]


def freeze(terms: Terms | None, message: RoundHeard, _now: datetime) -> Change[Terms] | None:
    """Keep the round and its procedures; a round that is known stays as it is."""
    if terms is not None:
        return None
    return Change(Terms(round=message.event.round, procedures=message.procedures))


def kind_of(jurisdiction: str) -> str:
    """Under which name a round gives this jurisdiction its procedure."""
    return "nation" if jurisdiction == CENTRE else "province"


def named_procedures(
    round_: Round, jurisdictions: Collection[str], library: Mapping[str, Procedure]
) -> dict[str, Procedure]:
    """The procedures a round names for these jurisdictions.

    Raises:
        Refused: it names one that this deployment does not have.
    """
    kinds = {kind_of(jurisdiction) for jurisdiction in jurisdictions}
    wanted = {kind: id_ for kind, id_ in round_.procedures.items() if kind in kinds}
    for kind, id_ in wanted.items():
        if id_ not in library:
            known = "、".join(sorted(library))
            raise Refused(
                problem(
                    "procedure.unknown",
                    f"round.procedures.{kind}",
                    rule=(f"本服务没有程序 {id_}，现有：{known}。", f"No procedure {id_} here; known: {known}."),
                    remedy=("安装含有该程序的版本后重放此消息。", "Install a version that has it, and replay this."),
                )
            )
    return {kind: library[id_] for kind, id_ in wanted.items()}
