"""Review services as the conformance kit meets them: on a virtual host of their own, with a driver and hands."""

import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from joserfc.jwk import KeySet, OKPKey

from conformance.run import Plan, Report, run
from dev.backends import Backends
from dev.clock import TurnedClock
from dev.driver import ReviewDriver
from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Child
from dev.runs import run_directory
from shared.contracts import Text

AREA = "35"


@dataclass(frozen=True)
class UnderTest:
    """One service, running alone."""

    amqp_url: str
    driver: str
    keys: KeySet | None
    process: Child

    async def stop(self) -> None:
        """As a power cut would."""
        await self.process.kill()

    async def start(self) -> None:
        """Once more."""
        await self.process.start()

    def plan(self, *, hands: bool = True, patience: float = 30, settle: float = 1.0) -> Plan:
        """A short run."""
        return Plan(
            amqp_url=self.amqp_url,
            area=AREA,
            run=f"KIT-{secrets.token_hex(2)}".upper(),
            driver=self.driver,
            keys=self.keys,
            hands=self if hands else None,
            patience=patience,
            settle=settle,
            burst=60,
            flood=150 if hands else 5,
        )


async def judged(plan: Plan) -> Report:
    """A run that tells nobody how it goes."""
    return await run(plan, _silent)


def failed(report: Report) -> set[str]:
    """The clauses that failed."""
    return {one.clause.id for one in report.of("failed")}


def _silent(_: Text) -> None:
    """Say nothing."""


@asynccontextmanager
async def independent(backends: Backends, broken: str | None = None) -> AsyncIterator[UnderTest]:
    """The independent implementation, sound or with one mistake."""
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    module = ["tests.support.broken_reviews", broken] if broken else ["tests.support.independent_review"]
    with run_directory("conformance") as directory:
        (directory / "key.json").write_text(json.dumps(key.as_dict(private=True)), "utf-8")
        async with backends.fresh_vhost() as amqp_url:
            port = free_port()
            given = {
                "amqp": amqp_url,
                "area": AREA,
                "database": str(directory / "review.sqlite"),
                "port": str(port),
                "key": str(directory / "key.json"),
            }
            command = [sys.executable, "-m", *module, *(word for n, v in given.items() for word in (f"--{n}", v))]
            keys = KeySet.import_key_set({"keys": [key.as_dict(private=False)]})
            child = Child("independent", command, log=directory / "logs" / "independent.log")
            async with _running(child):
                yield UnderTest(amqp_url, f"http://{LOOPBACK}:{port}/", keys, child)


@asynccontextmanager
async def our_own(backends: Backends, database: str) -> AsyncIterator[UnderTest]:
    """Our review service, serving the province."""
    with run_directory("conformance") as directory, Issuer() as issuer:
        clock = TurnedClock(directory / "clock.json")
        async with backends.fresh_vhost() as amqp_url:
            url = f"http://{LOOPBACK}:{free_port()}"
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
                "SIHAO_SWEEP_AGE": "1",
            }
            child = Child(
                "review", [sys.executable, "-m", "services.review"], log=directory / "logs" / "review.log", env=environment
            )
            with ReviewDriver(url, lambda: issuer.token("officer", roles=["officer"], area=AREA), clock=clock) as driver:
                async with _running(child):
                    yield UnderTest(amqp_url, driver.url, None, child)


@asynccontextmanager
async def _running(child: Child) -> AsyncIterator[None]:
    await child.start()
    try:
        yield
    finally:
        await child.kill()
