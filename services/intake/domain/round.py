"""A round 认定周期: draft → frozen → open → closed. What is frozen never changes again."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.intake.domain.rubric import KnownRubric
from shared.contracts import Instant, Level, Round, RoundClosed, RoundOpened, Sha256, covers, level_of
from shared.kernel.calendar import until_words
from shared.kernel.canonical import digest
from shared.kernel.change import Change, Decider, NotFound, Refused
from shared.kernel.problem import Problem, problem
from shared.kernel.state import State

_PROCEDURES: Mapping[Level, tuple[str, ...]] = {
    "national": ("nation", "province"),
    "province": ("province",),
    "city": ("city",),
    "county": (),
}
"""Whose procedures a round names, by who runs it: those who have cases in it."""

RoundStatus = Literal["draft", "frozen", "open", "closed"]
"""草稿 · 已定稿 · 申报中 · 已截止."""


class PlannedRound(State):
    """A round, from its first draft on."""

    round: Round
    """What counts for every application in it."""
    status: RoundStatus = "draft"
    """Where it stands."""
    digest: Sha256
    """SHA-256 of the round's canonical content."""
    rubric_digest: Sha256 | None = None
    """SHA-256 of the rubric it was frozen with."""
    drafted_at: Instant
    """When it was drafted last."""
    frozen_at: Instant | None = None
    """When it was frozen."""
    opened_at: Instant | None = None
    """When it was opened."""
    closed_at: Instant | None = None
    """When it was closed."""
    applications: int | None = None
    """How many applications stood in it when it closed."""


class DraftRound(BaseModel):
    """The command: this is how the round shall be."""

    model_config = ConfigDict(frozen=True)

    round: Round
    """The round."""


class FreezeRound(BaseModel):
    """The command: the draft is final."""

    model_config = ConfigDict(frozen=True)


class OpenRound(BaseModel):
    """The command: let chambers apply, and tell everybody."""

    model_config = ConfigDict(frozen=True)


class CloseRound(BaseModel):
    """The command of the clock: the time to apply is over."""

    model_config = ConfigDict(frozen=True)

    applications: int
    """How many applications are submitted and not withdrawn."""


def draft(state: PlannedRound | None, command: DraftRound, now: datetime) -> Change[PlannedRound] | None:
    """Draft a round, or draft it anew.

    Raises:
        Refused: it is frozen; it would change owner; its dates, years or quotas contradict each other.
    """
    new = command.round
    planned = PlannedRound(round=new, digest=digest(new.model_dump(mode="json")), drafted_at=now)
    if state and state.digest == planned.digest:
        return None
    if state and state.status != "draft":
        raise Refused(_frozen(state))
    if state and state.round.area != new.area:
        raise Refused(_owner(state))
    if wrong := list(_contradictions(new)):
        raise Refused(*wrong)
    return Change(planned)


def freezing(rubric: KnownRubric | None) -> Decider[PlannedRound, FreezeRound]:
    """Freeze a round whose rubric is the one given (None: nobody has published it)."""

    def freeze(state: PlannedRound | None, command: FreezeRound, now: datetime) -> Change[PlannedRound] | None:
        del command
        planned = _existing(state)
        if planned.status != "draft":
            return None
        if rubric is None or rubric.id != planned.round.rubric:
            raise Refused(_unknown_rubric(planned.round))
        if wrong := list(_parameters(planned.round, rubric)):
            raise Refused(*wrong)
        return Change(planned.but(status="frozen", rubric_digest=rubric.digest, frozen_at=now))

    return freeze


def open_(state: PlannedRound | None, command: OpenRound, now: datetime) -> Change[PlannedRound] | None:
    """Open a frozen round.

    Raises:
        Refused: it is still a draft, or its time to apply is already over.
    """
    del command
    planned = _existing(state)
    if planned.status in ("open", "closed"):
        return None
    if planned.status == "draft":
        raise Refused(
            problem(
                "round.not-frozen",
                "status",
                rule=("认定周期须先定稿，方可开放申报", "a round must be frozen before it is opened"),
                remedy=("请先定稿", "Freeze it first."),
            )
        )
    if now >= planned.round.calendar.apply_until:
        raise Refused(
            problem(
                "round.over",
                "calendar.apply_until",
                rule=(
                    f"申报截止时间 {until_words(planned.round.calendar.apply_until).zh} 已过",
                    f"the time to apply ended at {until_words(planned.round.calendar.apply_until).en}",
                ),
                remedy=("请另立新的认定周期", "Draft a new round."),
            )
        )
    opened = RoundOpened(area=planned.round.area, round=planned.round)
    return Change(planned.but(status="open", opened_at=now), (opened,))


def close(state: PlannedRound | None, command: CloseRound, now: datetime) -> Change[PlannedRound] | None:
    """Close an open round once its time to apply is over; before that, nothing happens."""
    planned = _existing(state)
    if planned.status != "open" or now < planned.round.calendar.apply_until:
        return None
    n = command.applications
    closed = RoundClosed(area=planned.round.area, round=planned.round.code, applications=n)
    return Change(planned.but(status="closed", closed_at=now, applications=n), (closed,))


