"""What a round lays down for review, frozen when it opens: running cases keep the procedure they began with."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.procedure import Procedure
from services.review.domain.stages import Announcement, OfficersTurn, Shortlist, line_of
from shared.contracts.area import Level, covers, level_of
from shared.contracts.rounds import Calendar, Round, RoundOpened
from shared.kernel.change import Change, Refused
from shared.kernel.problem import Problem, problem
from shared.kernel.state import State

_KINDS: Mapping[Level, str] = {"national": "nation", "province": "province", "city": "city", "county": "county"}

_LONGEST_LINE = 40
"""Characters that an honour line may have; a round's own has no more (`Round.honour`)."""


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
    """By kind of jurisdiction (`nation`, `province`, `city`), as they stood when the round opened."""
    own: dict[str, Procedure] = Field(default_factory=dict)
    """By area, the same with the layer of that jurisdiction's own, where it has one."""

    def rules(self, jurisdiction: str) -> Rules | None:
        """What holds for a case in this jurisdiction; None if the round has no cases there."""
        procedure = self.own.get(jurisdiction) or self.procedures.get(kind_of(jurisdiction))
        if procedure is None or not takes_part(jurisdiction, self.round):
            return None
        return Rules(honour=self.round.honour, calendar=self.round.calendar, procedure=procedure)

    def quota(self, area: str) -> int:
        """How many this jurisdiction may put on its list; none if the round does not say."""
        return self.round.quotas.get(area, 0)


class RoundHeard(BaseModel):
    """A round opened, with the procedures it names."""

    model_config = ConfigDict(frozen=True)

    event: RoundOpened
    procedures: dict[str, Procedure]
    own: dict[str, Procedure] = Field(default_factory=dict)


def freeze(terms: Terms | None, message: RoundHeard, _now: datetime) -> Change[Terms] | None:
    """Keep the round and its procedures; a round that is known stays as it is."""
    if terms is not None:
        return None
    return Change(Terms(round=message.event.round, procedures=message.procedures, own=message.own))


def kind_of(jurisdiction: str) -> str:
    """Under which name a round gives this jurisdiction its procedure."""
    return _KINDS[level_of(jurisdiction)]


def takes_part(jurisdiction: str, round_: Round) -> bool:
    """Whether a round has cases in this jurisdiction: the one that runs it, and the provinces in it.

    A city is a jurisdiction in rounds of its own alone; in those of others it acts for its chambers within their cases.
    """
    return jurisdiction == round_.area or (level_of(jurisdiction) == "province" and covers(round_.area, jurisdiction))


def named_procedures(
    round_: Round, jurisdictions: Collection[str], library: Mapping[str, Procedure]
) -> dict[str, Procedure]:
    """The procedures a round names for these jurisdictions.

    Raises:
        Refused: it names one that this deployment does not have, or that does not fit there.
    """
    kinds = {kind_of(jurisdiction) for jurisdiction in jurisdictions if takes_part(jurisdiction, round_)}
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
    named = {kind: library[id_] for kind, id_ in wanted.items()}
    if unfit := [fault for kind, procedure in named.items() for fault in _unfit(kind, procedure, round_)]:
        raise Refused(*unfit)
    ours = [place for place in jurisdictions if takes_part(place, round_)]
    if strange := [fault for place in ours for fault in _strange(place, named.get(kind_of(place)))]:
        raise Refused(*strange)
    return named


def own_procedures(
    round_: Round, jurisdictions: Collection[str], library: Mapping[str, Procedure]
) -> dict[str, Procedure]:
    """For those of these jurisdictions that have a layer on the procedure the round names: the procedure with it."""
    layers: dict[tuple[str | None, str | None], Procedure] = {
        (procedure.area, procedure.extends): procedure for procedure in library.values() if procedure.extends
    }
    wanted = {place: round_.procedures.get(kind_of(place)) for place in jurisdictions if takes_part(place, round_)}
    return {place: layer for place, id_ in wanted.items() if (layer := layers.get((place, id_)))}


def _strange(jurisdiction: str, procedure: Procedure | None) -> Iterator[Problem]:
    """Why this procedure is not for this jurisdiction: it is another's own."""
    if procedure and procedure.area not in (None, jurisdiction):
        yield problem(
            "procedure.another-area",
            f"round.procedures.{kind_of(jurisdiction)}",
            rule=(
                f"{procedure.id} 是 {procedure.area} 的自有程序，不用于 {jurisdiction}。",
                f"{procedure.id} is {procedure.area}'s own and not for {jurisdiction}.",
            ),
            remedy=("请选用平台的程序，或该地区自有的程序。", "Name one of the platform, or one of that area's own."),
        )


def _unfit(kind: str, procedure: Procedure, round_: Round) -> Iterator[Problem]:
    """Why a procedure cannot be that of such a jurisdiction in this round."""
    field = f"round.procedures.{kind}"
    for stage in procedure.stages:
        if isinstance(stage, OfficersTurn) and stage.who not in ("own_level", kind):
            yield problem(
                "procedure.another-organ",
                field,
                rule=(
                    f"{procedure.id} 的环节“{stage.title.zh}”由 {stage.who} 办理，不是 {kind}。",
                    f"In {procedure.id} the stage “{stage.title.en}” is for {stage.who}, not {kind}.",
                ),
                remedy=(f"请选用为 {kind} 编写的程序。", f"Name a procedure that is written for {kind}."),
            )
    last = procedure.stages[-1]
    if isinstance(last, Shortlist) and kind_of(round_.area) == kind:
        yield problem(
            "procedure.nowhere-to-nominate",
            field,
            rule=(
                f"{procedure.id} 止于推荐上报，而 {round_.area} 正是主办本周期的工商联。",
                f"{procedure.id} ends with a nomination, and {round_.area} itself runs this round.",
            ),
            remedy=("请选用以通报结束的程序。", "Name a procedure that ends with an announcement."),
        )
    further = last.distinction if isinstance(last, Announcement) else None
    if further and len(line := line_of(round_.honour, further)) > _LONGEST_LINE:
        yield problem(
            "procedure.line-too-long",
            field,
            rule=(
                f"称号系列 {line} 超过 {_LONGEST_LINE} 个字符。",
                f"The honour line {line} has more than {_LONGEST_LINE} characters.",
            ),
            remedy=("请为本周期的称号另取较短的代号。", "Give the round's honour a shorter code."),
        )
