"""Before the load: chambers are registered, some secretaries get letters; every wave of applications has its round."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from chaos.applicants import Applicant, Registry
from chaos.front import Front
from chaos.ledger import Ledger
from chaos.stage import Stage
from demo.data import Scenario, list_name
from shared.contracts import CENTRE, province_of

LISTS = ("35", "37", "51")
_TOLD = 0.05
"""Share of the secretaries who get letters, by mail and in the inbox."""
_RUBRIC_WITHIN = 45.0
"""Seconds in which the first fact of all, a rubric, has come to intake before anything is broken."""
_AT_ONCE = 8
_NOMINATED = 0.05
"""Share of a wave that a province may nominate."""


async def register(
    front: Front, registry: Registry, scenario: Scenario, chambers: Sequence[Applicant], ledger: Ledger
) -> None:
    """Import the demo's lists of chambers over HTTP, enter all others, and enter who gets letters."""
    for area in LISTS:
        file = (list_name(area), (scenario.directory / list_name(area)).read_bytes())
        await front.must("POST", "intake", "/chambers/import", front.officer(area), files={"file": file})
    await registry.register(chambers)
    ledger.chambers = {one.chamber.code: one.chamber.area for one in chambers}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def enter(one: Applicant) -> None:
        code = one.chamber.code
        person = front.secretary(code)
        profile = {
            "role": "secretary",
            "name": "秘书长（测试）",
            "mail": f"{code.lower()}@example.org",
            "area": one.chamber.area,
            "chamber": code,
            "channels": ["mail", "inbox"],
            "language": "zh",
        }
        async with turn:
            await front.must("PUT", "notify", f"/recipients/{person}", front.operator(), json=profile)
        ledger.people[code] = person

    async with asyncio.TaskGroup() as group:
        for one in chambers[:: int(1 / _TOLD)]:
            group.create_task(enter(one))
    with suppress(TimeoutError):  # a mutant may have lost it for good
        async with asyncio.timeout(_RUBRIC_WITHIN):
            await _rubric_known(front, scenario.round.rubric)


def quotas(chambers: Sequence[Applicant]) -> Mapping[str, int]:
    """How many each province may nominate of so many."""
    areas = [province_of(one.chamber.area) for one in chambers]
    return {area: max(1, int(_NOMINATED * areas.count(area))) for area in LISTS}


async def open_round(front: Front, stage: Stage, scenario: Scenario, code: str, quota: Mapping[str, int]) -> None:
    """Draft, freeze and open a round; every step may be repeated, so that a fault in between does no harm.

    Raises:
        UnexpectedError: the platform said no.
        TimeoutError: intake never heard of the rubric.
    """
    officer = front.officer(CENTRE)
    async with asyncio.timeout(_RUBRIC_WITHIN):
        await _rubric_known(front, scenario.round.rubric)
    now = max(clock.now() for clock in stage.clocks.values())
    calendar = {
        "apply_from": now - timedelta(days=700),
        "apply_until": now + timedelta(days=700),
        "nominate_until": now + timedelta(days=800),
        "valid_from": now + timedelta(days=900),
        "valid_until": now + timedelta(days=1600),
    }
    plan: dict[str, Any] = scenario.round.model_dump(mode="json") | {
        "code": code,
        "quotas": dict(quota),
        "calendar": {name: instant.isoformat() for name, instant in calendar.items()},
    }
    steps: tuple[tuple[str, str, Any], ...] = (
        ("PUT", "", plan),
        ("POST", "/freeze", None),
        ("POST", "/open", None),
    )
    for method, step, body in steps:
        response = await front.ask(method, "intake", f"/rounds/{code}{step}", officer, json=body)
        done = response.is_success or await _has_gone_on(front, code, step)
        if not done:
            raise RuntimeError(f"{method} {code}{step} → {response.status_code} {response.text[:500]}")


async def _rubric_known(front: Front, wanted: str) -> None:
    while True:
        known = await front.must("GET", "intake", "/rubrics", front.operator())
        if wanted in {rubric["id"] for rubric in known["items"]}:
            return
        await asyncio.sleep(0.2)


async def _has_gone_on(front: Front, code: str, step: str) -> bool:
    """Whether a step that was refused had been done by an earlier try whose answer was lost."""
    wanted = {"": ("draft", "frozen", "open"), "/freeze": ("frozen", "open"), "/open": ("open",)}[step]
    found = await front.ask("GET", "intake", f"/rounds/{code}", front.operator())
    return found.is_success and found.json()["status"] in wanted
