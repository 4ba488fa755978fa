"""The autopilot: officers decide some of what lies on their desks, chambers correct, lists are sealed.

As in every wave, so many cannot all be decided by hand: what has passed when a round's list is sealed is nominated or
declined by it, what nobody has decided stays with its province.
"""

import asyncio
from collections.abc import Sequence
from math import ceil
from random import Random
from time import monotonic
from typing import Any

from chaos.front import Front, GaveUpError
from chaos.ledger import Act, Ledger
from chaos.load import refused, submit
from chaos.opening import LISTS
from chaos.stage import FUJIAN

_EVERY = 2.0
"""Seconds between two looks."""
_AT_ONCE = 6
_OPEN = 3
"""Rounds that are worked on; the list of an older one is sealed."""
_ITEM = "B2.i"
"""What is sent back for correction."""


class Officers:
    """Three desks, and the chambers whose applications come back from them."""

    def __init__(self, front: Front, ledger: Ledger, dice: Random, *, per_second: float) -> None:
        """They decide about `per_second` cases a second, all together."""
        self._front = front
        self._ledger = ledger
        self._dice = dice
        self._page = ceil(per_second * _EVERY / len(LISTS))
        self._fate: dict[str, str] = {}
        """What an officer made up their mind to do with a case; once, however often it must be tried."""
        self._sent_back: set[str] = set()
        self._sealed: set[tuple[str, str]] = set()
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def work(self, rounds: Sequence[str]) -> None:
        """For ever: decide what is open in the latest of these rounds (the list may grow), seal the lists of others."""
        while True:
            begun = monotonic()
            try:
                for code in rounds[-_OPEN:]:
                    await self.clear_desks(code)
                for code in rounds[:-_OPEN]:
                    await self.seal(code)
            except GaveUpError:
                self._ledger.unanswered += 1
            await asyncio.sleep(max(0.0, begun + _EVERY - monotonic()))

    async def clear_desks(self, round_: str) -> int:
        """Decide the first cases of a round, and have returned ones corrected; answers how many were found."""
        return sum(await asyncio.gather(*(self._desk(round_, area) for area in LISTS)))

    async def seal(self, round_: str) -> None:
        """Seal the lists of a round: every case that has passed is nominated or declined by quota."""
        for area in LISTS:
            if (round_, area) not in self._sealed:
                await self._seal(round_, area)

    async def _seal(self, round_: str, area: str) -> None:
        officer, key = self._front.officer(area), f"seal-{round_}-{area}"
        body = {"leave_undecided": {"zh": "测试：逾期未决的不列入"}}
        path = f"/shortlists/{round_}/{area}/seal"
        response = await self._front.ask("POST", _service(area), path, officer, key=key, json=body)
        self._sealed.add((round_, area))
        if response.is_success:
            self._ledger.acts.add(Act(_service(area), "shortlists", f"{round_}@{area}", "seal", officer, key))
        else:
            refused(self._ledger, response.json())

    async def _desk(self, round_: str, area: str) -> int:
        query = {"round": round_, "jurisdiction": area, "limit": self._page}
        who, service = self._front.officer(area), _service(area)
        found = await self._front.page(service, "/cases", who, **query, stage="own_level", status="open")
        back = await self._front.page(service, "/cases", who, **query, status="returned")
        async with asyncio.TaskGroup() as group:
            for case in found:
                group.create_task(self._decide(area, case))
            for case in back:
                group.create_task(self._correct(case))
        return len(found) + len(back)

    async def _decide(self, area: str, case: dict[str, Any]) -> None:
        id_ = case["id"]
        what = "pass" if id_ in self._sent_back else self._fate.setdefault(id_, self._mind())
        bodies: dict[str, Any] = {
            "pass": {},
            "decline": {"reason": {"zh": "测试：不予通过"}},
            "return": {"items": [{"item": _ITEM, "reason": {"zh": "测试：请核对走访数"}}]},
        }
        who, key = self._front.officer(area), f"{what}-{id_}"
        async with self._turn:
            try:
                response = await self._front.ask(
                    "POST", _service(area), f"/cases/{id_}/{what}", who, key=key, json=bodies[what]
                )
            except GaveUpError:
                self._ledger.unanswered += 1
                return
        if response.is_success:
            self._ledger.acts.add(Act(_service(area), "cases", id_, what, who, key))
            if what == "return":
                self._sent_back.add(id_)
        else:
            refused(self._ledger, response.json())

    async def _correct(self, case: dict[str, Any]) -> None:
        """Once intake has heard of the return, the chamber hands in again."""
        id_, who = case["application"], self._front.secretary(case["chamber"]["code"])
        async with self._turn:
            try:
                seen = await self._front.must("GET", "intake", f"/applications/{id_}", who)
                if seen["status"] == "returned":
                    await submit(self._front, self._ledger, id_, who, revision=2)
            except GaveUpError:
                self._ledger.unanswered += 1

    def _mind(self) -> str:
        return self._dice.choices(("pass", "decline", "return"), weights=(80, 12, 8))[0]


def _service(area: str) -> str:
    return FUJIAN if area == "35" else "review"
