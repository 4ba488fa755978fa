"""`sihao province join`: whatever may be wrong is told apart, in plain words, and nothing is touched in asking."""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import Result

from dev.backends import Backends
from dev.cable import Cable
from dev.clock import TurnedClock
from dev.ports import free_port
from sihao.province import keys, topology
from sihao.province.join_file import JoinFile, load, save
from sihao.province.rights import EXCHANGE, Way, rights_of
from sihao.rabbit_api import ALL, ManagementApi, Rights, TopicPermission
from tests.integration.province import api_of, place, read_settings, review, sihao
from tests.support.authority import Authority
from tests.support.toy_bench import until

AREA = "35"
RIGHTS = rights_of(AREA, Way.DIRECT, topology.from_the_centre(AREA))
SILENT, TALKATIVE = (RIGHTS._replace(topics={EXCHANGE: TopicPermission(keys, ALL)}) for keys in ("^$", ALL))


@dataclass(frozen=True)
class Bench:
    """A province that was admitted over AMQPS, and what it needs to join."""

    api: ManagementApi
    vhost: str
    cable: Cable
    authority: Authority
    join: JoinFile
    key: Path
    environment: dict[str, str]
    directory: Path

    async def run(self, join: JoinFile | None = None, *options: str | Path, **environment: str) -> Result:
        """`sihao province join`, with what the centre sent unless something else is given."""
        path = self.directory / "join.yaml"
        save(join or self.join, path)
        words = ("--key", self.key, "--env-file", self.settings, "--room", "0", *options)
        return await sihao("join", path, *words, **{**self.environment, **environment})

    async def findings(self, join: JoinFile | None = None, **environment: str) -> dict[str, dict[str, Any]]:
        """What fails, by code. Every failure is said and has a remedy, in both languages, and exit code 1."""
        done = await self.run(join, "--json", **environment)
        told = json.loads(done.stdout)
        failures = {one["code"]: one for one in told["findings"] if one["outcome"] == "failed"}
        assert done.exit_code == (1 if failures else 0)
        assert told["passes"] is not bool(failures)
        for one in failures.values():
            for words in (one["says"], one["remedy"]):
                assert words["zh"]
                assert words["en"].isascii()
        assert self.join.secret.get_secret_value() not in done.output
        return failures

    @property
    def settings(self) -> Path:
        """Where the settings go."""
        return self.directory / "review-35.env"

    def changed(self, **changed: Any) -> JoinFile:
        """The join file, saying something else."""
        return self.join.model_copy(update=changed)


@pytest.fixture(scope="module")
async def bench(
    backends: Backends, mongo_url: str, database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Bench]:
    directory = tmp_path_factory.mktemp("join")
    authority = Authority.new(directory / "authority")
    far = urlsplit(backends.amqp_url)
    async with AsyncExitStack() as stack:
        amqp_url = await stack.enter_async_context(backends.fresh_vhost())
        api, vhost = api_of(backends), place(amqp_url)[1]
        centre = {
            "SIHAO_AREAS": "CN",
            "SIHAO_AMQP_URL": amqp_url,
            "SIHAO_MONGO_URL": mongo_url,
            "SIHAO_DATABASE": f"{database_name}_cn",
        }
        review_url = await stack.enter_async_context(review(centre, directory / "centre.log"))
        cable = await stack.enter_async_context(
            Cable(far.hostname or "", far.port or 5672, tls=authority.server("localhost"))
        )
        kid = keys.generate(directory / "35.key.pem", directory / "35.key.jwk")
        added = await sihao(
            "add", AREA, "--broker", f"amqps://localhost:{cable.port}", "--ca-file", authority.file, "--vhost", vhost,
            "--review-url", review_url, "--out", directory / "join.yaml", SIHAO_RABBIT_API_URL=api.url,
        )  # fmt: skip
        assert added.exit_code == 0, added.output
        join = load(directory / "join.yaml").model_copy(update={"keys": (kid,)})
        store = {"SIHAO_MONGO_URL": mongo_url, "SIHAO_DATABASE": f"{database_name}_35"}
        yield Bench(api, vhost, cable, authority, join, directory / "35.key.pem", store, directory)
        await api.remove("users", join.user)


