"""Sanctions 处理: an honour is suspended 暂停, reinstated 恢复 or revoked 撤销, each by a document and with its cause.

No source gives a rule for “四好” honours. The causes are data (`services/review/sanctions/`), after the rules for
associations' assessments, which also give the days within which a plaque comes back; the table of acts is ours.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.honour import Register, with_term
from services.review.domain.term import Plaque, Resolution, Revocation, Standing, Suspension, Term, stand
from shared.contracts.honours import HonourReinstated, HonourRevoked, HonourSuspended
from shared.contracts.text import Text
from shared.kernel.calendar import Term as TimeLimit
from shared.kernel.calendar import end_of
from shared.kernel.change import Change
from shared.kernel.command import Command, missing, refused

Act = Literal["suspend", "reinstate", "revoke", "carry", "end"]

FROM: Mapping[Act, frozenset[Standing]] = {
    "suspend": frozenset({"valid"}),
    "reinstate": frozenset({"suspended"}),
    "revoke": frozenset({"upcoming", "valid", "suspended"}),
    "carry": frozenset({"upcoming", "valid"}),
    "end": frozenset({"upcoming", "valid", "suspended"}),
}
"""What can be done with an honour that stands so. `carry` and `end` follow a merger."""
TO: Mapping[Act, Standing] = {
    "suspend": "suspended",
    "reinstate": "valid",
    "revoke": "revoked",
    "carry": "superseded",
    "end": "ended",
}
"""Where it stands then."""
STANDING_WORDS: Mapping[Standing, tuple[str, str]] = {
    "upcoming": ("尚未生效", "not in force yet"),
    "valid": ("有效", "in force"),
    "suspended": ("已暂停", "suspended"),
    "superseded": ("已由其他称号接续", "superseded"),
    "expired": ("已到期", "expired"),
    "revoked": ("已撤销", "revoked"),
    "ended": ("已随商会终止", "ended with its chamber"),
}
_ACT_WORDS: Mapping[Act, tuple[str, str]] = {
    "suspend": ("暂停", "suspended"),
    "reinstate": ("恢复", "reinstated"),
    "revoke": ("撤销", "revoked"),
    "carry": ("承继", "carried on"),
    "end": ("终止", "ended"),
}


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Cause(_Data):
    """A cause for which an honour may be suspended or revoked."""

    title: Text
    """In words."""
    acts: tuple[Literal["suspend", "revoke"], ...] = Field(min_length=1)
    """What it may lead to."""
    source: str
    """Where the rule is from; or that it is ours."""


class Sanctions(_Data):
    """The rules of sanctions, as data."""

    plaque: TimeLimit
    """Within which time a plaque is returned."""
    causes: Mapping[str, Cause]
    """By code."""

    def require(self, act: Literal["suspend", "revoke"], code: str) -> None:
        """A cause must be known, and one that may lead to this.

        Raises:
            Refused: it is not.
        """
        fitting = {code: cause.title for code, cause in self.causes.items() if act in cause.acts}
        if code not in fitting:
            zh, en = _ACT_WORDS[act]
            listed = "、".join(f"{name}（{title.zh}）" for name, title in fitting.items())
            listed_en = ", ".join(f"{name} ({title.en})" for name, title in fitting.items())
            raise refused(
                "honour.cause",
                "cause",
                rule=(f"{code} 不是可据以{zh}称号的事由。", f"An honour is not {en} for {code}."),
                remedy=(f"请从下列事由中选择：{listed}", f"Choose one of: {listed_en}"),
            )


class Suspend(Command):
    """Suspend an honour."""

    round: str
    cause: str
    reason: Text
    document: str = Field(min_length=1, max_length=100)


class Reinstate(Command):
    """Lift the suspension."""

    round: str
    reason: Text
    document: str = Field(min_length=1, max_length=100)


class Revoke(Command):
    """Take an honour back."""

    round: str
    cause: str | None = None
    reason: Text
    document: str = Field(min_length=1, max_length=100)
    plaque: TimeLimit = Field(exclude=True)


def suspend(register: Register | None, command: Suspend, now: datetime) -> Change[Register]:
    """Suspend an honour in force, until it is reinstated or revoked.

    Raises:
        Refused: it is not in force.
    """
    here, found = term_for("suspend", register, command.round, now)
    suspension = Suspension(
        number=len(found.suspensions) + 1,
        cause=command.cause,
        reason=command.reason,
        document=command.document,
        at=now,
    )
    after = found.model_copy(update={"suspensions": (*found.suspensions, suspension)})
    said = suspension.model_dump(include={"number", "cause", "document"})
    return with_term(here, after, now, HonourSuspended, reason=command.reason, **said)


def reinstate(register: Register | None, command: Reinstate, now: datetime) -> Change[Register]:
    """Lift the suspension: the honour holds again for the time that is left.

    Raises:
        Refused: it is not suspended, or its time has ended meanwhile.
    """
    here, found = term_for("reinstate", register, command.round, now)
    *earlier, last = found.suspensions
    lifted = Resolution(reason=command.reason, document=command.document, at=now)
    after = found.model_copy(update={"suspensions": (*earlier, last.model_copy(update={"lifted": lifted}))})
    return with_term(
        here, after, now, HonourReinstated, number=last.number, reason=command.reason, document=command.document
    )


def revoke(register: Register | None, command: Revoke, now: datetime) -> Change[Register]:
    """Revoke a term that is in force or about to be, or whose time ended while it was suspended; its plaque is due.

    Raises:
        Refused: it has ended already.
    """
    here, found = term_for("revoke", register, command.round, now)
    due = end_of(now, command.plaque)
    revocation = Revocation(reason=command.reason, document=command.document, cause=command.cause, at=now)
    after = found.model_copy(update={"revocation": revocation, "plaque": Plaque(due=due)})
    return with_term(
        here,
        after,
        now,
        HonourRevoked,
        reason=command.reason,
        document=command.document,
        cause=command.cause,
        plaque_due=due,
    )


def term_for(act: Act, register: Register | None, round_: str, now: datetime) -> tuple[Register, Term]:
    """The term that is to be acted on as it stands now, with its register; a tick of the clock may still be to come.

    Raises:
        NotFound: there is none of this round.
        Refused: as it stands, this cannot be done with it.
    """
    if register is None:
        raise missing("honours", round_, "称号，周期", "honour of round")
    found = register.but(terms=stand(register.terms, now)).of_round(round_)
    if not may(act, found):
        (zh, en), (act_zh, act_en) = STANDING_WORDS[found.status], _ACT_WORDS[act]
        fitting = [STANDING_WORDS[standing] for standing in STANDING_WORDS if standing in FROM[act]]
        raise refused(
            "honour.standing",
            "round",
            rule=(f"称号 {found.honour} {zh}，不能{act_zh}。", f"The honour {found.honour} is {en}: not {act_en}."),
            remedy=(
                f"只有下列状态的称号可以{act_zh}：{'、'.join(zh for zh, _ in fitting)}。",
                f"Only one that is {' or '.join(en for _, en in fitting)} can be {act_en}.",
            ),
        )
    return register, found


def may(act: Act, term: Term) -> bool:
    """Whether this can be done with a term as it stands.

    Nobody escapes a revocation because the clock ran out first: what expired or was superseded while it was suspended
    can still be revoked.
    """
    lapsed = term.status in ("expired", "superseded") and term.closing is None and term.open_suspension is not None
    return term.status in FROM[act] or (act == "revoke" and lapsed)
