"""Starting, handing in and withdrawing an application."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain import receipt, refusals
from services.intake.domain.application import Application, Step
from services.intake.domain.round import PlannedRound
from services.intake.domain.timeline import over, with_step
from shared.contracts import ApplicationSubmitted, ApplicationWithdrawn, Chamber, text
from shared.kernel.change import Change, Decider


class Start(BaseModel):
    """The command: begin a draft."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    round: str = Field(pattern=r"^[A-Z0-9-]{3,40}$", examples=["CN-2020"])
    """Code of the round."""
    chamber: str = Field(pattern=r"^[0-9A-Z]{18}$", examples=["51350200MJB1234565"])
    """Credit code of the chamber."""


class Submit(BaseModel):
    """The command: hand it in as it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    undertaking: bool
    """真实性承诺: the chamber undertakes that everything is true, accurate and complete. Must be true."""


class Withdraw(BaseModel):
    """The command: take it back. Applying is voluntary (S:004)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    reason: str = Field(default="", max_length=500)
    """Why; may be empty."""


def starting(planned: PlannedRound, chamber: Chamber) -> Decider[Application, Start]:
    """Begin a draft in this round, for this chamber; a draft that was begun stays as it is."""

    def start(state: Application | None, command: Start, now: datetime) -> Change[Application] | None:
        del command
        if state and state.status == "withdrawn":
            raise refusals.withdrawn_for_good(state)
        if state:
            return None
        if planned.status in ("draft", "frozen"):
            raise refusals.round_not_open(planned.round.code)
        return Change(Application(round=planned.round.code, chamber=chamber, started_at=now))

    return start


def submitting(planned: PlannedRound, chamber: Chamber) -> Decider[Application, Submit]:
    """Hand in to this round, as the chamber is registered now.

    A first submission after the deadline is kept as an attempt (status `late`) and announced to nobody.
    """

    def submit(state: Application | None, command: Submit, now: datetime) -> Change[Application]:
        if state is None:
            raise refusals.unknown()
        if not command.undertaking:
            raise refusals.no_undertaking()
        if not state.facts:
            raise refusals.empty()
        if state.late_at:
            raise refusals.late(planned.round, state.late_at)
        if state.correction and state.status == "returned":
            if now >= state.correction.deadline:
                raise refusals.correction_late(state.correction, now)
        elif state.status != "draft":
            raise refusals.already_submitted(state)
        elif not _in_time(planned, now):
            return Change(_too_late(state, now))
        return _hand_in(state, chamber, now)

    return submit


def withdraw(state: Application | None, command: Withdraw, now: datetime) -> Change[Application] | None:
    """Take an application back for this round, until it is on public notice (for good: our default).

    A draft nobody has seen is withdrawn in silence.
    """
    if state is None:
        raise refusals.unknown()
    if state.status == "withdrawn":
        return None
    if over(state) or state.status == "late":
        raise refusals.not_withdrawable(state)
    reason = command.reason or "—"
    step = Step(
        id="withdraw",
        at=now,
        stage="apply",
        what=text("撤回申报", "Withdrawn"),
        detail=text(f"理由：{reason}", f"reason: {reason}"),
        status="withdrawn",
    )
    fact = ApplicationWithdrawn(
        area=state.chamber.area,
        application=state.id,
        round=state.round,
        chamber=state.chamber,
        reason=command.reason,
    )
    return Change(with_step(state, step), (fact,) if state.submissions else ())


def _in_time(planned: PlannedRound, now: datetime) -> bool:
    """Whether a first submission is not too late; one that is too early is refused."""
    if planned.status in ("draft", "frozen"):
        raise refusals.round_not_open(planned.round.code)
    if now < planned.round.calendar.apply_from:
        raise refusals.too_early(planned.round, now)
    return now < planned.round.calendar.apply_until


def _too_late(state: Application, now: datetime) -> Application:
    step = Step(
        id="late",
        at=now,
        stage="apply",
        what=text("逾期提交", "Handed in too late"),
        detail=text("已记录，不予受理", "recorded, not accepted"),
        status="late",
    )
    return with_step(state.but(late_at=now), step)


def _hand_in(state: Application, chamber: Chamber, now: datetime) -> Change[Application]:
    submission = receipt.hand_in(
        state.id,
        state.revision + 1,
        chamber=chamber,
        round_=state.round,
        facts=state.facts,
        evidence=state.evidence,
        now=now,
    )
    first = submission.revision == 1
    step = Step(
        id=f"submit-{submission.revision}",
        at=now,
        stage="apply",
        what=text("提交申报", "Handed in") if first else text("补正后提交", "Handed in again, corrected"),
        detail=text(f"回执 {submission.receipt.number}", f"receipt {submission.receipt.number}"),
        status="submitted",
    )
    after = state.but(chamber=chamber, submissions=(*state.submissions, submission))
    fact = ApplicationSubmitted(
        area=chamber.area,
        application=state.id,
        round=state.round,
        revision=submission.revision,
        chamber=chamber,
        facts=submission.facts,
        evidence=submission.evidence,
        receipt=submission.receipt,
    )
    return Change(with_step(after, step), (fact,))
