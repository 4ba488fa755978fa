"""A province with a broker of its own: shovels to the centre and back, while the link is cut again and again."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient

from dev.backends import Backends
from dev.cable import Cable
from dev.clock import TurnedClock
from dev.rabbit_api import amqp_address
from shared.contracts import ApplicationScored, CaseAdvanced, RoundOpened
from sihao.province import link
from sihao.province.join_file import load
from sihao.province.link import Own
from tests.integration.province import api_of, place, read_settings, review, sihao
from tests.support.listener import listening
from tests.support.platform import announce, example
from tests.support.toy_bench import until
from tests.support.two_brokers import ProvinceBroker, between, province_broker

__all__ = ["province_broker"]
AREA = "35"
MANY = 1500
CUTS = 3
_CODE = "51350200MJB00102XM"


@dataclass
class Linked:
    """A province that is linked to the centre."""

    centre: str
    """The centre's virtual host, with full rights."""
    home: str
    """The province's, with full rights."""
    own: Own
    cable: Cable
    settings: dict[str, str]
    """Of its review service."""
    heard: list[AbstractIncomingMessage] = field(default_factory=list)
    """Everything the centre has heard."""

    async def shovels(self) -> set[str]:
        return set((await link.states(self.own, AREA)).values())

    async def cut(self) -> None:
        self.cable.cut()
        await until(lambda: self._are({"running"}, not_=True))

    async def mend(self) -> None:
        self.cable.mend()
        await until(lambda: self._are({"running"}))

    async def _are(self, states: set[str], *, not_: bool = False) -> bool:
        return (await self.shovels() == states) is not not_

    def of(self, wire: str) -> list[AbstractIncomingMessage]:
        return [message for message in self.heard if message.type == wire]


@pytest.fixture
async def linked(
    backends: Backends, province_broker: ProvinceBroker, mongo_url: str, database_name: str, tmp_path: Path
) -> AsyncIterator[Linked]:
    """Admitted and linked, by the commands."""
    home_vhost = f"home-{database_name}"
    await province_broker.api.create_vhost(home_vhost)
    try:
        async with (
            backends.fresh_vhost() as centre,
            between(backends, province_broker) as cable,
            listening(centre) as heard,
        ):
            vhost, join = place(centre)[1], tmp_path / "join-35.yaml"
            added = await sihao(
                "add", AREA, "--broker", f"amqp://{cable.host}:{cable.port}", "--way", "linked", "--vhost", vhost,
                "--out", join,
                SIHAO_RABBIT_API_URL=api_of(backends).url,
            )  # fmt: skip
            assert added.exit_code == 0, added.output
            done = await sihao(
                "link", join, "--broker", province_broker.address, "--vhost", home_vhost,
                "--env-file", tmp_path / "review.env",
                SIHAO_RABBIT_API_URL=province_broker.api.url, SIHAO_MONGO_URL=mongo_url,
                SIHAO_DATABASE=f"{database_name}_35",
            )  # fmt: skip
            assert done.exit_code == 0, done.output
            secret = load(join).secret.get_secret_value()
            assert secret not in added.output + done.output
            home = amqp_address(province_broker.amqp_url, vhost=home_vhost)
            own, settings = Own(province_broker.api, home_vhost), read_settings(tmp_path / "review.env")
            yield Linked(centre, home, own, cable, settings, heard)
    finally:
        await province_broker.api.delete_vhost(home_vhost)


def _scores(numbers: range) -> Iterator[tuple[str, bytes]]:
    body = example(ApplicationScored).decode()
    for number in numbers:
        yield f"scored-{number}", body.replace(_CODE, f"51350200MJB{number:05}XM").encode()


