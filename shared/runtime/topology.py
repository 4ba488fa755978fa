"""What stands on the broker: one topic exchange for all facts, one quorum queue per (service, event[, jurisdiction]).

Quorum queues, because they are on disk before they confirm (RabbitMQ 4's classic queues are not). What the broker
itself would drop goes, at least once, to the service's own dead-letter queue; and from RabbitMQ 4 on the built-in
delivery limit is taken off, because a limit that counts redeliveries drops good messages after a bad minute.

How long a queue may grow is a policy on the broker, not an argument, since arguments can never be changed.

Everything is durable, declared at the start, and again when part of it is found missing. The driver declares nothing
again on reconnecting (`robust=False`): one queue without a leader would otherwise hold up the connection, and with it
the publishing to all others.

When everything stands, a mark is left beside it: an exchange to which nothing is bound, named after what was declared.
A process that begins again and finds it neither declares nor waits, and one queue without a leader holds up nobody.
"""

import hashlib
from collections.abc import Sequence

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QuorumQueueArgs

from shared.contracts.area import CENTRE
from shared.kernel.canonical import canonical_bytes
from shared.runtime.handlers import HandlerTable, Subscription

EVENTS = RabbitExchange("sihao.events", type=ExchangeType.TOPIC, durable=True, robust=False)
"""Every fact; routing key = wire name + area."""
DEAD = RabbitExchange("sihao.dead", type=ExchangeType.DIRECT, durable=True, robust=False)
"""What the broker could not deliver to the services of the centre, routed to the service's dead-letter queue."""
ARCHIVE = "sihao.archive"
"""The stream in which every fact is kept once more (`archive.py`)."""

_FORM = 2
"""To be raised when something about queues or exchanges changes that a mark does not tell."""
_NO_LIMIT_SINCE = 4
"""Major version of RabbitMQ that brought a default delivery limit."""


def dead_queue_name(table: HandlerTable) -> str:
    """Where the broker puts what it gives up for this service: `dead.review.35`."""
    return ".".join(part for part in ("dead", table.service, table.scope) if part)


def dead_exchange(table: HandlerTable) -> RabbitExchange:
    """Where the broker sends what it gives up: a province's own, since rights on a common one would reach all others.

    Topic permissions say nothing of a direct exchange: whoever may write it could fill everybody's dead letters, and
    whoever may read it could overhear them.
    """
    if table.scope in ("", CENTRE):
        return DEAD
    return RabbitExchange(dead_queue_name(table), type=ExchangeType.DIRECT, durable=True, robust=False)


def mark_of(table: HandlerTable, archived: Sequence[str]) -> str:
    """The mark of what a service declares, with what it has the archive hear: `review.stands.1f0c….35`."""
    declared = [[s.queue, *sorted(s.bindings)] for s in table]
    digest = hashlib.sha256(canonical_bytes([_FORM, sorted(declared), sorted(archived)])).hexdigest()[:16]
    return ".".join(part for part in (table.service, "stands", digest, table.scope) if part)


def event_queue(subscription: Subscription, table: HandlerTable, server_version: str) -> RabbitQueue:
    """The queue in which a service hears one event."""
    arguments: QuorumQueueArgs = {
        "x-dead-letter-exchange": dead_exchange(table).name,
        "x-dead-letter-routing-key": dead_queue_name(table),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        **_no_limit(server_version),
    }
    return RabbitQueue(
        subscription.queue,
        queue_type=QueueType.QUORUM,
        durable=True,
        robust=False,
        routing_key=subscription.bindings[0],
        arguments=arguments,
    )


def dead_queue(table: HandlerTable, server_version: str) -> RabbitQueue:
    """The service's dead-letter queue; what lands here is parked in its store with the broker's reason."""
    name = dead_queue_name(table)
    return RabbitQueue(
        name,
        queue_type=QueueType.QUORUM,
        durable=True,
        robust=False,
        routing_key=name,
        arguments=_no_limit(server_version),
    )


def _no_limit(server_version: str) -> QuorumQueueArgs:
    return {"x-delivery-limit": -1} if int(server_version.partition(".")[0]) >= _NO_LIMIT_SINCE else {}
