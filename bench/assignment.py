"""Experts for a whole round: the platform's assignment beside the straightforward one, on the same invented rounds.

The straightforward one goes case by case and takes, of those who may, the experts with least to do.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from services.review.domain.assignment import assign
from services.review.domain.demand import Demand, Limits, Reviewer, Task, too_near
from services.review.domain.obstacles import Infeasible
from services.review.domain.recusal import Tie

_FIELDS = ("党建", "法律", "财务", "产业", "社会组织")
_PROVINCES = tuple(str(number) for number in range(11, 43))
"""As many as there are provincial federations; the codes do not matter here."""
SCENES: Mapping[str, int] = {"ample": 0, "tight": 1}
"""Rounds with more capacity than seats; and with few experts of one field, and hardly any capacity to spare."""


@dataclass(frozen=True)
class Plan:
    """How large, how often."""

    cases: int
    experts: int
    rounds: int
    seed: int = 1


def measure(plan: Plan) -> list[dict[str, Any]]:
    """One record per scene, contender and round: CPU seconds, seats left empty, from the least load to the most."""
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        for scene in SCENES:
            task = invented(plan, scene, plan.seed + number)
            for contender, run in CONTENDERS.items():
                began = time.process_time()
                loads = run(task)
                seconds = time.process_time() - began
                record = {
                    "scene": scene,
                    "contender": contender,
                    "round": number,
                    "seconds": round(seconds, 3),
                    "unmet": sum(demand.seats for demand in task.demands) - sum(loads),
                    "spread": max(loads) - min(loads),
                }
                records.append(record)
                print(record, flush=True)
    return records


def invented(plan: Plan, scene: str, seed: int) -> Task:
    """A round: five experts a case, none from the chamber's province, ten ties each; one must know the law."""
    random = Random(seed)  # noqa: S311 - invented data, the same every time
    tight = scene == "tight"
    mean = -(-5 * plan.cases // plan.experts)
    weights = [3 if tight and number % 8 == 0 else 1 for number in range(len(_PROVINCES))]
    demands = tuple(
        Demand(
            case=f"case-{number}",
            chamber=_code(number),
            area=random.choices(_PROVINCES, weights)[0],
            seats=5,
            needs={"法律": 1},
        )
        for number in range(plan.cases)
    )
    lawyers = -(-plan.cases // mean) + 1 if tight else plan.experts // 3
    reviewers = tuple(
        Reviewer(
            id=f"expert-{number}",
            fields=frozenset({"法律"} if number < lawyers else {random.choice(_FIELDS[2:])}),
            area=random.choices(_PROVINCES, weights)[0],
            ties=tuple(Tie(code=_code(n), kind="declared") for n in random.sample(range(plan.cases), 10)),
            capacity=mean if tight else 2 * mean,
        )
        for number in range(plan.experts)
    )
    limits = Limits(look_back_years=2)
    return Task(demands=demands, reviewers=reviewers, limits=limits, seed=f"bench {seed}", at=datetime.now(UTC))


def _ours(task: Task) -> Sequence[int]:
    found = assign(task)
    if isinstance(found, Infeasible):
        sys.exit(f"无解，种子须另选 / not to be had, take another seed: {found.missing}")
    return list(found.loads.values())


def _one_by_one(task: Task) -> Sequence[int]:
    loads = {reviewer.id: reviewer.load for reviewer in task.reviewers}
    tied = {(reviewer.id, tie.code) for reviewer in task.reviewers for tie in reviewer.ties}  # all of them last
    for demand in task.demands:
        may = [
            reviewer
            for reviewer in task.reviewers
            if not too_near(reviewer.area, demand, task.limits) and (reviewer.id, demand.chamber) not in tied
        ]
        here: set[str] = set()
        for need in (*(field for field, least in demand.needs.items() for _ in range(least)), None, None, None, None):
            free = [r for r in may if r.id not in here and loads[r.id] < r.capacity and need in (None, *r.fields)]
            if free:
                chosen = min(free, key=lambda reviewer: loads[reviewer.id]).id
                here.add(chosen)
                loads[chosen] += 1
    return list(loads.values())


def _code(number: int) -> str:
    return f"5135020{number:011d}"


CONTENDERS: Mapping[str, Callable[[Task], Sequence[int]]] = {"sihao": _ours, "one-by-one": _one_by_one}
"""By name."""