async def _opened(mongo_url: str, database: str) -> dict[str, int]:
    """The cases in the province's store, and how many entries their histories have."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url)
    async with client:
        rows = client.get_database(database)["cases"].find({}, {"history": 1})
        return {str(row["_id"]): len(row["history"]) async for row in rows}


async def test_a_flow_whose_link_is_cut_again_and_again_loses_and_doubles_nothing(
    linked: Linked, mongo_url: str, tmp_path: Path, record_testsuite_property: Any
) -> None:
    clock = TurnedClock(tmp_path / "clock.json")
    clock.turn_to(datetime(2020, 10, 20, tzinfo=UTC))
    settings = {**linked.settings, "SIHAO_CLOCK_FILE": str(clock.path)}
    database = settings["SIHAO_DATABASE"]
    await announce(linked.centre, RoundOpened, [("the-round", example(RoundOpened))], area="CN")
    begun = time.monotonic()
    async with review(settings, tmp_path / "review.log"):
        for cut in range(CUTS):
            share = range(cut * MANY // CUTS, (cut + 1) * MANY // CUTS)
            flow = asyncio.create_task(announce(linked.centre, ApplicationScored, _scores(share)))
            middle = (share.start + share.stop) // 2
            await until(lambda: _holds(len(_unique(linked)) >= middle), within=120)  # noqa: B023 - awaited here
            await linked.cut()
            await flow
            await linked.mend()
        await until(lambda: _holds(len(_unique(linked)) >= MANY), within=120)
        took = time.monotonic() - begun
        await until(lambda: _all_taken(linked))

    opened = linked.of("case.opened.v1")
    cases = await _opened(mongo_url, database)
    assert len(cases) == MANY
    assert set(cases.values()) == {1}, "a case was opened twice"
    assert len(_unique(linked)) == MANY
    assert Counter(str(message.headers["ce-subject"]) for message in _once(opened)) == Counter(cases)
    again = len(opened) - MANY
    record_testsuite_property("link", f"{MANY} there and back, {CUTS} cuts, {took:.1f} s, {again} came up again")


async def _holds(it: bool) -> bool:  # noqa: FBT001
    return it


def _unique(linked: Linked) -> set[str]:
    return {str(message.message_id) for message in linked.of("case.opened.v1")}


def _once(messages: list[AbstractIncomingMessage]) -> list[AbstractIncomingMessage]:
    return list({str(message.message_id): message for message in messages}.values())


async def _all_taken(linked: Linked) -> bool:
    """Whether nothing waits on the province's broker, and nothing goes round."""
    rows = await linked.own.api.get("queues", linked.own.vhost)
    return sum(row.get("messages", 0) for row in rows) == 0


async def test_what_is_said_while_the_link_is_cut_comes_up_unchanged(linked: Linked) -> None:
    """Body, properties, CloudEvents headers, signature and trace: as a foreign program wrote them."""
    await linked.cut()
    headers = {
        "ce-specversion": "1.0", "ce-id": "one", "ce-type": "case.advanced.v1", "ce-source": "/review/35",
        "ce-time": "2020-10-20T00:00:00Z", "sihao-signature": "eyJhbGciOiJFZERTQSJ9..c2lnbmVk",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-count": 7, "x-flag": True,
    }  # fmt: skip
    body = example(CaseAdvanced) + b"\n "
    sent = aio_pika.Message(
        body, message_id="one", type="case.advanced.v1", app_id="foreign", correlation_id="case", headers=headers,
        content_type="application/json", content_encoding="utf-8", delivery_mode=2,
        timestamp=datetime(2020, 10, 20, tzinfo=UTC),
    )  # fmt: skip
    async with await aio_pika.connect(linked.home) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("sihao.events")
        await exchange.publish(sent, "case.advanced.v1.35.02")
    assert not linked.of("case.advanced.v1")
    await linked.mend()
    await until(lambda: _holds(bool(linked.of("case.advanced.v1"))))
    [came] = linked.of("case.advanced.v1")
    assert came.body == body
    assert came.headers == headers
    assert came.routing_key == "case.advanced.v1.35.02"
    for name in ("message_id", "type", "app_id", "correlation_id", "content_type", "content_encoding", "timestamp"):
        assert getattr(came, name) == getattr(sent, name), name
    assert came.delivery_mode == 2


async def test_only_its_own_events_of_its_own_area_go_up(linked: Linked) -> None:
    async with await aio_pika.connect(linked.home) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("sihao.events")
        for key in ("case.opened.v1.37.01", "application.scored.v1.35.02", "round.opened.v1.CN", "case.opened.v1.35"):
            message = aio_pika.Message(b"{}", type=key.partition(".v1.")[0] + ".v1", message_id=key)
            await exchange.publish(message, key, mandatory=False)
    await until(lambda: _holds(bool(linked.of("case.opened.v1"))))
    assert [message.routing_key for message in linked.heard] == ["case.opened.v1.35"]


async def test_a_link_repeated_changes_nothing_and_unlinking_keeps_what_waits(
    linked: Linked, province_broker: ProvinceBroker
) -> None:
    before = await linked.own.api.get("parameters", "shovel", linked.own.vhost)
    assert before
    gone = await sihao("unlink", AREA, "--vhost", linked.own.vhost, SIHAO_RABBIT_API_URL=province_broker.api.url)
    assert gone.exit_code == 0, gone.output
    assert await linked.own.api.get("parameters", "shovel", linked.own.vhost) == []
    queue = await linked.own.api.get("queues", linked.own.vhost, link.up_queue(AREA))
    assert queue["durable"]
    assert quote(linked.own.vhost)
