"""`sihao province add|list|show|renew-password|remove` on a real broker: what stands, and what can be mended."""

import json
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result
from yarl import URL

from dev.backends import Backends
from shared.runtime.probe import LoginRefused, probing
from sihao.province import topology
from sihao.province.join_file import JoinFile, load
from sihao.province.rights import Way, rights_of, user_of
from sihao.rabbit_api import ALL, ManagementApi, Rights
from tests.integration.province import api_of, place, review, sihao
from tests.support.toy_bench import until

AREA = "35"


@dataclass(frozen=True)
class Bench:
    """A virtual host of the centre, and a terminal there."""

    api: ManagementApi
    broker: str
    vhost: str
    directory: Path

    @property
    def path(self) -> Path:
        """Of the join file."""
        return self.directory / "join.yaml"

    @property
    def user(self) -> str:
        """The province's."""
        return user_of(AREA, self.vhost)

    async def run(self, command: str, *words: str | Path, api_url: str = "") -> Result:
        """One command, on this virtual host."""
        return await sihao(command, *words, "--vhost", self.vhost, SIHAO_RABBIT_API_URL=api_url or self.api.url)

    async def add(self, *options: str | Path) -> JoinFile:
        """Admit, or admit again; answers what the join file then says."""
        done = await self.run("add", AREA, "--broker", self.broker, "--out", self.path, *options)
        assert done.exit_code == 0, done.output
        join = load(self.path)
        assert join.secret.get_secret_value() not in done.output
        return join

    async def shown(self) -> tuple[int, dict[str, Any]]:
        """The exit code of `show`, and what it says."""
        done = await self.run("show", AREA, "--json")
        return done.exit_code, json.loads(done.stdout)

    async def lets_in(self, join: JoinFile) -> bool:
        """Whether the broker takes what this file says."""
        try:
            async with probing(join.amqp_url()):
                return True
        except LoginRefused:
            return False


@pytest.fixture
async def bench(backends: Backends, tmp_path: Path) -> AsyncIterator[Bench]:
    async with backends.fresh_vhost() as amqp_url:
        broker, vhost = place(amqp_url)
        made = Bench(api_of(backends), broker, vhost, tmp_path)
        yield made
        await made.api.remove("users", made.user)


async def test_a_province_is_admitted_with_the_least_rights_and_a_private_join_file(bench: Bench) -> None:
    join = await bench.add()
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600
    assert (join.area, join.way, join.user, join.broker) == (
        AREA,
        Way.DIRECT,
        bench.user,
        f"{bench.broker}/{bench.vhost}",
    )
    assert await bench.lets_in(join)
    rights = rights_of(AREA, Way.DIRECT, topology.from_the_centre(AREA))
    given = await bench.api.get("permissions", bench.vhost, bench.user)
    assert (given["configure"], given["write"], given["read"]) == rights[:3]
    assert (await bench.api.get("users", bench.user))["tags"] in ([], "")
    queues = {row["name"]: row for row in await bench.api.get("queues", bench.vhost)}
    assert set(queues) == set(join.queues) == set(topology.queues_of(AREA))
    assert all(row["durable"] and row["arguments"]["x-queue-type"] == "quorum" for row in queues.values())
    assert await bench.api.find("operator-policies", bench.vhost, "sihao-length")
    code, told = await bench.shown()
    assert (code, told["sound"], told["way"], told["missing"]) == (0, True, "direct", [])
    listed = json.loads((await bench.run("list", "--json")).stdout)
    assert [one["area"] for one in listed] == [AREA]


