"""Rounds 认定周期, and the rubrics they may be frozen with."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter

from services.intake.domain import round as rounds
from services.intake.domain.rubric import KnownRubric
from services.intake.store import ROUNDS, IntakeStore
from shared.contracts import Round
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound
from shared.kernel.problem import problem
from shared.lines import Line
from shared.runtime.access import allow, public, require_area
from shared.runtime.commands import Commands
from shared.runtime.http import Page
from shared.runtime.problems import Invalid

Officer = Annotated[Actor, allow(officer="own area")]
OPEN = public("openness of procedure (S:004): the rules of a round are for everyone to read")


def router(store: IntakeStore, commands: Commands, lines: Mapping[str, Line]) -> APIRouter:
    """`/rounds` and `/rubrics`; `lines` say whose honours rounds may grant."""
    routes = APIRouter(tags=["认定周期 / rounds"])
    granting = {name: line.area for name, line in lines.items()}

    @routes.get("/rubrics", dependencies=[OPEN], summary="已发布的标准 / published rubrics")
    async def rubrics() -> Page[KnownRubric]:
        """Rubric versions that a round can be frozen with, and the parameters each asks for."""
        return Page(items=tuple(await store.rubrics()))

    @routes.get("/rounds", dependencies=[OPEN], summary="认定周期列表 / all rounds")
    async def listing() -> Page[rounds.PlannedRound]:
        """All rounds, drafts included."""
        return Page(items=tuple(await store.rounds()))

    @routes.get("/rounds/{code}", dependencies=[OPEN], summary="查询认定周期 / one round")
    async def one(code: str) -> rounds.PlannedRound:
        """A round by its code."""
        return _existing(await store.round(code), code)

    @routes.put("/rounds/{code}", summary="拟定 / draft")
    async def draft(code: str, body: Round, by: Officer) -> rounds.PlannedRound:
        """Draft a round, or draft it anew while it is not frozen; it grants an honour of its own federation."""
        require_area(by, body.area)
        rounds.require_line(body, granting)
        if body.code != code:
            raise Invalid(
                problem(
                    "round.code",
                    "code",
                    rule=(
                        f"内容中的代码 {body.code} 与地址中的 {code} 不同",
                        f"{body.code} is not the address's {code}",
                    ),
                    remedy=("请使两者一致", "Make them the same."),
                )
            )
        done = await commands.do(ROUNDS, code, rounds.DraftRound(round=body), rounds.draft, what="draft-round", by=by)
        return _existing(done.state, code)

    @routes.post("/rounds/{code}/freeze", summary="定稿 / freeze")
    async def freeze(code: str, by: Officer) -> rounds.PlannedRound:
        """Freeze a draft whose rubric is published and whose parameters are exactly those it asks for."""
        planned = _existing(await store.round(code), code)
        require_area(by, planned.round.area)
        rounds.require_line(planned.round, granting)
        decide = rounds.freezing(await store.rubric(planned.round.rubric))
        done = await commands.do(ROUNDS, code, rounds.FreezeRound(), decide, what="freeze-round", by=by)
        return _existing(done.state, code)

    @routes.post("/rounds/{code}/open", summary="开放申报 / open")
    async def open_(code: str, by: Officer) -> rounds.PlannedRound:
        """Open a frozen round; it closes by the clock."""
        planned = _existing(await store.round(code), code)
        require_area(by, planned.round.area)
        done = await commands.do(ROUNDS, code, rounds.OpenRound(), rounds.open_, what="open-round", by=by)
        return _existing(done.state, code)

    return routes


def _existing(planned: rounds.PlannedRound | None, code: str) -> rounds.PlannedRound:
    if planned is None:
        raise unknown_round(code)
    return planned


def unknown_round(code: str) -> NotFound:
    """There is no such round."""
    return NotFound(
        problem(
            "round.unknown",
            "round",
            rule=(f"没有认定周期 {code}", f"there is no round {code}"),
            remedy=("请核对周期代码，见 GET /rounds", "Check the code; see GET /rounds."),
        )
    )
