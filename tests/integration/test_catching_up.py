"""A province that was away for three days comes back: it ends as one that was never away, and nobody's time ran out.

`SIHAO_AWAY` is how many messages wait for it; `make away` runs it with ten thousand.
"""

import asyncio
import json
import os
import shlex
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from pymongo import AsyncMongoClient

from conformance.bench import OPENED, RETURNED
from conformance.centre import Centre, Said, connected, said
from conformance.ledger import Ledger
from conformance.world import ITEM, World
from dev.backends import Backends
from dev.clock import TurnedClock
from dev.driver import ReviewDriver
from dev.issuer import Issuer
from shared.contracts import Event
from sihao.province.join_file import load
from sihao.province.rights import user_of
from tests.integration.province import api_of, place, review, sihao
from tests.support.toy_bench import until

AREA = "35"
AWAY = int(os.environ.get("SIHAO_AWAY", "300"))
"""Messages that wait."""
WITHIN = 60 + AWAY / 10
"""Seconds that a busy machine may take for them."""
AWAY_FOR, GRACE = timedelta(days=3), timedelta(hours=12)
"""How long it is away, and how long after the deadline it comes back."""
RETURNED_ONES = 20
HOUR = timedelta(hours=1)
ENDS = ("open", "open", "withdrawn", "open", "open")
"""How each kind of story ends."""

Told = Sequence[tuple[timedelta, Event]]


@dataclass(frozen=True)
class Story:
    """What happens while the province is away, the same for whoever hears it."""

    round: Event
    before: Sequence[Any]
    """Scorecards from before, of cases that are returned."""
    corrected: Sequence[str]
    """Cases that are corrected while it is away."""
    told: Told
    """Everything else, by the time since it left."""
    ends: Mapping[str, str]
    """How each case ends, by its id."""


def _story() -> Story:
    world = World(AREA, "AWAY", "province@1")
    round_ = world.round("R", quota=5)
    code = round_.round.code
    before = [world.scored(code) for _ in range(RETURNED_ONES)]
    mended = before[::2]
    told: list[tuple[timedelta, Event]] = [
        (AWAY_FOR / 2, world.again(card, total="90.00", corrected=True)) for card in mended
    ]
    ends = {world.case(card): "open" if card in mended else "declined" for card in before}
    count = AWAY * len(ENDS) // (2 * len(ENDS) - 1)
    for number in range(count):
        kind, at = number % len(ENDS), (AWAY_FOR - 2 * HOUR) * number / count
        first = world.scored(code, failed=kind == 3)
        told.append((at, first))
        if kind in (1, 3):
            told.append((at + HOUR, world.again(first, total="81.00", corrected=False)))
        elif kind == 2:
            told.append((at + HOUR, world.withdrawn(first)))
        elif kind == 4:
            told.append((at + HOUR, world.again(first, total="82.00", corrected=True)))
        ends[world.case(first)] = ENDS[kind]
    return Story(round_, before, [world.case(c) for c in mended], sorted(told, key=lambda one: one[0]), ends)


