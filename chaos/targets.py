"""What a run is held against. Recovery is judged only where nothing else was broken beside what is recovered from."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Figures = Mapping[str, Any]
_BOOKS = ("lost", "doubled", "violations")
_LONG = 2400.0
"""Seconds of load from which on a run counts as a long one."""
ACCEPTED, FAULTS, PER_POINT = 60_000, 1_000, 25
KINDS = 20


class Target(NamedTuple):
    """One figure and what it should be."""

    zh: str
    en: str
    wanted: str
    found: str
    held: bool | None
    """None: such a run says nothing about it."""


def judged(told: Figures) -> Iterator[Target]:
    """Every target, as this run meets it."""
    recovery, kinds = told["recovery"], set(told["faults"])
    long = told["plan"]["seconds"] >= _LONG
    for name, zh in zip(_BOOKS, ("丢失", "重复", "违反不变式"), strict=True):
        yield Target(zh, name, "0", str(told[name]), told[name] == 0)
    yield _at_least("受理件数", "accepted", ACCEPTED, told["accepted"], judge=long)
    yield _at_least("故障次数", "faults", FAULTS, told["faults_in_all"], judge=long)
    numbers = {kind.partition("-")[0] for kind in kinds}
    yield _at_least("故障种类", "kinds of faults", KINDS, len(numbers), judge=long)
    fewest = min(told["points"].values())
    yield _at_least("每服务每点死亡次数", "deaths at each point of each service", PER_POINT, fewest, judge=long)
    p99, worst = recovery["submission_p99"], max(recovery["broker_back_to_consuming"], default=None)
    yield _at_most(
        "进程死亡时提交 p99（秒）", "submission p99 with deaths, s", 1.5, p99, judge=_only(kinds, "F1", "F2")
    )
    yield _at_most("消息队列恢复至消费（秒）", "broker back to consuming, s", 2.0, worst, judge=_only(numbers, "F3"))
    quiet = recovery["outbox_empty_after_quiet"]
    yield _at_most("平静后待发清空（秒）", "outbox empty after quiet, s", 10.0, quiet, judge=True)


def _only(kinds: set[str], *those: str) -> bool:
    return bool(kinds) and kinds <= set(those)


def _at_least(zh: str, en: str, wanted: int, found: int, *, judge: bool) -> Target:
    return Target(zh, en, f"≥ {wanted}", str(found), found >= wanted if judge else None)


def _at_most(zh: str, en: str, wanted: float, found: float | None, *, judge: bool) -> Target:
    held = (found is not None and found <= wanted) if judge else None
    return Target(zh, en, f"≤ {wanted:g}", "–" if found is None else f"{found:g}", held)