def require_line(new: Round, granting: Mapping[str, str]) -> None:
    """A round grants the honour of a line that its own federation grants, by the register of lines.

    Args:
        new: The round.
        granting: By line, the area of the federation that grants it.

    Raises:
        Refused: the line is another federation's, or has not been entered.
    """
    owner = granting.get(new.honour)
    if owner == new.area:
        return
    own = sorted(line for line, area in granting.items() if area == new.area)
    remedy = (
        (f"{new.area} 可用：{'、'.join(own)}", f"Lines of {new.area}: {', '.join(own)}.")
        if own
        else (
            f"{new.area} 尚无称号系列，请运维人员先在称号系列文件（SIHAO_LINES）中登记",
            f"{new.area} has none; the operators enter one in the file of lines (SIHAO_LINES) first.",
        )
    )
    rule = (
        (
            f"称号系列 {new.honour} 由 {owner} 授予，不能由 {new.area} 主办",
            f"{new.honour} is granted by {owner}, not {new.area}",
        )
        if owner
        else (f"称号系列 {new.honour} 未登记", f"the honour line {new.honour} has not been entered")
    )
    raise Refused(problem("round.honour-line", "honour", rule=rule, remedy=remedy))


def _existing(state: PlannedRound | None) -> PlannedRound:
    if state is None:
        raise NotFound(
            problem(
                "round.unknown",
                "round",
                rule=("没有此认定周期", "there is no such round"),
                remedy=("请核对周期代码", "Check the code of the round."),
            )
        )
    return state


def _contradictions(new: Round) -> Iterator[Problem]:
    """Dates in the wrong order, years that repeat, quotas outside the round's area."""
    days = new.calendar
    for earlier, later in (
        ("apply_from", "apply_until"),
        ("apply_until", "nominate_until"),
        ("valid_from", "valid_until"),
    ):
        if getattr(days, earlier) >= getattr(days, later):
            yield problem(
                "round.calendar",
                f"calendar.{later}",
                rule=(f"{later} 必须晚于 {earlier}", f"{later} must come after {earlier}"),
                remedy=("请更正日期", "Correct the dates."),
            )
    if not new.years or list(new.years) != sorted(set(new.years)):
        yield problem(
            "round.years",
            "years",
            rule=("考核年度至少一个，且依次递增、不重复", "there must be at least one year, ascending, none twice"),
            remedy=("如 [2019, 2020]", "For example [2019, 2020]."),
        )
    if strange := sorted(new.procedures.keys() - _PROCEDURES[level_of(new.area)]):
        known = "、".join(_PROCEDURES[level_of(new.area)]) or "无 / none"
        yield problem(
            "round.procedures",
            f"procedures.{strange[0]}",
            rule=(
                f"{new.area} 主办的周期没有“{strange[0]}”的审核程序，可有：{known}",
                f"a round run by {new.area} has no procedure for {strange[0]!r}; it can have: {known}",
            ),
            remedy=("请更正 procedures", "Correct the procedures."),
        )
    for area, quota in new.quotas.items():
        if not covers(new.area, area) or quota < 0:
            yield problem(
                "round.quota",
                f"quotas.{area}",
                rule=(
                    f"推荐名额的地区须在 {new.area} 之内，且不小于 0",
                    f"a quota's area must lie in {new.area}, and the quota be 0 or more",
                ),
                remedy=("请更正名额表", "Correct the quotas."),
            )


def _parameters(planned: Round, rubric: KnownRubric) -> Iterator[Problem]:
    """The parameters the rubric names and the round lacks, and those it never asked for."""
    for name in rubric.parameters:
        if name not in planned.parameters:
            yield problem(
                "round.parameter-missing",
                f"parameters.{name}",
                rule=(f"标准 {rubric.id} 要求填写参数 {name}", f"rubric {rubric.id} asks for the parameter {name}"),
                remedy=(f"请填写 {name} 后再定稿", f"Fill in {name}, then freeze again."),
            )
    for name in planned.parameters:
        if name not in rubric.parameters:
            yield problem(
                "round.parameter-extra",
                f"parameters.{name}",
                rule=(f"标准 {rubric.id} 没有参数 {name}", f"rubric {rubric.id} knows no parameter {name}"),
                remedy=(f"请删去 {name}，或核对拼写", f"Remove {name}, or check its spelling."),
            )


def _unknown_rubric(planned: Round) -> Problem:
    return problem(
        "round.rubric-unknown",
        "rubric",
        rule=(f"尚未收到已发布的标准 {planned.rubric}", f"no published rubric {planned.rubric} has been heard of"),
        remedy=(
            "请核对标准编号；如刚发布，请稍后重试（见 GET /rubrics）",
            "Check its id; if it was published just now, try again shortly (see GET /rubrics).",
        ),
    )


def _frozen(state: PlannedRound) -> Problem:
    return problem(
        "round.frozen",
        "status",
        rule=(
            f"认定周期 {state.round.code} 已定稿，不得更改",
            f"round {state.round.code} is frozen and never changes again",
        ),
        remedy=("如需更改，请另立新的认定周期", "Draft a new round for other rules."),
    )


def _owner(state: PlannedRound) -> Problem:
    return problem(
        "round.owner",
        "area",
        rule=(f"此认定周期属于 {state.round.area}，不得转移", f"this round belongs to {state.round.area} for good"),
        remedy=("请另用周期代码", "Use another code."),
    )
