"""FastStream used plainly: one subscriber per stage, models as parameters, one message at a time from end to end.

Taken from its documentation, but for what durability needs: quorum queues, `persist`, `mandatory`, confirms, and
`NACK_ON_ERROR` instead of the default policy, under which an error drops the message.
"""

import asyncio
import sys
from typing import Annotated

from faststream import AckPolicy, Context, FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue

from bench.addresses import Addresses
from bench.peers.work import WaitingWork
from bench.stages import STAGES
from shared.contracts import EVENTS as CONTRACTS
from shared.runtime.topology import EVENTS

_PREFETCH = 100


def make_app(service: str, addresses: Addresses) -> FastStream:
    """The app of one stage."""
    stage = STAGES[service]
    broker = RabbitBroker(addresses.amqp_url, default_channel=Channel(prefetch_count=_PREFETCH))
    queue = RabbitQueue(stage.queue, queue_type=QueueType.QUORUM, durable=True, routing_key=f"{stage.event.wire()}.#")
    work = WaitingWork(stage, addresses)

    @broker.subscriber(queue, EVENTS, ack_policy=AckPolicy.NACK_ON_ERROR)
    async def handle(event: stage.event, id_: Annotated[str, Context("message.message_id")]) -> None:  # type: ignore[name-defined] # the type is known when this runs
        for fact in await work(id_, event):
            await broker.publish(
                CONTRACTS[fact.type].model_validate_json(fact.body),
                exchange=EVENTS,
                routing_key=fact.routing_key,
                message_id=fact.id,
                persist=True,
                mandatory=not CONTRACTS[fact.type].may_go_unheard,
            )

    return FastStream(broker)


if __name__ == "__main__":
    asyncio.run(make_app(sys.argv[1], Addresses.given()).run())
