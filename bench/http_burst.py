"""The last minutes before a deadline, many times over, and what became of every receipt.

The expected peak follows from the middle estimate of a national round: 10,000 applications, of which 40 % arrive in the
last 8 hours, so 4,000 in 28,800 s, 0.14 per second on average; ten times that within those hours, 1.4 per second. The
burst is a hundred times that peak, 139 per second; the high estimate's (25,000 applications) is 347. Arrivals are
random (Poisson), from a printed seed, and nobody waits for those before: an open loop.

Every 202 is then held against the stores: intake has this receipt, number and digest, in a chain that is whole; scoring
and review have the application; no outbox holds anything any more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from bench.figures import percentile
from bench.http_load import on_time
from bench.http_place import SERVICES, HttpPlace, http_place, serving
from bench.machine import Meter, load
from bench.stages import PROVINCE
from dev.backends import Backends
from services.intake.domain.receipt import genuine
from services.intake.store import APPLICATIONS, KINDS
from services.review.store import CASES
from services.review.store import KINDS as REVIEW_KINDS
from services.scoring.store import KINDS as SCORING_KINDS
from services.scoring.store import RECORDS
from shared.kernel.history import Entry, verify

_APPLICATIONS = 10_000
_SHARE = 0.4
_LAST = 8 * 3600
_SURGE = 10
EXPECTED_PEAK = _APPLICATIONS * _SHARE / _LAST * _SURGE
"""Hand-ins per second."""
_SETTLED = 600.0
"""Seconds within which everything accepted must have gone its way."""
_ACCEPTED = 202
_KINDS = {"intake": KINDS, "scoring": SCORING_KINDS, "review": REVIEW_KINDS}


async def burst(backends: Backends, logs: Path, *, times: float, seconds: float, seed: int) -> dict[str, Any]:
    """One burst; answers what was sent, what was accepted, and what of that was honoured."""
    rate = EXPECTED_PEAK * times
    dice = Random(seed)  # noqa: S311 - the same every time, on purpose
    moments = list(_arrivals(dice, rate, seconds))
    async with http_place(backends, seed) as place, serving(place, SERVICES, logs) as served:
        await asyncio.to_thread(place.prepare, len(moments), 0)
        print(f"burst     {len(moments)} hand-ins in {seconds:g} s, {rate:.0f}/s, seed {seed}", flush=True)
        plan = (
            (moment, f"/applications/{place.applicants.id(n)}/submit", place.secretary(n), f"submit-{n}")
            for n, moment in enumerate(moments)
        )
        meter = Meter({}, {name: child.pid or 0 for name, (_, child) in served.items()})
        meter.start()
        answers = await on_time(served["intake"][0], plan, logs, seconds + 60)
        cost = meter.stop()
        accepted = {key: said for key, status, _, said in answers if status == _ACCEPTED}
        drained = await _drained(place)
        honoured = await asyncio.to_thread(_honoured, place, accepted)
    took = sorted(ms for _, status, ms, _ in answers if status == _ACCEPTED)
    refused = Counter(_reason(status, said) for _, status, _, said in answers if status != _ACCEPTED)
    record = {
        "part": "burst",
        "contender": "sihao",
        "round": 0,
        "load": load(),
        "times": times,
        "rate": rate,
        "seconds": seconds,
        "sent": len(moments),
        "accepted": len(accepted),
        "refused": dict(refused),
        "p50_ms": percentile(took, 50) if took else None,
        "p99_ms": percentile(took, 99) if took else None,
        "drained": drained,
        "honoured": honoured,
        "cpu_us": {name: cpu / max(1, len(accepted)) * 1e6 for name, cpu in cost.cpu.items()},
        "resident": dict(cost.resident),
    }
    print(_line(record), flush=True)
    return record


def _arrivals(dice: Random, rate: float, seconds: float) -> Iterator[float]:
    moment = dice.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += dice.expovariate(rate)


def _reason(status: int, said: Any) -> str:
    """Why there was no receipt: the status and code of the refusal, and whether it says when to come again."""
    if status == 0:
        return str(said)
    code, again = said
    return f"{status} {code}{' Retry-After' if again else ''}"


async def _drained(place: HttpPlace) -> float | None:
    """Seconds until all that was handed in has its case and no outbox holds anything; None if that never came.

    What was handed in may be more than the receipts that were seen: a client that gave up may have been accepted.
    """
    began = time.monotonic()
    handed_in = {"state.round": place.applicants.planned.round.code, "state.status": {"$ne": "draft"}}
    while time.monotonic() - began < _SETTLED:
        cases = await asyncio.to_thread(place.collection("review", CASES.collection).estimated_document_count)
        awaited = await asyncio.to_thread(_count, place, "intake", APPLICATIONS.collection, handed_in)
        if cases >= awaited and not await asyncio.to_thread(_unsent, place):
            return time.monotonic() - began
        await asyncio.sleep(0.5)
    return None


def _count(place: HttpPlace, service: str, collection: str, where: Mapping[str, Any]) -> int:
    return int(place.collection(service, collection).count_documents(where))


def _unsent(place: HttpPlace) -> int:
    """Documents of all services whose outbox holds something."""
    where = {"outbox.routing_key": {"$exists": True}}
    return sum(_count(place, service, kind.collection, where) for service, kinds in _KINDS.items() for kind in kinds)


def _honoured(place: HttpPlace, accepted: Mapping[str, Any]) -> dict[str, int]:
    """How many receipts are found as they were given, with a whole chain; and how many have a record and a case."""
    found: Counter[str] = Counter(receipt=0, chain=0, scored=0, case=0, unsent=_unsent(place))
    receipts = {place.applicants.id(int(key.rpartition("-")[2])): said for key, said in accepted.items()}
    shown = {"state": 1, "history": 1}
    for document in place.collection("intake", APPLICATIONS.collection).find({}, shown):
        receipt = receipts.get(document["_id"])
        if receipt is None:
            continue
        state = APPLICATIONS.state.model_validate(document["state"])
        entries = [Entry.model_validate(entry) for entry in document["history"]]
        found["receipt"] += genuine(state.submissions, receipt["number"], receipt["digest"]) is not None
        found["chain"] += verify(entries, document["state"]) is None
    for name, service, collection, suffix in (
        ("scored", "scoring", RECORDS.collection, ""),
        ("case", "review", CASES.collection, f"@{PROVINCE}"),
    ):
        kept = {document["_id"] for document in place.collection(service, collection).find({}, {"_id": 1})}
        found[name] = sum(f"{id_}{suffix}" in kept for id_ in receipts)
    return dict(found)


def _line(record: Mapping[str, Any]) -> str:
    cpu = {name: round(us) for name, us in record["cpu_us"].items()}
    return (
        f"burst     {record['accepted']} of {record['sent']} accepted, refused {record['refused']}; "
        f"p50 {record['p50_ms']} p99 {record['p99_ms']} ms; drained after {record['drained']} s; "
        f"honoured {record['honoured']}; CPU µs {cpu}"
    )
