"""`sihao limit`: the policy stands on the broker, can be changed, and takes an administrator."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner, Result
from yarl import URL

from dev.backends import Backends
from dev.rabbit_api import RabbitApi
from sihao.cli import app


@pytest.fixture
def api(backends: Backends) -> RabbitApi:
    if backends.api is None:
        raise RuntimeError("this test sets a policy: it needs the broker's management API")
    return backends.api


@pytest.fixture
async def vhost(backends: Backends) -> AsyncIterator[str]:
    async with backends.fresh_vhost() as amqp_url:
        yield amqp_url.rpartition("/")[2]


async def limit(api_url: str, *arguments: str) -> Result:
    environment = {"SIHAO_RABBIT_API_URL": api_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, ["limit", *arguments], env=environment)


async def test_the_limit_stands_for_the_services_queues_and_can_be_changed(api: RabbitApi, vhost: str) -> None:
    first = await limit(api.url, "--vhost", vhost)
    assert first.exit_code == 0, first.output
    assert "1000000" in first.stdout
    again = await limit(api.url, "--vhost", vhost, "--messages", "5000")
    assert again.exit_code == 0, again.output
    [policy] = await api.get("operator-policies", vhost)
    assert policy["definition"] == {"max-length": 5000}
    assert policy["apply-to"] == "queues"
    assert policy["pattern"] == r"^(intake|scoring|review|notify)\."


async def test_who_is_no_administrator_is_told_so(api: RabbitApi, vhost: str) -> None:
    password = await api.create_user(f"{vhost}-plain", vhost=vhost)
    try:
        result = await limit(str(URL(api.url).with_user(f"{vhost}-plain").with_password(password)), "--vhost", vhost)
    finally:
        await api.delete_user(f"{vhost}-plain")
    assert result.exit_code == 2
    assert "须用管理员账号 / refused" in result.stderr


async def test_a_broker_that_does_not_answer_is_told_of() -> None:
    result = await limit("http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "没有应答" in result.stderr
