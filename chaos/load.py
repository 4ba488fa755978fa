"""The load: chambers apply in waves, steadily and then all at once; bounded in number, rate and time.

Every wave is a round of its own in which the same chambers apply, so that any number of applications may be had.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from time import monotonic
from typing import Any

from chaos.front import Front, GaveUpError
from chaos.ledger import Accepted, Act, Ledger
from chaos.opening import applicants, open_round
from chaos.stage import Stage
from demo.data import Scenario
from demo.parts import Application

AT_ONCE = 24
"""People who apply at the same time, at the most."""
BURST = 40
"""Applications of a wave that are prepared and then handed in all at once, at the most."""
_WITHDRAWN = 0.05
"""Share of applications that are taken back soon after."""
_AGAIN = 0.1
"""Share of submissions that are sent a second time under the same key, as impatient clients do."""


class Load:
    """People who apply."""

    def __init__(self, front: Front, stage: Stage, scenario: Scenario, ledger: Ledger, dice: Random) -> None:
        self._front = front
        self._stage = stage
        self._scenario = scenario
        self._ledger = ledger
        self._dice = dice
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.rounds: list[str] = []
        """Rounds that were opened, in order."""

    async def run(self, *, rate: float, seconds: float, wave: int) -> None:
        """Apply for `seconds`, `rate` applications a second, `wave` of them in each round, some of them in a burst."""
        end = monotonic() + seconds
        while monotonic() < end:
            code = f"CN-2024-W{len(self.rounds) + 1}"
            try:
                await open_round(self._front, self._stage, self._scenario, code)
            except GaveUpError:
                continue
            self.rounds.append(code)
            await self._wave(code, rate=rate, end=end, size=wave)

    async def _wave(self, round_: str, *, rate: float, end: float, size: int) -> None:
        chosen = applicants(self._scenario)
        self._dice.shuffle(chosen)
        chosen = chosen[:size]
        crowd = min(BURST, len(chosen) // 4)
        steady, burst = chosen[crowd:], chosen[:crowd]
        async with asyncio.TaskGroup() as group:
            async for one in _paced(steady, rate, end):
                await self._turn.acquire()
                group.create_task(self._whole(round_, one))
        if monotonic() < end:
            ready = await asyncio.gather(*(self._prepared(round_, one) for one in burst))
            await asyncio.gather(*(self._handed_in(round_, one) for one in burst if one.chamber.code in ready))

    async def _whole(self, round_: str, one: Application) -> None:
        try:
            if await self._prepared(round_, one):
                await self._handed_in(round_, one)
        finally:
            self._turn.release()

    async def _prepared(self, round_: str, one: Application) -> str | None:
        """Begin and fill in; answers the chamber's code, or nothing if nobody answered."""
        code = one.chamber.code
        who, id_ = self._front.secretary(code), f"{round_}-{code}"
        items = {item: {"version": 0, "facts": facts} for item, facts in self._scenario.facts_of(one).items() if facts}
        try:
            await self._front.must("POST", "intake", "/applications", who, json={"round": round_, "chamber": code})
            await self._front.must("PATCH", "intake", f"/applications/{id_}/items", who, json={"items": items})
        except GaveUpError:
            self._ledger.unanswered += 1
            return None
        return code

    async def _handed_in(self, round_: str, one: Application) -> None:
        id_ = f"{round_}-{one.chamber.code}"
        who = self._front.secretary(one.chamber.code)
        if not await submit(self._front, self._ledger, id_, who, revision=1):
            return
        if self._dice.random() < _AGAIN:
            await submit(self._front, self._ledger, id_, who, revision=1)
        if self._dice.random() < _WITHDRAWN:
            await self._withdraw(id_, who)

    async def _withdraw(self, id_: str, who: str) -> None:
        key = f"withdraw-{id_}"
        with suppress(GaveUpError):
            response = await self._front.ask(
                "POST", "intake", f"/applications/{id_}/withdraw", who, key=key, json={"reason": "测试"}
            )
            if response.is_success:
                self._ledger.acts.append(Act("intake", "applications", id_, "withdraw", who, key))
            else:
                refused(self._ledger, response.json())


async def submit(front: Front, ledger: Ledger, id_: str, who: str, *, revision: int) -> bool:
    """Hand in, under a key that stays the same however often it is tried; answers whether a receipt was given."""
    key, began = f"submit-{id_}-{revision}", monotonic()
    ledger.attempted.add(id_)
    try:
        response = await front.ask(
            "POST", "intake", f"/applications/{id_}/submit", who, key=key, json={"undertaking": True}
        )
    except GaveUpError:
        ledger.unanswered += 1
        return False
    if not response.is_success:
        refused(ledger, response.json())
        if revision == 1:  # a correction may come too late; a first submission never does
            ledger.contradictions.append(f"{id_} r{revision}: {response.status_code} {response.text[:300]}")
        return False
    body = response.json()
    receipt = body["receipt"]
    ledger.accept(Accepted(id_, body["revision"], receipt["number"], receipt["digest"], who, key), began)
    return True


def refused(ledger: Ledger, problem: dict[str, Any]) -> None:
    """Count a refusal by its codes."""
    ledger.refusals.update(error["code"] for error in problem.get("errors", []))


async def _paced(chosen: list[Application], rate: float, end: float) -> AsyncIterator[Application]:
    """One after the other, so many a second, until `end`."""
    begin = monotonic()
    for number, one in enumerate(chosen):
        await asyncio.sleep(max(0.0, begin + number / rate - monotonic()))
        if monotonic() >= end:
            return
        yield one
