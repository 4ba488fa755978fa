"""Before the load: chambers are registered, some secretaries get letters; every wave of applications has its round."""

import asyncio
from datetime import timedelta
from typing import Any

from chaos.front import Front
from chaos.ledger import Ledger
from chaos.stage import Stage
from demo.data import Scenario, list_name
from demo.parts import Application
from shared.contracts import CENTRE

LISTS = ("35", "37", "51")
_TOLD = 40
"""Secretaries who get letters, by mail and in the inbox."""
_AT_ONCE = 8


def applicants(scenario: Scenario) -> list[Application]:
    """The chambers of the provinces, each with the figures that the demo's scenario gives it."""
    return [one for one in scenario.applications if one.chamber.area != CENTRE]


async def register(front: Front, scenario: Scenario, ledger: Ledger) -> None:
    """Import the lists of chambers, and enter who gets letters."""
    for area in LISTS:
        file = (list_name(area), (scenario.directory / list_name(area)).read_bytes())
        await front.must("POST", "intake", "/chambers/import", front.officer(area), files={"file": file})
    ledger.chambers = {one.chamber.code: one.chamber.area for one in applicants(scenario)}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def enter(one: Application) -> None:
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
        for one in applicants(scenario)[:: max(1, len(applicants(scenario)) // _TOLD)]:
            group.create_task(enter(one))


async def open_round(front: Front, stage: Stage, scenario: Scenario, code: str) -> None:
    """Draft, freeze and open a round; every step may be repeated, so that a fault in between does no harm."""
    officer = front.officer(CENTRE)
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
