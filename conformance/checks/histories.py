"""C-CAS-3: all facts about one case, held against the state machine, in whatever order they came."""

from collections import defaultdict

from conformance.bench import DECLINED, NOMINATED, OPENED, RETURNED, Bench
from conformance.ledger import Heard


def histories(bench: Bench) -> None:
    """Every case of which anything was announced."""
    by_case: dict[str, list[Heard]] = defaultdict(list)
    for one in bench.ledger.facts():
        if one.data.get("case"):
            by_case[str(one.data["case"])].append(one)
    for case, facts in by_case.items():
        wrong = _wrong([one.event for one in facts])
        bench.verdicts.hold("C-CAS-3", not wrong, f"{case}：{wrong}", f"{case}: {wrong}")


def _wrong(events: list[str]) -> str:
    nominated, declined, returned = (events.count(kind) for kind in (NOMINATED, DECLINED, RETURNED))
    if nominated > 1:
        return f"{NOMINATED} × {nominated}"
    if nominated and declined:
        return f"{NOMINATED} + {DECLINED}"
    if (nominated or returned) and OPENED not in events:
        return f"{NOMINATED if nominated else RETURNED} - {OPENED}"
    if returned and nominated and events.count(OPENED) <= returned:
        return f"{RETURNED} × {returned}, {OPENED} × {events.count(OPENED)}, {NOMINATED}"
    return ""