async def test_when_all_is_well_the_settings_are_written_and_the_service_starts_with_them(bench: Bench) -> None:
    before = await _everything(bench)
    done = await bench.run()
    assert done.exit_code == 0, done.output
    assert "✗" not in done.stdout
    assert await _everything(bench) == before, "asking changed something"
    assert stat.S_IMODE(bench.settings.stat().st_mode) == 0o600
    settings = read_settings(bench.settings)
    assert settings["SIHAO_AMQP_URL"].startswith("amqps://")
    assert bench.join.secret.get_secret_value() not in done.output
    async with review(settings, bench.directory / "review.log"):
        """It started: over TLS, with the province's rights."""
    assert "ACCESS_REFUSED" not in (bench.directory / "review.log").read_text()


async def _everything(bench: Bench) -> dict[str, Any]:
    found = await bench.api.get("definitions", bench.vhost)
    return {kind: sorted(map(json.dumps, rows)) for kind, rows in found.items() if isinstance(rows, list)}


async def test_asking_takes_and_leaves_no_message(bench: Bench) -> None:
    queue = bench.join.queues[1]
    sent = {"properties": {"delivery_mode": 2}, "routing_key": queue, "payload": "{}", "payload_encoding": "string"}
    await bench.api.post("exchanges", bench.vhost, "amq.default", "publish", body=sent)

    async def depths() -> dict[str, int]:
        rows = await bench.api.get("queues", bench.vhost)
        return {row["name"]: row.get("messages", 0) for row in rows}

    async def arrived() -> bool:
        return (await depths())[queue] == 1

    await until(arrived)
    assert await bench.findings() == {}
    took = {"count": 5, "ackmode": "ack_requeue_false", "encoding": "auto"}
    [message] = (await bench.api._call("POST", "queues", bench.vhost, queue, "get", body=took)).json()
    assert message["redelivered"] is False
    assert sum((await depths()).values()) in (0, 1)  # counted a moment late: ours, and none beside it


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_wrong_clock(bench: Bench, tmp_path: Path, hours: int) -> None:
    clock = TurnedClock(tmp_path / "clock.json")
    clock.turn_by(timedelta(hours=hours))
    found = await bench.findings(SIHAO_CLOCK_FILE=str(clock.path))
    assert list(found) == ["clock"]
    assert ("快" if hours > 0 else "慢") in found["clock"]["says"]["zh"]


async def test_a_cut_link_and_a_port_where_nobody_listens(bench: Bench) -> None:
    bench.cable.cut()
    try:
        assert list(await bench.findings()) == ["broker.answer"]
    finally:
        bench.cable.mend()
    nowhere = bench.changed(broker=f"amqps://localhost:{free_port()}/{bench.vhost}")
    assert list(await bench.findings(nowhere)) == ["broker.port"]
    assert list(await bench.findings(bench.changed(broker="amqps://broker.invalid:5671/x"))) == ["broker.name"]


async def test_a_wrong_password_and_a_wrong_virtual_host(bench: Bench) -> None:
    wrong = type(bench.join.secret)("another")
    found = await bench.findings(bench.changed(secret=wrong))
    assert list(found) == ["broker.login"]
    assert "renew-password" in found["broker.login"]["remedy"]["zh"]
    elsewhere = bench.changed(broker=bench.join.broker.rpartition("/")[0] + "/elsewhere")
    assert list(await bench.findings(elsewhere)) == ["broker.vhost"]


async def test_a_certificate_of_somebody_else_for_somebody_else_or_of_another_time(
    bench: Bench, backends: Backends, tmp_path: Path
) -> None:
    stranger = Authority.new(tmp_path / "stranger", "Stranger")
    found = await bench.findings(bench.changed(ca=stranger.file.read_text()))
    assert list(found) == ["broker.certificate"]
    assert "可信的机构" in found["broker.certificate"]["says"]["zh"]
    assert "可信的机构" in (await bench.findings(bench.changed(ca="")))["broker.certificate"]["says"]["zh"]
    assert list(await bench.findings(bench.changed(ca="no certificate"))) == ["broker.ca"]
    by_address = bench.changed(broker=bench.join.broker.replace("localhost", "127.0.0.1"))
    assert "127.0.0.1" in (await bench.findings(by_address))["broker.certificate"]["says"]["zh"]
    far = urlsplit(backends.amqp_url)
    host, port = far.hostname or "", far.port or 5672
    ended = bench.authority.server("localhost", ends=-timedelta(days=1))
    async with Cable(host, port, tls=ended) as cable:
        old = bench.changed(broker=f"amqps://localhost:{cable.port}/{bench.vhost}")
        assert "过期" in (await bench.findings(old))["broker.certificate"]["says"]["zh"]
    async with Cable(host, port) as cable:
        plain = bench.changed(broker=f"amqps://localhost:{cable.port}/{bench.vhost}")
        assert list(await bench.findings(plain)) == ["broker.tls"]


