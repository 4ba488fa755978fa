"""Whatever is sent to any endpoint, by anybody: no error of ours, and nothing that its description does not say.

`SIHAO_FUZZ_TIMES` is how often each operation is asked; `SIHAO_FUZZ_SEED` where it starts.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dev.backends import Backends
from dev.generated.services import described
from dev.unlimited import UNLIMITED
from tests.integration.test_access import OFFICERS, TABLE, Row, fill, send
from tests.support.fuzz import Fuzz, Seed
from tests.support.one_of_each import one_of_each
from tests.support.platform import Platform, a_platform
from tests.support.profile import Profile, profiled

TIMES = int(os.environ.get("SIHAO_FUZZ_TIMES", "8"))
START = int(os.environ.get("SIHAO_FUZZ_SEED", "20261125"))
SERVICES = {service.name: service.app.openapi() for service in described()}
OPERATIONS = [
    pytest.param(service, method, path, id=f"{service}: {method.upper()} {path}")
    for service, description in SERVICES.items()
    for path, item in description["paths"].items()
    for method in item
]


@dataclass(frozen=True)
class Ground:
    """A platform of our own: what it holds afterwards is of use to nobody."""

    platform: Platform
    profile: Profile
    documents: Mapping[str, Any]
    """One of each kind."""
    callers: Sequence[str | None]
    """A token of every role, of everywhere, one that is none, and nobody."""


@pytest.fixture(scope="module")
async def ground(backends: Backends) -> AsyncIterator[Ground]:
    async with (
        a_platform(backends, "fuzz", SIHAO_LOG_LEVEL="WARNING", **UNLIMITED) as platform,
        profiled(backends.mongo_url, platform.stand.databases) as profile,
    ):
        documents = await one_of_each(platform, spare=["one"])
        callers = [
            platform.token("secretary", chamber=documents["code"]),
            *(platform.token("officer", area=area) for area in OFFICERS[:3]),
            platform.token("expert", sub="expert-1"),
            platform.token("operator"),
            "not-a-token",
            None,
        ]
        yield Ground(platform, profile, documents, callers)


@pytest.mark.parametrize(("service", "method", "path"), OPERATIONS)
async def test_nothing_that_is_sent_breaks_it(service: str, method: str, path: str, ground: Ground) -> None:
    rows = [row for row in TABLE if row.service == service and row.endpoint == f"{method.upper()} {path}"]
    fuzz = Fuzz(SERVICES[service], ground.platform.stand.platform.services[service], ground.callers)
    seeds = [_seed(row, ground.documents) for row in rows]
    await asyncio.to_thread(fuzz.explore, method, path, seeds, times=TIMES, start=START)


@pytest.mark.parametrize("service", ["intake", "scoring", "review", "review-35", "notify"])
async def test_everything_that_can_be_read_is_read(service: str, ground: Ground) -> None:
    """Pages and feeds, too, which no description lists."""
    rows = [row for row in TABLE if row.service == service and row.method == "GET"]
    asked = [(row, token) for row in rows for token in ground.callers]
    answers = [await send(ground.platform, row, ground.documents, "one", token) for row, token in asked]
    assert [answer.url for answer in answers if answer.is_server_error] == []


async def test_what_was_accepted_can_be_heard_by_all(ground: Ground) -> None:
    """No service put a message of another aside; no background task stumbled."""
    for service in ground.platform.stand.platform.services:
        metrics = (await ground.platform.call("GET", service, "/metrics")).text
        samples = [line for line in metrics.splitlines() if line.startswith("sihao_dead_letters ")]
        assert samples == ["sihao_dead_letters 0.0"], service
    assert [line for line in ground.platform.log_lines() if line["level"] in {"error", "critical"}] == []


async def test_every_query_finds_its_way_by_an_index(ground: Ground) -> None:
    wasteful = sorted(await ground.profile.wasteful())
    assert not wasteful, "\n".join(wasteful)


def _seed(row: Row, documents: Mapping[str, Any]) -> Seed:
    known = {**documents, "caller": "one"}
    path = str(fill(row.path, known) or row.template).partition("?")[0]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(row.template.replace(":path", "")))
    found = re.fullmatch(pattern, path)
    assert found, (pattern, path)
    return Seed(found.groupdict(), fill(row.body, known) if row.body is not None else None)
