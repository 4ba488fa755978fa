"""TaskIQ over aio-pika: one task per stage, acknowledged when done, quorum queues. Its publishing is always confirmed.

One worker process per stage, up to `BENCH_CONCURRENCY` tasks at a time on its event loop.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from taskiq import TaskiqEvents, TaskiqState
from taskiq.acks import AcknowledgeType
from taskiq.cli.worker.cmd import WorkerCMD
from taskiq_aio_pika import AioPikaBroker, Queue, QueueType

from bench.addresses import Addresses
from bench.peers.work import WaitingWork
from bench.stages import STAGES, after

_ADDRESSES = Addresses.given()
_CONCURRENCY = os.environ.get("BENCH_CONCURRENCY", "100")
_STAGE = os.environ.get("BENCH_STAGE", next(iter(STAGES)))


def _broker(stage: str) -> AioPikaBroker:
    """One broker per stage: each names the one queue that its worker hears."""
    return AioPikaBroker(
        _ADDRESSES.amqp_url, qos=int(_CONCURRENCY), task_queues=[Queue(name=stage, type=QueueType.QUORUM)]
    )


brokers = {name: _broker(name) for name in STAGES}
broker = brokers[_STAGE]
"""The worker's."""


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_work(state: TaskiqState) -> None:
    """Connect to the store, and to where the next step is sent."""
    stage = STAGES[_STAGE]
    state.work = WaitingWork(stage, _ADDRESSES)
    if following := after(stage):
        await brokers[following.service].startup()


def _task(service: str) -> Any:
    following = after(STAGES[service])

    @brokers[service].task(task_name=service)
    async def handle(id_: str, body: str) -> None:
        for fact in await broker.state.work.of_json(id_, body):
            if following:
                await tasks[following.service].kiq(fact.id, fact.body)

    return handle


tasks = {name: _task(name) for name in STAGES}


@contextmanager
def sending() -> Iterator[Callable[[str, bytes], None]]:
    """A way to send the first task."""
    with asyncio.Runner() as runner:
        runner.run(broker.startup())
        yield lambda id_, body: runner.run(_kick(id_, body))
        runner.run(broker.shutdown())


async def _kick(id_: str, body: bytes) -> None:
    await tasks[next(iter(STAGES))].kiq(id_, body.decode())


if __name__ == "__main__":
    os.environ["BENCH_STAGE"] = sys.argv[1]
    options = ["--workers", "1", "--max-async-tasks", _CONCURRENCY, "--log-level", "ERROR"]
    options += ["--ack-type", AcknowledgeType.WHEN_EXECUTED.name.lower()]
    sys.exit(WorkerCMD().exec(["bench.peers.taskiq_app:broker", *options]))
