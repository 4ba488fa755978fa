"""Celery: one task per stage, late acknowledgement, quorum queues, confirmed publishing, no result backend.

One worker per stage, as many threads as serve it best here (`BENCH_CONCURRENCY`): the work waits for the store and the
broker more than it computes.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import Celery
from kombu import Queue

from bench.addresses import Addresses
from bench.peers.work import BlockingWork
from bench.stages import STAGES, after

_ADDRESSES = Addresses.given()
_CONCURRENCY = os.environ.get("BENCH_CONCURRENCY", "8")

app = Celery("bench", broker=_ADDRESSES.amqp_url)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue_type="quorum",
    task_queues=[Queue(name, queue_arguments={"x-queue-type": "quorum"}) for name in STAGES],
    task_routes={f"bench.{name}": {"queue": name} for name in STAGES},
    broker_transport_options={"confirm_publish": True},
    worker_prefetch_multiplier=4,
    worker_enable_remote_control=False,
)


def _task(service: str) -> None:
    stage = STAGES[service]
    following = after(stage)
    work: list[BlockingWork] = []

    @app.task(name=f"bench.{service}")
    def handle(id_: str, body: str) -> None:
        if not work:
            work.append(BlockingWork(stage, _ADDRESSES))
        for fact in work[0](id_, body):
            if following:
                app.send_task(f"bench.{following.service}", (fact.id, fact.body))


for _name in STAGES:
    _task(_name)


@contextmanager
def sending() -> Iterator[Callable[[str, bytes], None]]:
    """A way to send the first task."""

    def send(id_: str, body: bytes) -> None:
        app.send_task(f"bench.{next(iter(STAGES))}", (id_, body.decode()))

    yield send


if __name__ == "__main__":
    options = ["--pool", "threads", "--concurrency", _CONCURRENCY, "--loglevel", "ERROR"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    app.worker_main(["worker", "--queues", sys.argv[1], "--hostname", f"{sys.argv[1]}@bench", *options, *quiet])
