"""What the tests of a province's connection do over and over: the commands, and its review service as a process."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
from typer.testing import CliRunner, Result

from dev.backends import Backends
from dev.ports import LOOPBACK, free_port
from dev.processes import Child, answers
from sihao.cli import app
from sihao.rabbit_api import ManagementApi

_PROJECT = Path(__file__).parents[2]


async def sihao(*arguments: str | Path, **environment: str) -> Result:
    """`sihao province …`, as at a terminal with this environment and nothing else of ours."""
    known = {name: None for name in os.environ if name.startswith("SIHAO_")}
    given: dict[str, str | None] = {**known, "COLUMNS": "250", **environment}
    words = ["province", *map(str, arguments)]
    return await asyncio.to_thread(CliRunner().invoke, app, words, env=given, catch_exceptions=False)


def api_of(backends: Backends) -> ManagementApi:
    """The centre's management API."""
    if backends.api is None:
        raise RuntimeError("this test makes users: it needs the broker's management API")
    return backends.api


def place(amqp_url: str) -> tuple[str, str]:
    """The address of a broker without user and virtual host, and the virtual host."""
    parts = urlsplit(amqp_url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}", unquote(parts.path[1:])


def read_settings(env_file: Path) -> dict[str, str]:
    """The settings in a file, as a shell reads it."""
    read = re.findall(r"^(SIHAO_\w+)=(.*)$", env_file.read_text("utf-8"), re.MULTILINE)
    return {name: value.strip("'") for name, value in read}


@asynccontextmanager
async def review(settings: Mapping[str, str], log: Path, *, ready: bool = True) -> AsyncIterator[str]:
    """A review service with these settings; answers its address."""
    url = f"http://{LOOPBACK}:{free_port()}"
    common = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SIHAO_")},
        "SIHAO_OIDC_ISSUER": "http://127.0.0.1/",
        "SIHAO_OIDC_JWKS_URL": "http://127.0.0.1/jwks.json",
        "SIHAO_PORT": url.rpartition(":")[2],
        "SIHAO_SWEEP_EVERY": "0.3",
        "SIHAO_SWEEP_AGE": "1",
        "SIHAO_LOG_LEVEL": "WARNING",
    }
    command: Sequence[str] = [sys.executable, "-m", "services.review"]
    child = Child("review", command, log=log, env={**common, **settings}, cwd=_PROJECT)
    await child.start()
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            path = "startupz" if ready else "livez"
            await child.until(lambda: answers(client, f"{url}/{path}"), within=60)
        yield url
    finally:
        await child.stop()
