"""A process whose port is taken ends, whatever its libraries are doing at that moment."""

import asyncio
import socket

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from dev.ports import LOOPBACK
from shared.runtime.server import serve
from shared.runtime.settings import Settings


async def deaf(swallowed: list[str], times: int) -> None:
    """What a client library does that takes a cancellation for a failed attempt to connect."""
    while len(swallowed) < times:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            swallowed.append("cancelled")
    await asyncio.sleep(3600)


def test_a_process_whose_port_is_taken_ends_although_a_task_swallows_its_cancellation() -> None:
    swallowed: list[str] = []
    app = FastAPI()
    tasks = []

    @app.get("/")
    async def nothing() -> None:
        return None

    async def begin() -> None:
        tasks.append(asyncio.create_task(deaf(swallowed, 2)))

    app.router.on_startup.append(begin)
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        settings = Settings(
            amqp_url=SecretStr("amqp://nowhere.example/"),
            mongo_url=SecretStr("mongodb://nowhere.example/"),
            database="ending",
            oidc_issuer="http://127.0.0.1/",
            oidc_jwks_url="http://127.0.0.1/jwks.json",
            host=LOOPBACK,
            port=taken.getsockname()[1],
        )
        with pytest.raises(SystemExit) as ended:
            serve(app, settings)
    assert ended.value.code != 0
    assert len(swallowed) == 2
    assert all(task.done() for task in tasks)
