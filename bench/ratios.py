"""The figures by which runs are compared: ratios within one run, so that a slower or busier machine changes little.

Of every figure more is better.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench.pipeline import by_stage
from bench.scoring import ENGINES
from bench.stages import STAGES

Record = Mapping[str, Any]
Ratios = dict[str, float]


def grouped(records: Iterable[Record], *names: str) -> dict[tuple[Any, ...], list[Record]]:
    """Records by the values of these fields, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in names), []).append(record)
    return groups


def of_pipeline(records: Sequence[Record]) -> Ratios:
    """Every contender beside the floors: its rate and its CPU time beside both, its latency beside the bare one."""
    groups = {name: found for (name,), found in grouped(records, "contender").items()}
    found: Ratios = {}
    for below in ("floor-deciders", "floor"):
        for name, ours in groups.items():
            if below in groups and name not in {below, "floor"}:
                found[f"{name}: rate ÷ {below}"] = _median(ours, "rate") / _median(groups[below], "rate")
                found[f"{name}: {below}'s CPU ÷ its own"] = median(map(_cpu, groups[below])) / median(map(_cpu, ours))
    floor = groups.pop("floor", [])
    for name, ours in groups.items() if floor else ():
        if all("p99_ms" in record for record in (*ours, *floor)):
            found[f"{name}: floor's p99 ÷ its own"] = _median(floor, "p99_ms") / _median(ours, "p99_ms")
    return found


def of_scale(records: Sequence[Record]) -> Ratios:
    """Every variation beside the first of its kind: rate, and (inverted) the memory of our processes."""
    found: Ratios = {}
    first: dict[str, list[Record]] = {}
    for (varied, value), own in grouped(records, "varied", "value").items():
        start = first.setdefault(varied, own)
        if own is not start:
            found[f"{varied} {value}: rate ÷ first"] = _median(own, "rate") / _median(start, "rate")
            if varied != "processes":
                found[f"{varied} {value}: first memory ÷ its own"] = _memory(start) / _memory(own)
    return found


def of_accept(records: Sequence[Record]) -> Ratios:
    """What the shared commit gains."""
    groups = grouped(records, "road", "callers", "way")
    return {
        f"{road}, {callers} callers: group ÷ single": _median(shared, "rate")
        / _median(groups[road, callers, "single"], "rate")
        for (road, callers, way), shared in groups.items()
        if way == "group" and (road, callers, "single") in groups
    }


def of_scoring(records: Sequence[Record]) -> Ratios:
    """How many times the fastest rules engine costs what each of ours does."""
    costs = {name: _median(found, "us") for (name,), found in grouped(records, "contender").items()}
    fastest = min((cost for name, cost in costs.items() if name in ENGINES), default=None)
    ours = {name: cost for name, cost in costs.items() if name not in ENGINES}
    return {f"{name}: fastest engine ÷ ours": fastest / cost for name, cost in ours.items()} if fastest else {}


def of_promise(records: Sequence[Record]) -> Ratios:
    """How many times the whole holds each part."""
    groups = grouped(records, "stage", "part")
    return {
        f"{stage}: all ÷ {part}": _median(groups[stage, "all"], "us") / _median(found, "us")
        for (stage, part), found in groups.items()
        if part != "all" and _median(found, "us") >= _WORTH_COMPARING
    }


def of_http(records: Sequence[Record]) -> Ratios:
    """The bare application's CPU time beside ours, for every part; and how much of a burst was accepted."""
    groups = grouped(records, "part", "contender")
    found: Ratios = {}
    for (part, contender), ours in groups.items():
        field = "cpu_seconds" if part == "export" else "cpu_us"
        if contender == "sihao" and (part, "bare") in groups:
            found[f"{part}: bare CPU ÷ its own"] = _median(groups[part, "bare"], field) / _median(ours, field)
        if part == "burst":
            found["burst: accepted ÷ sent"] = _median(ours, "accepted") / _median(ours, "sent")
    return found


def of_assignment(records: Sequence[Record]) -> Ratios:
    """The straightforward way's CPU time beside ours, by scene."""
    groups = grouped(records, "scene", "contender")
    return {
        f"{scene}: one-by-one's CPU ÷ its own": _median(groups[scene, "one-by-one"], "seconds")
        / _median(own, "seconds")
        for (scene, contender), own in groups.items()
        if contender == "sihao"
    }


def of_aggregation(records: Sequence[Record]) -> Ratios:
    """The CPU time with floats beside ours, by scene."""
    groups = grouped(records, "scene", "contender")
    return {
        f"{scene}: floats' CPU ÷ its own": _median(groups[scene, "floats"], "seconds") / _median(own, "seconds")
        for (scene, contender), own in groups.items()
        if contender == "sihao"
    }


_WORTH_COMPARING = 10.0
"""Microseconds under which a part is noise."""

RATIOS: Mapping[str, Callable[[Sequence[Record]], Ratios]] = {
    "pipeline": of_pipeline,
    "scale": of_scale,
    "accept": of_accept,
    "scoring": of_scoring,
    "assignment": of_assignment,
    "aggregation": of_aggregation,
    "promise": of_promise,
    "http": of_http,
}
"""By benchmark."""


def _median(records: Iterable[Record], field: str) -> float:
    return float(median(record[field] for record in records))


def _cpu(record: Record) -> float:
    return float(sum(record["cpu_us"].values()))


def _memory(records: Iterable[Record]) -> float:
    return float(median(sum(by_stage(record["rss"])[stage] for stage in STAGES) for record in records))
