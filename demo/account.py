"""The reckoning: every application accounted for, in every service that knows of it, exactly as the scenario says."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from demo.api import StalledError, each, until
from demo.play import Play, service_of
from shared.contracts import CENTRE, text

OUTBOX, DEAD_LETTERS, PUBLISHED = "sihao_outbox_depth", "sihao_dead_letters", "sihao_published_total"
_FIGURE = re.compile(rf"^({OUTBOX}|{DEAD_LETTERS}|{PUBLISHED})(?:{{.*}})? (\S+)$", re.MULTILINE)
_WATCH_EVERY = 2.0
_ON_THE_WAY = ("draft", "submitted", "under_review", "returned", "nominated", "on_notice")


@dataclass
class Account:
    """What became of everything."""

    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Outcome and reason, by application."""
    wrong: list[str] = field(default_factory=list)
    """What is not as it must be, in words."""
    letters: dict[str, int] = field(default_factory=dict)
    """Letters by status."""
    gauges: dict[str, Counter[str]] = field(default_factory=dict)
    """Unsent facts, dead letters and facts published, by service."""

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How many of each outcome."""
        return Counter(self.outcomes.values())


async def watch(play: Play) -> None:
    """Return never; raise as soon as a service has put a message aside.

    Raises:
        StalledError: it names the service, whose log says why.
    """
    while True:
        for name, gauges in (await _gauges(play)).items():
            if gauges.get(DEAD_LETTERS):
                log = play.stand.log_of(name)
                raise StalledError(f"{name}：有消息被搁置，见日志 / put a message aside, see the log: {log}")
        await asyncio.sleep(_WATCH_EVERY)


async def settle(play: Play) -> Account:
    """Wait until everything has come to rest, then compare."""
    account = Account()
    await _rest(play)
    await _compare_outcomes(play, account)
    await _compare_bulletin(play, account)
    account.letters = (await play.platform.operator().get("notify", "/letters", limit=1))["counts"]
    account.gauges = await _gauges(play)
    for name, gauges in account.gauges.items():
        account.wrong += [f"{name}: {gauge} = {gauges[gauge]}" for gauge in (OUTBOX, DEAD_LETTERS) if gauges[gauge]]
    return account


async def _rest(play: Play) -> None:
    """Nothing unsent, no letter waiting, no application still on its way."""

    async def busy() -> list[str]:
        gauges = await _gauges(play)
        unsent = [f"{name}: outbox {found[OUTBOX]}" for name, found in gauges.items() if found[OUTBOX]]
        letters = (await play.platform.operator().get("notify", "/letters", limit=1))["counts"]
        moving = [f"{id_}: {status}" for status in _ON_THE_WAY for id_ in await play.applications(status)]
        return [
            *unsent,
            *([f"letters queued: {letters['queued']}"] if letters["queued"] else []),
            *moving,
        ]

    await until(text("等待全部消息落定", "everything comes to rest"), busy)


async def _compare_outcomes(play: Play, account: Account) -> None:
    """What intake tells the chamber, what review decided, and what was designed."""
    rows = await play.platform.operator().every("intake", "/applications", round=play.code)
    statuses = {row["id"]: row["status"] for row in rows}
    cases = await _final_cases(play)
    for id_, expected in play.scenario.expected.items():
        status, ending = statuses.pop(id_, "missing"), cases.pop(id_, None)
        outcome = account.outcomes[id_] = _outcome(status, ending)
        if outcome != (expected.outcome, expected.reason):
            account.wrong.append(f"{id_} {expected.name}: {outcome} ≠ {(expected.outcome, expected.reason)}")
    account.wrong += [f"{id_}: 不在设想之内 / not in the scenario" for id_ in [*statuses, *cases]]


async def _final_cases(play: Play) -> dict[str, dict[str, Any]]:
    """Of every application the case that decided it: at the centre if it came there, else in its province."""
    found: dict[str, dict[str, Any]] = {}
    for jurisdiction in (*sorted(play.scenario.round.quotas), CENTRE):
        found |= await play.cases(jurisdiction)

    async def look(case: dict[str, Any]) -> None:
        detail = await play.platform.operator().get(service_of(case["jurisdiction"]), f"/cases/{case['id']}")
        case["code"] = detail["ending"]["code"]

    await each([case for case in found.values() if case["status"] == "declined"], look)
    return found


def _outcome(status: str, case: dict[str, Any] | None) -> tuple[str, str]:
    """The outcome on which intake and review agree; both sides' words where they do not."""
    decided = case["status"] if case else "—"
    code = case.get("code", "") if case else ""
    agreed = {
        "declined": decided == "declined",
        "withheld": decided == "declined" and code == "objection",
        "honoured": decided == "honoured",
        "withdrawn": decided in {"withdrawn", "—"},
        "late": decided == "—",
    }
    return (status, code) if agreed.get(status) else (f"{status}≠{decided}", code)


async def _compare_bulletin(play: Play, account: Account) -> None:
    """The public register shows exactly the chambers that were to be honoured."""
    honoured = [id_ for id_, (outcome, _) in account.outcomes.items() if outcome == "honoured"]
    wanted = {id_.removeprefix(f"{play.code}-") for id_ in honoured}

    async def missing() -> list[str]:
        return sorted(wanted ^ await registered(play))

    await until(text("等待公告栏", "the bulletin follows"), missing)


async def registered(play: Play) -> set[str]:
    """Credit codes in the public register of this round."""
    rows = await play.platform.public.every("notify", "/register.json", round=play.code)
    return {row["code"] for row in rows}


async def _gauges(play: Play) -> dict[str, Counter[str]]:
    """Unsent facts, dead letters and published facts of every service, as it tells Prometheus."""
    found: dict[str, Counter[str]] = {}
    for name in play.platform.services:
        found[name] = Counter()
        for figure, value in _FIGURE.findall(await play.platform.public.text(name, "/metrics")):
            found[name][figure] += int(float(value))
    return found
