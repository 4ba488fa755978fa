"""`docs/province-guide.md`: every command in it, in its order, on real brokers, a real store and a real centre."""

import asyncio
import os
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aio_pika
import httpx2
import pytest
from joserfc.jwk import OKPKey
from pymongo import AsyncMongoClient

from dev.backends import Backends
from dev.cable import Cable
from dev.issuer import Issuer
from dev.ports import free_port
from dev.processes import Child, answers
from sihao.province import keys
from sihao.province.rights import user_of
from tests.integration.province import api_of, place, review
from tests.support.authority import Authority
from tests.support.toy_bench import until
from tests.support.two_brokers import ProvinceBroker, opened

PROJECT = Path(__file__).parents[2]
GUIDE = PROJECT / "docs" / "province-guide.md"
_AT_ONCE = {"SIHAO_SWEEP_EVERY": "0.3", "SIHAO_RECONCILE_EVERY": "0.5"}
_PAPERS = ("hand-over", "receipt", "release")
_BLOCK = re.compile(r"^```(\w+) (.+?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A piece of the guide that somebody types."""

    kind: str
    """`sh`, or `ini` for a file."""
    where: str
    """`centre` or `province`."""
    rest: str
    """`service` for what goes on running; a file's name."""
    text: str


def blocks() -> Iterator[Block]:
    """Of the whole guide, in order."""
    for kind, info, text in _BLOCK.findall(GUIDE.read_text("utf-8")):
        where, _, rest = info.partition(" ")
        yield Block(kind, where, rest, text)


def test_no_command_of_the_guide_is_left_out() -> None:
    fences = re.findall(r"^```(.+)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert len(list(blocks())) == len(fences) > 15
    for block in blocks():
        assert block.kind in ("sh", "ini")
        assert block.where in ("centre", "province")
        assert (block.kind == "ini") == block.rest.endswith(".env")


@dataclass
class Town:
    """A desk at the centre and one in the province, each a directory with a shell."""

    directory: Path
    said: Mapping[str, str]
    """What stands in the guide, and what it is here."""
    port: int
    """Of the province's review service."""
    database: str
    secrets: list[str]
    """What no output may say."""
    running: Child | None = None
    carried: set[str] = field(default_factory=set)
    """Papers of a move that were handed to the other side."""

    def desk(self, where: str) -> Path:
        """Its directory."""
        return self.directory / where

    def here(self, text: str) -> str:
        """A block with our addresses."""
        examples = "|".join(map(re.escape, sorted(self.said, key=len, reverse=True)))
        return re.sub(examples, lambda found: self.said[found[0]], text)

    async def do(self, block: Block) -> None:
        """Type it."""
        text = self.here(block.text)
        if block.kind == "ini":
            (self.desk(block.where) / block.rest).write_text(text)
        elif block.rest == "service":
            await self._serve(block.where, text)
        else:
            await self._type(block.where, text)

    async def _type(self, where: str, text: str) -> None:
        desk = self.desk(where)
        script = f"set -euo pipefail\n[ ! -e .shell ] || . ./.shell\n{text}\nexport -p > .shell\n"
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            script,
            cwd=desk,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await shell.communicate()
        assert shell.returncode == 0, f"{text}\n{out.decode()}"
        for secret in self.secrets:
            assert secret not in out.decode()
        self._hand_over()

    async def _serve(self, where: str, text: str) -> None:
        await self.stop()
        log = self.desk(where) / "review.log"
        env = {**self._environment(), "SIHAO_PORT": str(self.port), **_AT_ONCE}
        python = shlex.quote(sys.executable)
        script = "set -eu\n" + text.replace(f"\n{python}", f"\nexec {python}")
        self.running = Child("review-35", ["bash", "-c", script], log=log, env=env, cwd=self.desk(where))
        await self.running.start()
        async with httpx2.AsyncClient(trust_env=False) as client:
            url = f"http://127.0.0.1:{self.port}/startupz"
            await self.running.until(lambda: answers(client, url), within=60)

    def _hand_over(self) -> None:
        """What people send each other: public keys to the centre, the newest join file to the province."""
        for public in self.desk("province").glob("*.jwk"):
            shutil.copy(public, self.desk("centre"))
        for join in self.desk("centre").glob("join-*.yaml"):
            sent = join.with_name(f".sent-{join.name}")
            if not sent.exists() or sent.read_bytes() != join.read_bytes():
                shutil.copy(join, sent)
                shutil.copy(join, self.desk("province"))
                self.secrets.append(re.findall(r"^secret: (\S+)", join.read_text(), re.MULTILINE)[0])
        for paper in _PAPERS:
            for sender, addressee in (("centre", "province"), ("province", "centre")):
                for file in self.desk(sender).glob(f"*.{paper}"):
                    if file.name not in self.carried:
                        self.carried.add(file.name)
                        shutil.copy(file, self.desk(addressee))

    async def stop(self) -> None:
        """End the province's service."""
        if self.running:
            await self.running.stop()
            self.running = None

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("SIHAO_")}
        return {**own, "PYTHONPATH": str(PROJECT), "COLUMNS": "200"}

    async def knows(self, mongo_url: str, kid: str) -> bool:
        """Whether the province's service has heard, from the centre and signed, that this key counts."""
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url)
        async with client:
            return await client.get_database(self.database)["keys"].find_one({"_id": kid}) is not None


