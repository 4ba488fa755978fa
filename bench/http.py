"""HTTP: the real services beside FastAPI and Motor alone, in turns, under many users at once; and a deadline burst.

    submit     upload a file of 1 MB, then hand in        timeline   read an application's timeline
    page       200 of many thousand cases                 export     all of them as XLSX, as a job and in the request
    burst      see `http_burst.py`

Both read and write the same documents of the same store. The bare application keeps no history and announces nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from bench.figures import percentile
from bench.http_burst import burst
from bench.http_load import Errand, users
from bench.http_place import HttpPlace, http_place, serving
from bench.machine import Meter, fresh_peak, load, peak
from dev.backends import Backends
from dev.processes import Child

_FILE = 1_000_000
_PAGE = 200
_POLL = 0.2
Served = Mapping[str, tuple[str, Child]]
"""Address and process by name."""


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    users: int
    """Users at once."""
    submits: int
    """Hand-ins per contender and round, each with a file of 1 MB."""
    reads: int
    """Timelines read per contender and round."""
    pages: int
    """Pages of cases read per contender and round."""
    cases: int
    """Cases in the store."""
    rounds: int
    times: float
    """How many times the expected peak the burst is."""
    seconds: float
    """How long the burst lasts; 0: none."""
    parts: Sequence[str] = ("submit", "timeline", "page", "export", "burst")
    seed: int = 1


async def measure(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    """Everything; one record per part, contender and round."""
    records: list[dict[str, Any]] = []
    if set(plan.parts) - {"burst"}:
        records += await _contest(plan, backends, logs)
    if "burst" in plan.parts and plan.seconds:
        records.append(await burst(backends, logs, times=plan.times, seconds=plan.seconds, seed=plan.seed))
    return records


async def _contest(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    records = []
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(http_place(backends, plan.seed))
        served = await stack.enter_async_context(serving(place, ["intake", "review", "bare"], logs))
        await asyncio.to_thread(place.prepare, 2 * plan.rounds * plan.submits, plan.cases)
        contest = _Contest(plan, place, served, logs)
        for number in range(plan.rounds):
            for contender in ("sihao", "bare") if number % 2 == 0 else ("bare", "sihao"):
                for part in plan.parts:
                    if part != "burst":
                        record = await contest.run(part, contender)
                        records.append(
                            {"part": part, "contender": contender, "round": number, "load": load(), **record}
                        )
                        print(_line(records[-1]), flush=True)
    return records


class _Contest:
    """Both contenders at work on one place."""

    def __init__(self, plan: Plan, place: HttpPlace, served: Served, logs: Path) -> None:
        self._plan = plan
        self._place = place
        self._served = served
        self._logs = logs
        self._submitted = 0
        self._read = 0

    async def run(self, part: str, contender: str) -> dict[str, Any]:
        """Measure one part."""
        if part == "export":
            url, child = self._served["review" if contender == "sihao" else "bare"]
            exported = _job if contender == "sihao" else _request
            return await exported(url, self._place.officer(0), child.pid or 0)
        errands: Mapping[str, Callable[[], list[Errand]]] = {
            "submit": self._submits,
            "timeline": self._timelines,
            "page": self._pages,
        }
        ours = "review" if part == "page" else "intake"
        url, child = self._served[ours if contender == "sihao" else "bare"]
        meter = Meter({}, {"service": child.pid or 0})
        given = errands[part]()
        meter.start()
        answers = await users(url, given, self._plan.users, self._logs)
        cost = meter.stop()
        figures = {}
        for name in dict.fromkeys(answer.name for answer in answers):
            times = sorted(answer.ms for answer in answers if answer.name == name)
            figures[name] = {"p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99), "count": len(times)}
        statuses = Counter(str(answer.status) for answer in answers)
        return {
            "figures": figures,
            "statuses": dict(statuses),
            "cpu_us": cost.cpu["service"] / len(answers) * 1e6,
            "resident": cost.resident["service"],
        }

    def _submits(self) -> list[Errand]:
        """Each hands in an application of their own, with a file of their own."""
        first = self._submitted
        self._submitted += self._plan.submits
        errands = []
        for n in range(first, self._submitted):
            path, token = f"/applications/{self._place.applicants.id(n)}", self._place.secretary(n)
            upload = {"name": "upload 1 MB", "path": f"{path}/evidence", "file": _FILE, "seed": n}
            submit = {"name": "submit", "path": f"{path}/submit", "json": {"undertaking": True}, "key": f"submit-{n}"}
            errands.append([{"method": "POST", "token": token, **request} for request in (upload, submit)])
        return errands

    def _timelines(self) -> list[Errand]:
        """Secretaries of what was handed in, by whomever, in turn."""
        known = max(1, self._submitted)
        tokens = [self._place.secretary(n) for n in range(min(known, self._plan.users))]
        return [
            [
                {
                    "name": "timeline",
                    "method": "GET",
                    "path": f"/applications/{self._place.applicants.id(n % len(tokens))}/timeline",
                    "token": tokens[n % len(tokens)],
                }
            ]
            for n in range(self._plan.reads)
        ]

    def _pages(self) -> list[Errand]:
        """Every user begins elsewhere, so that all cases are read."""
        each = -(-self._plan.pages // self._plan.users)
        ids = sorted(self._places())
        errands = []
        for user in range(self._plan.users):
            after = ids[user * len(ids) // self._plan.users]
            request = {"name": "page of 200", "method": "GET", "path": f"/cases?limit={_PAGE}&after={after}"}
            errands.append([{**request, "token": self._place.officer(user), "follow": each - 1}])
        return errands

    def _places(self) -> list[str]:
        found = self._place.collection("review", "cases").find({}, {"state.chamber.area": 1})
        return [f"{case['state']['chamber']['area']}/{case['_id']}" for case in found]


async def _job(url: str, token: str, pid: int) -> dict[str, Any]:
    """Ask for an export, wait until it is done, fetch it."""
    async with _client(url, token) as client:
        fresh_peak(pid)
        meter = Meter({}, {"service": pid})
        meter.start()
        export = (await client.post("/exports", json={})).raise_for_status().json()
        while export["status"] in ("waiting", "running"):
            await asyncio.sleep(_POLL)
            export = (await client.get(f"/exports/{export['id']}")).raise_for_status().json()
        if export["status"] != "done":
            raise RuntimeError(f"{export['status']}: {export['reason']}")
        size = len((await client.get(f"/exports/{export['id']}/file")).raise_for_status().content)
        cost = meter.stop()
        await client.delete(f"/exports/{export['id']}")
    return _exported(cost.wall, cost.cpu["service"], peak(pid), size)


async def _request(url: str, token: str, pid: int) -> dict[str, Any]:
    """Have it made while the request waits."""
    async with _client(url, token) as client:
        fresh_peak(pid)
        meter = Meter({}, {"service": pid})
        meter.start()
        size = len((await client.get("/export")).raise_for_status().content)
        cost = meter.stop()
    return _exported(cost.wall, cost.cpu["service"], peak(pid), size)


def _exported(seconds: float, cpu: float, peak_: int, size: int) -> dict[str, Any]:
    return {"seconds": seconds, "cpu_seconds": cpu, "peak": peak_, "bytes": size}


def _client(url: str, token: str) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=600)


def _line(record: Mapping[str, Any]) -> str:
    head = f"{record['part']:9} {record['contender']:6} "
    if "seconds" in record:
        return (
            head
            + f"{record['seconds']:.1f} s, CPU {record['cpu_seconds']:.1f} s, peak {record['peak'] / 2**20:.0f} MiB"
        )
    times = ", ".join(f"{k} p50 {v['p50_ms']:.0f} p99 {v['p99_ms']:.0f} ms" for k, v in record["figures"].items())
    return head + f"{times}; CPU {record['cpu_us']:.0f} µs; {record['statuses']}; load {record['load']:.1f}"
