"""Review services as the conformance kit meets them: on a virtual host of their own, with a driver and hands."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from joserfc.jwk import KeySet, OKPKey

from conformance.centre import Sign
from conformance.hands import Hands
from conformance.run import Plan, Report, run
from conformance.signing import signer
from demo.keys import Keys
from dev.backends import Backends
from dev.clock import TurnedClock
from dev.driver import ReviewDriver
from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Child
from shared.contracts import Text
from tests.support.broken_reviews import BROKEN
from tests.support.independent_review import wired

AREA = "35"
FLOOD = int(os.environ.get("SIHAO_KIT_FLOOD", "100"))
"""Scorecards that pile up; the kit's own default is 10,000 (`make flood`)."""


@dataclass(frozen=True)
class UnderTest:
    """One service, running alone."""

    amqp_url: str
    driver: str
    keys: KeySet | None = None
    sign: Sign | None = None
    """What it asks of the centre, if anything."""
    hands: Hands | None = None
    command: Sequence[str] = ()
    """How it was started, if it has a process of its own."""
    centre_key: Path | None = None
    """The file of the key with which the centre signs, if the kit is to be told by a command."""

    def plan(self, *, patience: float = 30, flood: int = FLOOD) -> Plan:
        """A short run."""
        return Plan(
            amqp_url=self.amqp_url,
            area=AREA,
            run=f"KIT-{secrets.token_hex(2)}".upper(),
            driver=self.driver,
            keys=self.keys,
            sign=self.sign,
            hands=self.hands,
            patience=patience,
            settle=1.0,
            burst=60,
            flood=flood,
        )


async def judged(plan: Plan) -> Report:
    """A run that tells nobody how it goes."""
    return await run(plan, _silent)


def _silent(_: Text) -> None:
    """Say nothing."""


@asynccontextmanager
async def independent(backends: Backends, broken: str = "", *, own_process: bool = True) -> AsyncIterator[UnderTest]:
    """The independent implementation, sound or with one mistake; in a process that can be killed, or in ours."""
    key, port = OKPKey.generate_key("Ed25519", auto_kid=True), free_port()
    centre = OKPKey.generate_key("Ed25519", auto_kid=True)
    keys = KeySet.import_key_set({"keys": [key.as_dict(private=False)]})
    driver = f"http://{LOOPBACK}:{port}/"
    with TemporaryDirectory() as folder:
        key_file, database = Path(folder) / "key.json", f"{folder}/review.sqlite"
        key_file.write_text(json.dumps(key.as_dict(private=True)), "utf-8")
        centre_file, centre_key = Path(folder) / "centre.json", Path(folder) / "centre.pem"
        centre_file.write_text(json.dumps({"keys": [centre.as_dict(private=False)]}), "utf-8")
        centre_key.write_bytes(centre.as_pem(private=True))
        sign = signer(centre_key)
        async with backends.fresh_vhost() as amqp_url:
            if not own_process:
                _, review, wire = BROKEN[broken]
                async with _beside(wired(review, wire, AREA, database, key_file, centre_file).run(amqp_url, port)):
                    yield UnderTest(amqp_url, driver, keys, sign)
                return
            module = ["tests.support.broken_reviews", broken] if broken else ["tests.support.independent_review"]
            given = ["--amqp", amqp_url, "--area", AREA, "--database", database, "--port", str(port)]
            command = [sys.executable, "-m", *module, *given, "--key", str(key_file), "--centre", str(centre_file)]
            child = Child("independent", command, log=Path(folder) / "log")
            async with _running(child):
                yield UnderTest(amqp_url, driver, keys, sign, Killing(child), command, centre_key)


@asynccontextmanager
async def our_own(backends: Backends, database: str) -> AsyncIterator[UnderTest]:
    """Our review service, serving the province: it signs, and believes nothing that the centre has not signed."""
    url = f"http://{LOOPBACK}:{free_port()}"
    with TemporaryDirectory() as folder, Issuer() as issuer:
        clock, keys = TurnedClock(Path(folder) / "clock.json"), Keys(Path(folder))
        async with backends.fresh_vhost() as amqp_url:
            environment = {
                **os.environ,
                "SIHAO_AMQP_URL": amqp_url,
                "SIHAO_RABBIT_API_URL": "",
                "SIHAO_MONGO_URL": backends.mongo_url,
                "SIHAO_DATABASE": database,
                "SIHAO_OIDC_ISSUER": issuer.url,
                "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
                "SIHAO_PORT": url.rpartition(":")[2],
                "SIHAO_AREAS": AREA,
                "SIHAO_CLOCK_FILE": str(clock.path),
                "SIHAO_SWEEP_EVERY": "0.3",
                "SIHAO_CATCH_UP_SETTLE": "2",
                "SIHAO_SWEEP_AGE": "1",
                **keys.settings(of_centre=False),
            }
            command = [sys.executable, "-m", "services.review"]
            child = Child("review", command, log=Path(folder) / "log", env=environment)
            with ReviewDriver(
                url, lambda: issuer.token("officer", roles=["officer"], area=AREA), clock=clock
            ) as driver:
                async with _running(child):
                    yield UnderTest(
                        amqp_url,
                        driver.url,
                        _public(keys),
                        signer(Path(keys.settings(of_centre=True)["SIHAO_SIGNING_KEY"])),
                        Killing(child),
                        command,
                    )


def _public(keys: Keys) -> KeySet:
    key = OKPKey.import_key(keys.public)
    key.ensure_kid()
    return KeySet([key])


@dataclass(frozen=True)
class Killing:
    """Hands on a process."""

    process: Child

    async def stop(self) -> None:
        """As a power cut would."""
        await self.process.kill()

    async def start(self) -> None:
        """Once more."""
        await self.process.start()


@asynccontextmanager
async def _running(child: Child) -> AsyncIterator[None]:
    await child.start()
    try:
        yield
    finally:
        await child.kill()


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
