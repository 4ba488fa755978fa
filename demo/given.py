"""A platform that is there already: the round finds it at given addresses, and stops nothing of it.

The round is its token issuer, its mail server and the hand on its clock; `deploy/compose/round.yml` is the example.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2

from demo.api import connected, until
from demo.data import Scenario
from demo.stand import SERVICES, Stand
from dev.clock import TurnedClock
from dev.issuer import Issuer
from dev.mail_sink import MailSink
from dev.processes import Processes, answers
from shared.contracts import text

ADDRESSES, STORES, DATABASES = "SIHAO_DEMO_SERVICES", "SIHAO_DEMO_STORES", "SIHAO_DEMO_DATABASES"
"""JSON objects by service: where it answers, where its store is, what its database is called."""
ISSUER_PORT, MAIL_PORT = 8000, 1025
EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside its container
PATIENCE = 600.0
"""Seconds without progress until all services are at work: images may have to be loaded, a province to be admitted."""
RETRIES = 8
"""Times that a connection is tried again, over a minute in all: services may be started again meanwhile."""


def _told(name: str) -> Mapping[str, str]:
    return dict(json.loads(os.environ[name]))


@asynccontextmanager
async def given(clock_folder: Path, scenario: Scenario) -> AsyncIterator[Stand]:
    """The platform that the environment names, once it is at work."""
    async with AsyncExitStack() as stack:
        clock = TurnedClock(clock_folder / "clock.json")
        clock.turn_to(scenario.now)
        clock.path.chmod(0o644)
        urls = _told(ADDRESSES)
        issuer = stack.enter_context(Issuer(port=ISSUER_PORT, host=EVERYWHERE, url=os.environ["SIHAO_OIDC_ISSUER"]))
        mails = await stack.enter_async_context(MailSink(MAIL_PORT, host=EVERYWHERE))
        platform = await stack.enter_async_context(connected(urls, issuer, retries=RETRIES))

        async def asleep() -> list[str]:
            async with httpx2.AsyncClient(trust_env=False) as client:
                return [name for name in SERVICES if not await answers(client, f"{urls[name]}/startupz")]

        await until(text("等待各项服务就绪", "all services are at work"), asleep, patience=PATIENCE)
        yield Stand(
            platform, clock, issuer, mails, Processes(clock_folder), "", "", {}, _told(STORES), _told(DATABASES)
        )