@pytest.fixture(scope="module")
async def home() -> AsyncIterator[ProvinceBroker]:
    """The province's broker, on this machine: the guide enables its plugins and names it a file."""
    async with opened(here=True) as broker:
        yield broker


@pytest.fixture
async def town(
    backends: Backends, home: ProvinceBroker, mongo_url: str, database_name: str, tmp_path: Path
) -> AsyncIterator[Town]:
    for desk in ("centre", "province"):
        (tmp_path / desk).mkdir()
    authority = Authority.new(tmp_path / "authority")
    shutil.copy(authority.file, tmp_path / "centre" / "ca.pem")
    (tmp_path / "centre.key.pem").write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    far, port, api = urlsplit(backends.amqp_url), free_port(), api_of(backends)
    home_vhost = f"home-{database_name}"
    async with AsyncExitStack() as stack:
        amqp_url = await stack.enter_async_context(backends.fresh_vhost())
        vhost = place(amqp_url)[1]
        await home.api.create_vhost(home_vhost)
        stack.push_async_callback(home.api.delete_vhost, home_vhost)
        issuer = stack.enter_context(Issuer())
        await _listen(amqp_url)
        centre = {
            "SIHAO_AREAS": "CN,37",
            "SIHAO_AMQP_URL": amqp_url,
            "SIHAO_MONGO_URL": mongo_url,
            "SIHAO_DATABASE": f"{database_name}_cn",
            "SIHAO_SIGNING_KEY": str(tmp_path / "centre.key.pem"),
            "SIHAO_OIDC_ISSUER": issuer.url,
            "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
            **_AT_ONCE,
        }
        review_url = await stack.enter_async_context(review(centre, tmp_path / "centre.log"))
        cable = await stack.enter_async_context(
            Cable(far.hostname or "", far.port or 5672, tls=authority.server("localhost"))
        )
        said = {
            "https://admin:secret@broker.example.cn:15671": api.url,
            "http://home-admin:secret@127.0.0.1:15672": home.api.url,
            "a token of an operator": issuer.token("operator", roles=["operator"], area="CN"),
            "amqps://broker.example.cn:5671": f"amqps://localhost:{cable.port}",
            "https://review.example.cn": review_url,
            "--vhost sihao": f"--vhost {vhost}",
            "--vhost home": f"--vhost {home_vhost}",
            "amqp://127.0.0.1:5672": home.address,
            "mongodb://mongo.example.cn:27017/?replicaSet=rs0": mongo_url,
            "sihao_review_35": f"{database_name}_35",
            "sihao_review_37": f"{database_name}_37",
            "sihao_review_cn": f"{database_name}_cn",
            "mongodb://mongo.centre.example.cn:27017/?replicaSet=rs0": mongo_url,
            "amqps://review:secret@broker.example.cn:5671/sihao": amqp_url,
            "/etc/sihao/centre.key.pem": str(tmp_path / "centre.key.pem"),
            "https://login.example.cn/jwks.json": issuer.jwks_url,
            "https://login.example.cn": issuer.url,
            "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
            ".venv/bin/sihao": f"{shlex.quote(sys.executable)} -m sihao",
            ".venv/bin/python": shlex.quote(sys.executable),
            "rabbitmq-plugins": home.plugins,
            "province join ": "province join --room 0 ",  # the disk of whoever tests
        }
        made = Town(tmp_path, said, port, f"{database_name}_35", [urlsplit(api.url).password or "?"])
        stack.push_async_callback(made.stop)
        yield made
        await api.remove("users", user_of("35", vhost))


async def _listen(amqp_url: str) -> None:
    """The centre's other services, as far as the broker can tell: a queue that hears everything."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("sihao.events", "topic", durable=True)
        queue = await channel.declare_queue("the-centre", durable=True)
        await queue.bind(exchange, "#")


async def test_whoever_follows_the_guide_is_connected(town: Town, mongo_url: str, home: ProvinceBroker) -> None:
    services = 0
    for block in blocks():
        if "renew-password 35 --way linked" in block.text or "confirm 37-back" in block.text:
            await town.stop()
        await town.do(block)
        if block.rest == "service":
            services += 1
            first = keys.key_id(keys.own_key(town.desk("province") / "35.key.pem"))
            await until(lambda kid=first: town.knows(mongo_url, kid))
        if "35-new.key.jwk" in block.text:
            second = keys.key_id(keys.own_key(town.desk("province") / "35-new.key.pem"))
            await until(lambda kid=second: town.knows(mongo_url, kid))  # down the shovel, signed
    assert services == 3
    assert not [file for desk in ("centre", "province") for file in town.desk(desk).glob("37*.hand-over")]
    assert not await home.api.get("parameters", "shovel")
    for told in ("centre.env", "province.env", "broker.env"):
        [desk] = [where for where in ("centre", "province") if (town.desk(where) / told).exists()]
        assert (town.desk(desk) / told).stat().st_mode & 0o077 == 0
