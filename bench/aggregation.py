"""The experts' marks of a whole round as one mark per item: exact, beside the straightforward way with floats.

The straightforward one follows the same rule with the standard library's `statistics` and `round`. Its marks are held
against the exact ones: how many come out otherwise, by a hundredth of a point.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from statistics import mean, pstdev
from typing import Any

from services.review.domain.case import Seat
from services.review.domain.normalising import LEAST_DEVIATION, measured
from services.review.domain.settling import in_all, settle

SCENES = ("trimmed", "normalised")
"""The trimmed mean alone; marks normalised per expert before."""
_SEATS = 5
_ITEMS = 42
"""Judged items, as many as the standard of 2019 has."""
_MIN_CASES = 10
_TRIM_FROM = 5
Round = Sequence[tuple[str, tuple[Seat, ...]]]
"""By case, its seats."""
Marks = Mapping[tuple[str, str], Decimal]
"""By case and item, the mark it settled at."""


@dataclass(frozen=True)
class Plan:
    """How large, how often."""

    cases: int
    experts: int
    rounds: int
    seed: int = 1


def measure(plan: Plan) -> list[dict[str, Any]]:
    """One record per scene, contender and round: CPU seconds, marks settled, how many differ from the exact ones."""
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        scales, round_ = invented(plan, plan.seed + number)
        for scene in SCENES:
            exact: Marks = {}
            for contender, run in CONTENDERS.items():
                began = time.process_time()
                found = run(scales, round_, scene == "normalised")
                seconds = time.process_time() - began
                exact = exact or found
                record = {
                    "scene": scene,
                    "contender": contender,
                    "round": number,
                    "seconds": round(seconds, 3),
                    "marks": len(found),
                    "off": sum(found[key] != mark for key, mark in exact.items()),
                }
                records.append(record)
                print(record, flush=True)
    return records


def invented(plan: Plan, seed: int) -> tuple[dict[str, Decimal], Round]:
    """Scales of the items, and a round in which every expert has a strictness of their own."""
    random = Random(seed)  # noqa: S311 - invented data, the same every time
    scales = {f"item-{n}": Decimal(random.choice(("0.5", "0.75", "1", "1.25"))) for n in range(_ITEMS)}
    strictness = [random.uniform(0.6, 1.0) for _ in range(plan.experts)]
    round_: list[tuple[str, tuple[Seat, ...]]] = []
    for number in range(plan.cases):
        worth = random.uniform(0.5, 1.0)
        seats = []
        for expert in random.sample(range(plan.experts), _SEATS):
            share = worth * strictness[expert]
            marks = {
                item: Decimal(int(min(max(random.gauss(share, 0.1), 0), 1) * float(of) * 100)).scaleb(-2)
                for item, of in scales.items()
            }
            seats.append(Seat(expert=f"expert-{expert}", status="marked", marks=marks))
        round_.append((f"case-{number}", tuple(seats)))
    return scales, round_


def _ours(scales: Mapping[str, Decimal], round_: Round, normalise: bool) -> Marks:  # noqa: FBT001 - a contender's scene
    given = [one for case, seats in round_ for one in in_all(case, seats, scales)] if normalise else []
    yardstick = measured(given, _MIN_CASES) if normalise else None
    found: dict[tuple[str, str], Decimal] = {}
    for case, seats in round_:
        own = yardstick.of(seat.expert for seat in seats) if yardstick else None
        found |= {(case, mark.item): mark.points for mark in settle(seats, scales, _TRIM_FROM, own)}
    return found


def _floats(scales: Mapping[str, Decimal], round_: Round, normalise: bool) -> Marks:  # noqa: FBT001 - a contender's scene
    possible = sum(map(float, scales.values()))
    shares: dict[str, list[float]] = {}
    for _, seats in round_ if normalise else ():
        for seat in seats:
            shares.setdefault(seat.expert, []).append(sum(map(float, seat.marks.values())) / possible)
    known = {expert: (mean(row), pstdev(row)) for expert, row in shares.items() if len(row) >= _MIN_CASES}
    known = {expert: one for expert, one in known.items() if one[1] >= float(LEAST_DEVIATION)}
    every = [share for expert in known for share in shares[expert]]
    common, deviation = (mean(every), pstdev(every)) if every else (0.0, 0.0)
    found: dict[tuple[str, str], Decimal] = {}
    for case, seats in round_:
        rows = []
        for seat in seats:
            marks = {item: float(mark) for item, mark in seat.marks.items()}
            if seat.expert in known:
                own, width = known[seat.expert]
                share = sum(marks.values()) / possible
                aim = min(max(common + (share - own) / width * deviation, 0), 1)
                if aim < share:
                    marks = {item: round(mark * aim / share, 2) for item, mark in marks.items()}
                elif aim > share:
                    left = (1 - aim) / (1 - share)
                    marks = {item: round(of - (of - marks[item]) * left, 2) for item, of in _floated(scales)}
            rows.append(marks)
        for item in scales:
            kept = sorted(row[item] for row in rows)[1:-1]
            found[case, item] = Decimal(str(round(mean(kept), 2))).quantize(Decimal("0.01"))
    return found


def _floated(scales: Mapping[str, Decimal]) -> list[tuple[str, float]]:
    return [(item, float(of)) for item, of in scales.items()]


CONTENDERS: Mapping[str, Callable[[Mapping[str, Decimal], Round, bool], Marks]] = {"sihao": _ours, "floats": _floats}
"""By name; the first is exact."""