async def test_what_stands_is_what_the_service_itself_declares(
    bench: Bench, mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    """It finds the mark, and neither declares nor needs a right to."""
    join = await bench.add()
    before = await bench.api.get("definitions", bench.vhost)
    settings = {
        "SIHAO_AREAS": AREA,
        "SIHAO_AMQP_URL": join.amqp_url(),
        "SIHAO_MONGO_URL": mongo_url,
        "SIHAO_DATABASE": f"{database_name}_{bench.vhost[-4:]}",
    }
    async with review(settings, tmp_path / "review.log"):
        after = await bench.api.get("definitions", bench.vhost)
        for kind in ("queues", "exchanges", "bindings"):
            assert _sorted(after[kind]) == _sorted(before[kind]), kind

        async def counted() -> bool:  # a moment late
            return int((await bench.shown())[1]["connections"]) >= 2

        await until(counted)
    assert "ACCESS_REFUSED" not in (tmp_path / "review.log").read_text()


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


async def test_the_service_declares_again_what_it_may_and_is_not_refused(
    bench: Bench, mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    """A queue and the mark are gone: it puts back its own, without a right on the common exchange."""
    join = await bench.add()
    before = await bench.api.get("definitions", bench.vhost)
    await topology.unmark(bench.api, bench.vhost, AREA)
    for queue in join.queues:
        await bench.api.remove("queues", bench.vhost, queue)
    settings = {
        "SIHAO_AREAS": AREA,
        "SIHAO_AMQP_URL": join.amqp_url(),
        "SIHAO_MONGO_URL": mongo_url,
        "SIHAO_DATABASE": f"{database_name}_{bench.vhost[-4:]}",
    }
    async with review(settings, tmp_path / "review.log"):
        after = await bench.api.get("definitions", bench.vhost)
        for kind in ("queues", "exchanges", "bindings"):
            assert _sorted(after[kind]) == _sorted(before[kind]), kind


async def test_repeating_it_keeps_the_password_and_mends_what_was_changed(bench: Bench) -> None:
    first = await bench.add()
    await bench.api.permit(bench.vhost, bench.user, Rights(ALL, ALL, ALL))
    await bench.api.remove("queues", bench.vhost, first.queues[0])
    code, told = await bench.shown()
    assert (code, told["way"]) == (1, None)
    again = await bench.add()
    assert again.secret == first.secret
    assert await bench.lets_in(first)
    assert (await bench.shown())[0] == 0

    bench.path.unlink()
    done = await bench.run("add", AREA, "--broker", bench.broker, "--out", bench.path)
    assert done.exit_code == 0, done.output
    assert "密码未变" in done.stdout
    assert not bench.path.exists()
    assert await bench.lets_in(first)


async def test_a_renewed_password_ends_the_old_one_and_its_connections(bench: Bench) -> None:
    first = await bench.add()
    async with probing(first.amqp_url()) as probe:
        assert await probe.depth(first.queues[0]) == 0
        await _until_counted(bench)
        done = await bench.run("renew-password", AREA, "--broker", bench.broker, "--out", bench.path)
        assert done.exit_code == 0, done.output
        with pytest.raises((ConnectionError, RuntimeError)):
            await probe.depth(first.queues[0])
    second = load(bench.path)
    assert second.secret != first.secret
    assert second.secret.get_secret_value() not in done.output
    assert await bench.lets_in(second)
    assert not await bench.lets_in(first)


async def _until_counted(bench: Bench) -> None:
    """The management API counts connections a moment late."""

    async def counted() -> bool:
        return any(row.get("user") == bench.user for row in await bench.api.get("connections"))

    await until(counted)


async def test_the_other_way_of_connecting_has_other_queues_and_rights(bench: Bench) -> None:
    await bench.add()
    linked = await bench.add("--way", "linked")
    assert set(linked.queues) == set(topology.from_the_centre(AREA))
    queues = {row["name"] for row in await bench.api.get("queues", bench.vhost)}
    assert queues == {*linked.queues, f"dead.review.{AREA}"}, "what nobody fetches would fill"
    assert (await bench.shown())[1]["way"] == "linked"
    assert (await bench.add()).way is Way.LINKED, "repeated without --way it stays as it is"
    direct = await bench.add("--way", "direct")
    assert set(direct.queues) == set(topology.queues_of(AREA))
    assert (await bench.shown())[0] == 0


async def test_whoever_leaves_is_let_in_no_more_and_loses_no_message(bench: Bench) -> None:
    join = await bench.add()
    held = join.queues[0]
    told = {"properties": {"delivery_mode": 2}, "routing_key": held, "payload": "{}", "payload_encoding": "string"}
    await bench.api.post("exchanges", bench.vhost, "amq.default", "publish", body=told)

    async def arrived() -> bool:
        return bool((await bench.api.get("queues", bench.vhost, held)).get("messages"))

    await until(arrived)
    done = await bench.run("remove", AREA, "--queues")
    assert done.exit_code == 0, done.output
    assert held in done.stderr
    assert not await bench.lets_in(join)
    assert [row["name"] for row in await bench.api.get("queues", bench.vhost)] == [held]
    assert (await bench.run("remove", AREA)).exit_code == 2
    assert (await bench.run("show", AREA)).exit_code == 2
    assert json.loads((await bench.run("list", "--json")).stdout) == []


async def test_who_is_no_administrator_is_told_so(bench: Bench) -> None:
    join = await bench.add()
    url = URL(bench.api.url).with_user(join.user).with_password(join.secret.get_secret_value())
    done = await bench.run("add", "37", "--broker", bench.broker, "--out", bench.directory / "37", api_url=str(url))
    assert done.exit_code == 2
    assert "账号权限不足 / refused" in done.stderr
    assert not (bench.directory / "37").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "3502", "--broker", "amqps://broker:5671"), "不是省级地区代码"),
        (("add", "35", "--broker", "amqps://user:secret@broker:5671"), "不含账号"),
        (("add", "35", "--broker", "https://broker"), "不含账号"),
    ],
)
async def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], said: str) -> None:
    done = await sihao(*words, SIHAO_RABBIT_API_URL="http://admin:secret@127.0.0.1:1")
    assert done.exit_code == 2
    assert said in done.stderr
    assert "secret@" not in done.stderr.replace("user:secret@broker", "")


async def test_a_broker_that_does_not_answer_is_told_of() -> None:
    done = await sihao("list", SIHAO_RABBIT_API_URL="http://admin:hidden@127.0.0.1:1")
    assert done.exit_code == 2
    assert "接口没有应答" in done.stderr
    assert "hidden" not in done.output
    assert "SIHAO_RABBIT_API_URL" in (await sihao("list")).stderr