@pytest.mark.parametrize(
    ("rights", "code", "named"),
    [
        (SILENT, "rights.missing", "write case.opened"),
        (RIGHTS._replace(read=f"^{EXCHANGE}$"), "rights.missing", "read review.round.opened.v1.35"),
        (RIGHTS._replace(write=f"^{EXCHANGE}$"), "rights.missing", "bind application.scored.v1.35"),
        (TALKATIVE, "rights.excess", "write case.nominated.v1.37"),
        (RIGHTS._replace(read=ALL), "rights.excess", "read a queue of CN"),
        (Rights(ALL, ALL, ALL, RIGHTS.topics), "rights.excess", "configure sihao.events"),
    ],
)  # fmt: skip
async def test_rights_that_are_missing_or_too_many(bench: Bench, rights: Rights, code: str, named: str) -> None:
    await bench.api.permit(bench.vhost, bench.join.user, rights)
    try:
        found = await bench.findings()
    finally:
        await bench.api.permit(bench.vhost, bench.join.user, RIGHTS)
    assert named in found[code]["says"]["en"]
    assert f"add {AREA}" in found[code]["remedy"]["zh"]


async def test_a_queue_that_is_gone(bench: Bench) -> None:
    await bench.api.remove("queues", bench.vhost, bench.join.queues[0])
    try:
        found = await bench.findings()
        assert list(found) == ["queues"]
        assert bench.join.queues[0] in found["queues"]["says"]["zh"]
    finally:
        await topology.declare(bench.api, bench.vhost, AREA)


async def test_another_contract(bench: Bench) -> None:
    newer = bench.changed(hears=(*bench.join.hears, "application.scored.v2"))
    found = await bench.findings(newer)
    assert list(found) == ["contract.hears"]
    assert "application.scored.v2" in found["contract.hears"]["says"]["zh"]
    older = bench.changed(announces=tuple(one for one in bench.join.announces if one != "case.advanced.v1"))
    assert list(await bench.findings(older)) == ["contract.announces"]
    other = bench.changed(queues=bench.join.queues[1:])
    assert list(await bench.findings(other)) == ["contract.queues"]


async def test_a_key_that_is_not_registered_or_is_none(bench: Bench) -> None:
    assert list(await bench.findings(bench.changed(keys=("another",)))) == ["key"]
    done = await bench.run(None, "--json", "--key", bench.directory / "join.yaml")
    assert [one["code"] for one in json.loads(done.stdout)["findings"] if one["outcome"] == "failed"] == ["key"]


async def test_a_store_that_is_away_or_has_no_room(bench: Bench) -> None:
    nowhere = f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=500"
    assert list(await bench.findings(SIHAO_MONGO_URL=nowhere)) == ["store"]
    assert list(await bench.findings(SIHAO_MONGO_URL="no address")) == ["store"]
    done = await bench.run(None, "--json", "--room", "1000000")
    assert [one["code"] for one in json.loads(done.stdout)["findings"] if one["outcome"] == "failed"] == ["disk"]


async def test_whatever_fails_no_settings_are_written(bench: Bench) -> None:
    bench.settings.unlink(missing_ok=True)
    done = await bench.run(bench.changed(keys=("another",)))
    assert done.exit_code == 1
    assert "✗ " in done.stdout
    assert "→ " in done.stdout
    assert not bench.settings.exists()


async def test_what_is_no_join_file_ends_with_two(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "join.yaml"
    save(bench.join, path)
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "form": 9}))
    assert (await sihao("join", path)).exit_code == 2
    assert (await sihao("join", tmp_path / "nothing")).exit_code == 2


async def test_a_file_that_others_can_read_is_told_of(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "join.yaml"
    save(bench.join, path)
    path.chmod(0o644)
    done = await sihao("join", path, "--json", "--env-file", tmp_path / "env", **bench.environment)
    [said] = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "file"]
    assert said["outcome"] == "warning"
    assert "chmod 600" in said["remedy"]["zh"]
