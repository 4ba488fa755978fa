"""Dramatiq: one actor per stage, confirmed delivery, quorum queues by a subclass of its broker (it has no setting).

One worker process per stage with threads (`BENCH_CONCURRENCY`). It acknowledges after the actor has returned.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.cli import main, make_argument_parser

from bench.addresses import Addresses
from bench.peers.work import BlockingWork
from bench.stages import STAGES, after

_ADDRESSES = Addresses.given()
_CONCURRENCY = os.environ.get("BENCH_CONCURRENCY", "8")


class QuorumBroker(RabbitmqBroker):
    """Declares quorum queues."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        return {**super()._build_queue_arguments(queue_name), "x-queue-type": "quorum"}


broker = QuorumBroker(url=_ADDRESSES.amqp_url, confirm_delivery=True)
dramatiq.set_broker(broker)


def _actor(service: str) -> None:
    stage = STAGES[service]
    following = after(stage)
    work: list[BlockingWork] = []

    @dramatiq.actor(actor_name=service, queue_name=service)
    def handle(id_: str, body: str) -> None:
        if not work:
            work.append(BlockingWork(stage, _ADDRESSES))
        for fact in work[0](id_, body):
            if following:
                broker.get_actor(following.service).send(fact.id, fact.body)


for _name in STAGES:
    _actor(_name)


@contextmanager
def sending() -> Iterator[Callable[[str, bytes], None]]:
    """A way to send the first message."""

    def send(id_: str, body: bytes) -> None:
        broker.get_actor(next(iter(STAGES))).send(id_, body.decode())

    yield send


if __name__ == "__main__":
    options = ["--processes", "1", "--threads", _CONCURRENCY, "--queues", sys.argv[1]]
    sys.exit(main(make_argument_parser().parse_args(["bench.peers.dramatiq_app", *options])))
