"""`sihao prepare broker` on a real broker: users with just the rights of the code, and harmless to repeat."""

import asyncio

import pytest
from typer.testing import CliRunner

from dev.backends import Backends
from sihao.cli import app
from sihao.prepare.rights import EXCHANGE, SERVICES, rights_of
from tests.integration.province import api_of, place


@pytest.fixture
def passwords() -> dict[str, str]:
    return {f"SIHAO_{name.upper()}_PASSWORD": f"secret-of-{name}" for name in SERVICES}


async def test_each_service_gets_its_user_and_its_rights(backends: Backends, passwords: dict[str, str]) -> None:
    api = api_of(backends)
    async with backends.fresh_vhost() as url:
        vhost = place(url)[1]
        try:
            for _ in range(2):
                done = await asyncio.to_thread(
                    CliRunner().invoke,
                    app,
                    ["prepare", "broker", "--vhost", vhost],
                    env={"SIHAO_RABBIT_API_URL": api.url, **passwords},
                )
                assert done.exit_code == 0, done.output
                assert not any(secret in done.output for secret in passwords.values())
            for name in SERVICES:
                given, wanted = await api.get("permissions", vhost, name), rights_of(name)
                found = (given["configure"], given["write"], given["read"])
                assert found == (wanted.configure, wanted.write, wanted.read)
                topics = await api.get("topic-permissions", vhost, name)
                assert [(one["exchange"], one["write"]) for one in topics] == [
                    (EXCHANGE, wanted.topics[EXCHANGE].write)
                ]
                assert (await api.get("users", name))["tags"] in ([], "")
        finally:
            for name in SERVICES:
                await api.remove("users", name)
