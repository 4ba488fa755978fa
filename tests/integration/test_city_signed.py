"""A city's own round in its province's service, signed: all that the city says is under the province's key.

Then an honour is revoked and its distinction goes with it, and what was put aside is replayed with the rights of a
province, which may write to no queue.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from demo.stand import CENTRE_SERVICES, FUJIAN, SERVICES
from dev.backends import Backends
from shared.contracts import EVENTS, ApplicationScored, HonourRevoked, province_of
from shared.contracts.ledgers import OF_LEDGERS
from shared.runtime.dead import DeadLetters
from shared.runtime.envelope import SIGNATURE, read
from shared.runtime.evidence import COLLECTION
from shared.runtime.mongo import Database
from shared.runtime.trust import kid_of, verify
from shared.runtime.trusted import KEYS
from sihao.cli import app
from tests.e2e.listener import Heard, listening
from tests.support.city import APPLYING, CITY, CODE, LINE, CityRound
from tests.support.platform import Platform, a_platform, announce
from tests.support.toy_bench import until

BEST = f"{LINE}-top10"


@dataclass(frozen=True)
class Played:
    """The round after its last act, and every event that was announced meanwhile."""

    city: CityRound
    heard: list[Heard]

    @property
    def platform(self) -> Platform:
        """Where it was played."""
        return self.city.platform

    def database(self, service: str) -> Database:
        """The store of one of the services."""
        return self.platform.stand.database(service)

    @property
    def of_the_city(self) -> list[Heard]:
        """What was announced of the city's round, but for what intake, scoring, notify and the books say."""
        return [
            one
            for one in self.heard
            if EVENTS[one.wire].source == "review" and EVENTS[one.wire] not in OF_LEDGERS and CODE in one.body.decode()
        ]


@pytest.fixture(scope="module")
async def played(backends: Backends) -> AsyncIterator[Played]:
    """Played once."""
    async with (
        a_platform(backends, "city-signed", signed=True, fujian=f"35,{CITY}") as platform,
        listening(platform.amqp_url) as heard,
    ):
        city = CityRound(platform, platform.stand.databases[FUJIAN], service=FUJIAN, layered=False)
        await city.play()
        yield Played(city, heard)


async def test_all_that_the_city_announces_lies_in_the_keys_area_and_bears_its_signature(played: Played) -> None:
    database = played.database("review")
    keys = dict(await database.find(KEYS, {}))
    database.close()
    [kid] = [kid for kid, key in keys.items() if key.area == "35"]
    said = played.of_the_city
    assert {one.wire.partition(".v")[0] for one in said} >= {"case.opened", "notice.closed", "honour.granted"}
    for one in said:
        assert kid_of(one.headers[SIGNATURE]) == kid
        event = EVENTS[one.wire].model_validate_json(one.body)
        assert province_of(event.area) == "35"
        assert one.key.startswith(f"{one.wire}.35.02")
        envelope = read(one.body, one.headers, message_id=None, message_type=None, app_id=None, timestamp=None)
        assert verify(one.body, envelope, keys).area == "35"
    others = [one for one in played.heard if one not in said and EVENTS[one.wire].source != "review"]
    assert others
    assert kid not in {kid_of(one.headers[SIGNATURE]) for one in others}


async def test_nothing_of_it_was_refused_and_the_centre_keeps_it_signed(played: Played) -> None:
    for service in SERVICES:
        database = played.database(service)
        assert await DeadLetters(database).list(all_=True, codes=("signature.", "message.")) == [], service
        kept = await database.collection(COLLECTION).count_documents({"area": "35"})
        database.close()
        assert (kept > 0) is (service in CENTRE_SERVICES), service


async def test_the_city_has_its_honours_in_the_provinces_service(played: Played) -> None:
    public = played.platform.stand.platform.public
    rows = await public.every(FUJIAN, "/honours", round=CODE)
    by_line = {line: [row for row in rows if row["line"] == line] for line in (LINE, BEST)}
    assert (len(by_line[LINE]), len(by_line[BEST])) == (APPLYING - 1, 10)


async def test_a_revoked_honour_takes_its_distinction_with_it(played: Played) -> None:
    """Register, facts, status and the public page agree; the fact says what it follows."""
    city, public = played.city, played.platform.stand.platform.public
    code = next(row["code"] for row in await public.every(FUJIAN, "/honours", round=CODE, line=BEST))
    said = {
        "round": CODE,
        "reason": {"zh": "材料不实（演示）"},
        "document": "厦演撤〔2024〕1 号",
        "cause": "false_material",
    }
    await city.post(f"/honours/{LINE}/{code}/revoke", said)

    async def both() -> bool:
        rows = [
            *await public.get(FUJIAN, f"/honours/{LINE}/{code}"),
            *await public.get(FUJIAN, f"/honours/{BEST}/{code}"),
        ]
        return [row["status"] for row in rows] == ["revoked", "revoked"]

    await until(both)

    def told() -> list[HonourRevoked]:
        facts = [one for one in played.heard if one.wire == HonourRevoked.wire()]
        return [HonourRevoked.model_validate_json(one.body) for one in facts]

    async def announced() -> bool:
        return len(told()) == 2

    await until(announced)
    first, second = told()
    assert (first.line, first.follows) == (LINE, None)
    assert (second.line, second.within, second.follows) == (BEST, LINE, first.honour)
    assert (second.document, second.cause, second.plaque_due) == (first.document, first.cause, first.plaque_due)
    for honour in (first.honour, second.honour):

        async def shown(honour: str = honour) -> bool:
            items: list[dict[str, Any]] = (await public.get("notify", f"/register.json?round={CODE}"))["items"]
            return {row["honour"]: row["status"] for row in items}.get(honour) == "revoked"

        await until(shown)


async def test_a_province_replays_its_dead_letters_without_a_right_to_write_to_its_queues(played: Played) -> None:
    platform = played.platform
    await announce(platform.amqp_url, ApplicationScored, [("garbled", b"{")], area=CITY)
    database = played.database(FUJIAN)
    letters = DeadLetters(database)

    async def parked() -> bool:
        return bool(await letters.list(codes=("unreadable",)))

    await until(parked)
    [before] = await letters.list(codes=("unreadable",))
    env = {"SIHAO_MONGO_URL": platform.stand.stores[FUJIAN], "SIHAO_DATABASE": platform.stand.databases[FUJIAN]}
    words = ["dead", "replay", "--reason", "unreadable", "--json"]
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=env)
    [after] = await letters.list(codes=("unreadable",))
    database.close()
    assert json.loads(done.stdout)["counts"] == {"unreadable": 1}
    assert (after.id, after.asked) == (before.id, None)
    assert after.at > before.at, "the service has tried it again"