@dataclass
class Province:
    """A review service on a virtual host of its own, admitted by the command; and what the centre hears there."""

    centre: Centre
    ledger: Ledger
    clock: TurnedClock
    settings: Mapping[str, str]
    log: Path
    issuer: Issuer
    database: Any

    async def say(self, told: Iterable[tuple[datetime, Event]]) -> None:
        """The centre says this, as of these times."""
        await self.centre.say(*(_at(at, event) for at, event in told))

    async def begins(self, story: Story, url: str) -> datetime:
        """The round opens, some cases are returned; answers until when they must be corrected."""
        await self.say((self.clock.now(), event) for event in (story.round, *story.before))
        cases = [f"{card.application}@{AREA}" for card in story.before]
        await until(lambda: self._heard(cases, OPENED), within=WITHIN)
        token = self.issuer.token("officer", roles=["officer"], area=AREA)
        with ReviewDriver(url, lambda: token, clock=self.clock) as driver:
            why = {"zh": "请补正", "en": "please correct"}
            for case in cases:
                command = {"do": "return", "key": case, "case": case, "items": [{"item": ITEM, "reason": why}]}
                assert await asyncio.to_thread(driver.do, command) < HTTPStatus.MULTIPLE_CHOICES
        await until(lambda: self._heard(cases, RETURNED), within=WITHIN)
        return datetime.fromisoformat(self.ledger.about(cases[0], RETURNED)[0].data["deadline"])

    async def ends(self, story: Story) -> Mapping[str, Mapping[str, Any]]:
        """Wait until every case is where it ends and everything is told; answers the cases."""

        async def ended() -> bool:
            query = {"_id": {"$in": list(story.ends)}}
            rows = self.database["cases"].find(query, {"state.status": 1, "outbox": 1})
            found = {row["_id"]: row["state"]["status"] async for row in rows if not row["outbox"]}
            return found == story.ends

        await until(ended, within=WITHIN)
        rows = self.database["cases"].find({"_id": {"$in": list(story.ends)}}, {"state": 1})
        return {row["_id"]: row["state"] async for row in rows}

    async def hears(self, case: str, event: str, times: int) -> bool:
        """Whether the centre has heard it so often."""
        return len(self.ledger.about(case, event)) >= times

    async def _heard(self, cases: Sequence[str], event: str) -> bool:
        return all(self.ledger.about(case, event) for case in cases)

    def facts(self, story: Story) -> dict[str, list[tuple[str, ...]]]:
        """What was announced about each case, without times."""
        names = ("code", "revision", "sequence")
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for case in story.ends:
            for one in self.ledger.about(case):
                found[case].append((one.event, *(str(one.data.get(name)) for name in names)))
        return {case: sorted(told) for case, told in found.items()}


def _at(instant: datetime, event: Event) -> Said:
    return replace(said(event), time=instant.isoformat())


@asynccontextmanager
async def _province(
    backends: Backends, mongo_url: str, database: str, folder: Path
) -> AsyncIterator[tuple[Province, str]]:
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs here
    clock = TurnedClock(folder / "clock.json")
    clock.turn_to(datetime.now(UTC) - timedelta(days=14))
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url)
    api = api_of(backends)
    with Issuer() as issuer:
        async with backends.fresh_vhost() as amqp_url, client:
            vhost = place(amqp_url)[1]
            made = await sihao(
                "add", AREA, "--broker", place(amqp_url)[0], "--vhost", vhost, "--out", folder / "join.yaml",
                SIHAO_RABBIT_API_URL=api.url,
            )  # fmt: skip
            assert made.exit_code == 0, made.output
            settings = {
                "SIHAO_AREAS": AREA,
                "SIHAO_AMQP_URL": load(folder / "join.yaml").amqp_url(),
                "SIHAO_MONGO_URL": mongo_url,
                "SIHAO_DATABASE": database,
                "SIHAO_OIDC_ISSUER": issuer.url,
                "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
                "SIHAO_CLOCK_FILE": str(clock.path),
                "SIHAO_LOG_LEVEL": "INFO",
                "SIHAO_CATCH_UP_SETTLE": "2",
                "SIHAO_CATCH_UP_RATE": "1000000",
            }
            ledger = Ledger(30)
            async with connected(amqp_url) as centre:
                await centre.listen(ledger.add)
                database_ = client.get_database(database)
                yield Province(centre, ledger, clock, settings, folder / "review.log", issuer, database_), vhost
            await api.remove("users", user_of(AREA, vhost))


async def _never_away(province: Province, story: Story) -> Mapping[str, Mapping[str, Any]]:
    async with review(province.settings, province.log) as url:
        deadline = await province.begins(story, url)
        back = deadline + GRACE
        left = back - AWAY_FOR
        province.clock.turn_to(deadline - HOUR)
        await province.say((left + at, event) for at, event in story.told)
        for case in story.corrected:
            await until(lambda case=case: province.hears(case, OPENED, 2), within=WITHIN)
        province.clock.turn_to(back)
        return await province.ends(story)


