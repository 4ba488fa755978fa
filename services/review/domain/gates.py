"""Gates looked at again 资格条件复核: a penalty, a failed inspection or a lapsed evaluation may come after the score.

An officer records what was found, for every case, and only then may it go on public notice, or be announced, where the
procedure asks for that. A gate that has turned ends the case with its reason, and no later scorecard opens it
again: that one knows what the chamber handed in, not what the office found.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.case import Case
from services.review.domain.officer import require_open
from services.review.domain.opening import decline_at_gate
from shared.contracts.text import Text
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, refused
from shared.kernel.problem import problem


class Turned(BaseModel):
    """A gate that is not met any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str
    reason: Text


class CheckGates(Command):
    """Every gate was looked at again; these have turned."""

    source: str = Field(min_length=1, max_length=500)
    """Where it was looked up: registers, organs asked, with dates."""
    turned: tuple[Turned, ...] = ()


def check_gates(case: Case | None, command: CheckGates, now: datetime) -> Change[Case]:
    """Record the check; a gate that has turned ends the case.

    Raises:
        Refused: the case is not open, the office is another, or a gate is named that the scorecard does not have.
    """
    case = _theirs(case, command)
    gates = case.score.gates if case.score else ()
    turned = {found.item: found.reason for found in command.turned}
    if strange := sorted(turned.keys() - {gate.item for gate in gates}):
        raise refused(
            "gates.unknown",
            "turned",
            rule=(f"评分卡中没有资格条件 {strange[0]}。", f"The scorecard has no gate {strange[0]}."),
            remedy=(
                f"资格条件为：{'、'.join(gate.item for gate in gates)}。",
                f"The gates are: {', '.join(gate.item for gate in gates)}.",
            ),
        )
    checked = case.but(gates_checked=now, gates_source=command.source)
    if not turned or case.score is None:
        return Change(checked)
    now_so = tuple(
        gate.model_copy(update={"result": "not_met", "reason": turned[gate.item]}) if gate.item in turned else gate
        for gate in gates
    )
    found = checked.but(score=case.score.model_copy(update={"gates": now_so, "admitted": False}))
    return decline_at_gate(found, "gate_turned")


def unchecked(cases: Iterable[Case]) -> list[str]:
    """Ids of the cases whose gates have not been looked at again since they came to their stage."""
    return [
        case.id
        for case in cases
        if case.gates_checked is None or case.entered is None or case.gates_checked < case.entered
    ]


def require_checked(cases: Iterable[Case]) -> None:
    """All of them must have been looked at again.

    Raises:
        Refused: some have not.
    """
    if left := unchecked(cases):
        raise Refused(
            problem(
                "gates.unchecked",
                "cases",
                rule=(
                    f"{len(left)} 件尚未复核资格条件：{'、'.join(left[:5])}。",
                    f"The gates of {len(left)} cases have not been checked again: {', '.join(left[:5])}.",
                ),
                remedy=(
                    "请查询登记、年检、处罚与综合评价情况，逐件登记复核结果。",
                    "Look up registration, inspection, penalties and evaluation, and record the check for each.",
                ),
            )
        )


def _theirs(case: Case | None, command: CheckGates) -> Case:
    case = require_open(case)
    if command.by.area != case.jurisdiction:
        raise refused(
            "case.not-your-turn",
            "by.area",
            rule=(
                f"资格条件由 {case.jurisdiction} 的工商联复核。",
                f"The federation of {case.jurisdiction} checks the gates.",
            ),
            remedy=("请由该工商联办理。", "That federation has to do it."),
        )
    return case
