"""The load: chambers apply in waves, steadily and then all at once; bounded in number, rate and time.

Every wave is a round of its own in which the same chambers apply, so that any number of applications may be had. While
one wave hands in, the next one's round is opened and its drafts are written.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from time import monotonic
from typing import Any, NamedTuple

from chaos.applicants import Applicant, Registry
from chaos.front import Front, GaveUpError
from chaos.ledger import Accepted, Act, Ledger
from chaos.opening import open_round, quotas
from chaos.stage import Stage
from chaos.waiting import end
from demo.data import Scenario
from services.intake.domain.application import application_id

AT_ONCE = 48
"""People who apply at the same time, at the most; in a burst as many more as it has."""
BURST = 0.2
"""Share of a wave that is handed in all at once."""
_BURST_AT_MOST = 300
_WHOLE_WAY = 0.05
"""Share of a wave whose drafts, too, are begun and filled in over HTTP."""
_AGAIN = 0.1
"""Share of submissions that are sent a second time under the same key, as impatient clients do."""


class Wave(NamedTuple):
    """A round that is open, and who applies in it."""

    round: str
    steady: Sequence[Applicant]
    burst: Sequence[Applicant]
    whole: frozenset[str]
    """Chambers whose drafts are not there yet."""


class Load:
    """People who apply."""

    def __init__(
        self,
        front: Front,
        stage: Stage,
        *,
        registry: Registry,
        scenario: Scenario,
        chambers: Sequence[Applicant],
        ledger: Ledger,
        dice: Random,
        withdrawn: float,
    ) -> None:
        """`withdrawn` is the share of applications that are taken back at once."""
        self._withdrawn = withdrawn
        self._front = front
        self._stage = stage
        self._registry = registry
        self._scenario = scenario
        self._chambers = chambers
        self._ledger = ledger
        self._dice = dice
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.rounds: list[str] = []
        """Rounds that were opened, in order."""

    async def run(self, *, rate: float, seconds: float) -> None:
        """Apply for `seconds`, `rate` applications a second on the average, in waves of all chambers."""
        waves: asyncio.Queue[Wave] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as group:
            preparing = group.create_task(self._prepare(waves))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._hand_in(waves, rate, group)
            await end(preparing)

    async def _hand_in(self, waves: asyncio.Queue[Wave], rate: float, group: asyncio.TaskGroup) -> None:
        """For ever: each wave in its time; whoever has begun comes to an end, also after the load is over."""
        begin, number = monotonic(), 0
        while True:
            wave = await waves.get()
            for one in wave.steady:
                await asyncio.sleep(max(0.0, begin + number / rate - monotonic()))
                await self._turn.acquire()
                group.create_task(self._apply(wave, one)).add_done_callback(lambda _: self._turn.release())
                number += 1
            for one in wave.burst:
                group.create_task(self._apply(wave, one))
            number += len(wave.burst)

    async def _prepare(self, waves: asyncio.Queue[Wave]) -> None:
        """For ever: open the next round and write its drafts."""
        while True:
            code = f"CN-2024-W{len(self.rounds) + 1}"
            chosen = self._dice.sample(self._chambers, len(self._chambers))
            whole = frozenset(one.chamber.code for one in chosen if self._dice.random() < _WHOLE_WAY)
            crowd = min(_BURST_AT_MOST, int(BURST * len(chosen)))
            try:
                await open_round(self._front, self._stage, self._scenario, code, quotas(chosen))
            except GaveUpError:
                continue
            except (
                TimeoutError
            ):  # intake does not answer, or never heard of the rubric: of the first round that is told
                if not self.rounds:
                    raise
                continue
            await self._registry.draft(code, [one for one in chosen if one.chamber.code not in whole])
            self.rounds.append(code)
            await waves.put(Wave(code, chosen[crowd:], chosen[:crowd], whole))

    async def _apply(self, wave: Wave, one: Applicant) -> None:
        code = one.chamber.code
        id_, who = application_id(wave.round, code), self._front.secretary(code)
        with suppress(GaveUpError):
            if code in wave.whole:
                await self._fill_in(wave.round, one, id_, who)
            if not await submit(self._front, self._ledger, id_, who, revision=1):
                return
            if self._dice.random() < _AGAIN:
                await submit(self._front, self._ledger, id_, who, revision=1)
            if self._dice.random() < self._withdrawn:
                await self._withdraw(id_, who)
            return
        self._ledger.unanswered += 1

    async def _fill_in(self, round_: str, one: Applicant, id_: str, who: str) -> None:
        begun = {"round": round_, "chamber": one.chamber.code}
        await self._front.must("POST", "intake", "/applications", who, json=begun)
        filled = {item: {"version": 0, "facts": facts} for item, facts in one.facts.items()}
        await self._front.must("PATCH", "intake", f"/applications/{id_}/items", who, json={"items": filled})

    async def _withdraw(self, id_: str, who: str) -> None:
        key = f"withdraw-{id_}"
        response = await self._front.ask(
            "POST", "intake", f"/applications/{id_}/withdraw", who, key=key, json={"reason": "测试"}
        )
        if response.is_success:
            self._ledger.acts.add(Act("intake", "applications", id_, "withdraw", who, key))
        else:
            refused(self._ledger, response.json())


async def submit(front: Front, ledger: Ledger, id_: str, who: str, *, revision: int) -> bool:
    """Hand in, under a key that stays the same however often it is tried; answers whether a receipt was given.

    Raises:
        GaveUpError: nobody answered in time.
    """
    key, began = f"submit-{id_}-{revision}", monotonic()
    ledger.attempted.add(id_)
    response = await front.ask(
        "POST", "intake", f"/applications/{id_}/submit", who, key=key, json={"undertaking": True}
    )
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
