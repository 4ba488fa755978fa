"""What the endpoints work with, and what they all ask: is it ours, may this officer, which stage, which cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.case import Case
from services.review.domain.procedure import Procedure
from services.review.domain.sanction import Sanctions
from services.review.domain.terms import Terms
from services.review.issuing import Issuer
from services.review.printing import Printer
from services.review.store import CASES, CHAMBERS, ReviewStore
from shared.contracts.area import CENTRE
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.command import Command, missing, refused
from shared.kernel.keys import RegisteredKey
from shared.kernel.problem import problem
from shared.runtime.access import require_area
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.http import PageRequest
from shared.runtime.problems import Forbidden

T = TypeVar("T")
C = TypeVar("C", bound=Command)


@dataclass(frozen=True)
class Desk:
    """What every endpoint needs."""

    store: ReviewStore
    commands: Commands
    clock: Clock
    library: Mapping[str, Procedure]
    """Procedures by id."""
    sanctions: Sanctions
    """For which causes an honour is suspended or revoked."""
    jurisdictions: Sequence[str]
    """Whose review this deployment is."""
    issuer: Issuer | None
    """Who signs certificates; None if they are not given here."""
    printer: Printer
    """Who sets them."""
    bulletin: str
    """The address of the public bulletin, where anyone looks an honour up."""
    centre_keys: Sequence[RegisteredKey] = ()
    """The keys with which the centre signs, as far as this deployment was given them; none if it does not sign."""

    async def stage(self, round_: str, jurisdiction: str, kind: type[T]) -> tuple[Terms, T]:
        """A round, and the stage of this kind that its procedure has here.

        Raises:
            NotFound: the round is not known here.
            Refused: there is no such stage.
        """
        terms = await self.store.terms(round_)
        if terms is None:
            raise missing("rounds", round_, "认定周期", "round")
        rules = terms.rules(jurisdiction) if jurisdiction in self.jurisdictions else None
        found = rules.procedure.first(kind) if rules else None
        if found is None:
            raise refused(
                "round.no-such-stage",
                "jurisdiction",
                rule=(
                    f"周期 {round_} 在 {jurisdiction} 没有此环节。",
                    f"Round {round_} has no such stage in {jurisdiction}.",
                ),
                remedy=("请核对周期、地区与审核程序。", "Check the round, the area and the procedure."),
            )
        return terms, found


async def act_on_case(desk: Desk, id_: str, command: C, decide: Decider[Case, C], *, what: str, key: str) -> Case:
    """Have an act on a case done, if it is the caller's to look at; answers the case after it."""
    found = await desk.store.need(CASES, id_, "案件", "case")
    require_case(command.by, found)
    done = await desk.commands.do(CASES, id_, command, decide, what=what, by=command.by, idempotency_key=key)
    return done.state or found


class Body(BaseModel):
    """What a caller sends; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class RoundQuery(PageRequest):
    """A part of a list, of one round or of all."""

    round: str | None = None
    """Code of the round."""


class Words(Body):
    """A sentence by a person: in Chinese; in English too where they can, else the Chinese stands for both."""

    zh: str = Field(min_length=1, max_length=2000)
    """Chinese."""
    en: str = Field(default="", max_length=4000)
    """English."""

    def text(self) -> Text:
        """As a text."""
        return Text(zh=self.zh, en=self.en or self.zh)


def text_or_none(words: Words | None) -> Text | None:
    """As a text, if anything was said."""
    return words.text() if words else None


def require_jurisdiction(by: Actor, area: str) -> None:
    """An officer must be of exactly this federation: what it decides is not decided in its place. Other roles pass.

    Raises:
        Forbidden: theirs is another.
    """
    if by.role == "officer" and by.area != area:
        raise Forbidden(
            problem(
                "access.jurisdiction",
                "token.area",
                rule=(
                    f"此事由 {area} 的工商联办理，您服务的地区为 {by.area}。",
                    f"This is for {area}; your area is {by.area}.",
                ),
                remedy=("请由该工商联办理。", "That federation has to do it."),
            )
        )


def require_case(by: Actor, case: Case) -> None:
    """An officer must serve the chamber's area, or have been appointed to inspect it. Other roles pass.

    A case at the centre is for the centre alone.

    Raises:
        Forbidden: it is not theirs.
    """
    if by.role == "officer" and by.area == case.inspectors:
        return
    require_area(by, case.chamber.area)
    if case.jurisdiction == CENTRE:
        require_jurisdiction(by, CENTRE)


async def require_going_on(desk: Desk, cases: Sequence[Case]) -> None:
    """No chamber among them may have been merged into another: a scorecard under way may have opened its case since.

    Raises:
        Refused: one was.
    """
    known = await desk.store.these(CHAMBERS, [case.chamber.code for case in cases])
    gone = {chamber.code: chamber.merged for chamber in known if chamber.merged}
    for case in cases:
        if merged := gone.get(case.chamber.code):
            raise refused(
                "cases.merged",
                "cases",
                rule=(
                    f"案件 {case.id}：{case.chamber.name} 已并入 {merged.into.name}（{merged.document}）。",
                    f"Case {case.id}: {case.chamber.name} was merged into {merged.into.name} by {merged.document}.",
                ),
                remedy=(
                    "请复核其资格条件并登记不再具备的条件，或在 cases 中列明其他案件。",
                    "Check its gates again and record the one that turned, or name the other cases in `cases`.",
                ),
            )


def chosen(asked: Sequence[str] | None, available: Sequence[Case]) -> list[Case]:
    """Of the available cases those that were asked for; all if none was named.

    Raises:
        Refused: one that was asked for is not available.
    """
    if asked is None:
        return list(available)
    by_id = {case.id: case for case in available}
    for id_ in asked:
        if id_ not in by_id:
            raise refused(
                "cases.not-available",
                "cases",
                rule=(f"案件 {id_} 目前不在可办理之列。", f"Case {id_} is not available for this now."),
                remedy=(
                    "请查看该案件所在环节，或不填 cases 以办理全部。",
                    "See its stage, or leave out `cases` to take all.",
                ),
            )
    return [by_id[id_] for id_ in dict.fromkeys(asked)]