async def test_three_days_away_end_as_if_it_had_never_been_away(
    backends: Backends, mongo_url: str, database_name: str, tmp_path: Path, record_testsuite_property: Any
) -> None:
    story, api = _story(), api_of(backends)
    async with _province(backends, mongo_url, f"{database_name}_here", tmp_path / "here") as (province, _):
        here = await _never_away(province, story)
        announced = province.facts(story)

    async with _province(backends, mongo_url, f"{database_name}_away", tmp_path / "away") as (province, vhost):
        async with review(province.settings, province.log) as url:
            deadline = await province.begins(story, url)
        back = deadline + GRACE
        await province.say((back - AWAY_FOR + at, event) for at, event in story.told)
        province.clock.turn_to(back)

        seen: dict[str, Any] = {}

        async def told() -> bool:  # the broker counts every few seconds
            asked = await sihao("status", AREA, "--vhost", vhost, "--json", SIHAO_RABBIT_API_URL=api.url)
            [one] = json.loads(asked.stdout)
            seen.update(one, code=asked.exit_code)
            return seen["waiting"] == len(story.told)

        await until(told, within=WITHIN)
        assert seen["code"] == 1
        assert seen["line"] == "down"
        assert (seen["ends"], seen["abreast"]) == (None, False)
        assert abs(datetime.fromisoformat(seen["oldest"]) - (back - AWAY_FOR)) < timedelta(seconds=5)

        begun = time.monotonic()
        async with review(province.settings, province.log) as url:
            async with httpx2.AsyncClient(trust_env=False) as client:
                ready = (await client.get(f"{url}/readyz")).json()
            assert ready["ok"]
            assert "catching up" in {one["name"] for one in ready["checks"]}
            away = await province.ends(story)
            took = time.monotonic() - begun
            await until(lambda: _logged(province.log, "caught up"), within=WITHIN)
            await _is_abreast(province, url, vhost, api.url, tmp_path / "review.env")
        lines = [line for line in _lines(province.log) if line.get("event") == "catching up"]

    assert {case: _essence(state) for case, state in away.items()} == {c: _essence(s) for c, s in here.items()}
    assert not _differ(announced, province.facts(story))
    assert lines[0]["why"] == "backlog"
    assert lines[0]["oldest_seconds"] > (AWAY_FOR - HOUR).total_seconds() / 2
    overtaken = sum(1 for case, end in story.ends.items() if end == "withdrawn" and case not in province.facts(story))
    figures = f"{len(story.told)} waiting, {took:.1f} s, {len(story.told) / took:.0f}/s, {overtaken} overtaken"
    record_testsuite_property("away", figures)
    print(figures)  # noqa: T201 - for `make away`


async def _is_abreast(province: Province, url: str, vhost: str, api_url: str, file: Path) -> None:
    """The command says so, at the centre and at the province."""
    settings = {**province.settings, "SIHAO_PORT": url.rpartition(":")[2]}
    file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()))  # noqa: ASYNC240
    centre = await sihao("status", "--vhost", vhost, "--watch", "--every", "0.5", SIHAO_RABBIT_API_URL=api_url)
    assert centre.exit_code == 0, centre.output
    assert "已连接 / connected" in centre.stdout.splitlines()[-3]
    asked = await sihao("status", file, "--json")
    [one] = json.loads(asked.stdout)
    assert (asked.exit_code, one["line"], one["abreast"], one["dead"]) == (0, "up", True, 0)


def _essence(state: Mapping[str, Any]) -> tuple[Any, ...]:
    """A case without the times at which it was heard; one that was withdrawn has no score that counts."""
    if state["status"] == "withdrawn":
        return ("withdrawn",)
    ending = state.get("ending")
    return (state["status"], state["stage"], state["sequence"], state["revision"], ending and ending["code"])


def _differ(here: Mapping[str, Any], away: Mapping[str, Any]) -> list[Any]:
    """Cases of which something else was announced; one withdrawn before it opened is not announced at all."""
    cases = here.keys() | away.keys()
    found = [(case, here.get(case), away.get(case)) for case in cases if here.get(case) != away.get(case)]
    return [one for one in found if None not in one or not _withdrawn(one[1] or one[2])]


def _withdrawn(told: Sequence[tuple[str, ...]]) -> bool:
    return {event for event, *_ in told} == {OPENED, "case.withdrawn.v1"}


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]


async def _logged(log: Path, event: str) -> bool:
    return any(line.get("event") == event for line in _lines(log))
