"""A foreign client: writes and reads the platform's events with plain pika, and knows nothing of our code."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pika

EXCHANGE = "sihao.events"


def publish(url: str, event: str, body: bytes, *, source: str, subject: str, event_id: str | None = None) -> str:
    """Publish one event and wait for the broker's confirm; answers its id, to be repeated when in doubt.

    Raises:
        pika.exceptions.UnroutableError: nobody listens to this event for this area.
    """
    area = json.loads(body)["area"]
    words = area if area == "CN" else ".".join(area[i : i + 2] for i in range(0, len(area), 2))
    event_id = event_id or str(uuid.uuid4())
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": event,
        "ce-source": source,
        "ce-subject": subject,
        "ce-time": datetime.now(UTC).isoformat(),
    }
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=2, message_id=event_id, type=event, headers=headers
    )
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(EXCHANGE, f"{event}.{words}", body, properties, mandatory=True)
    return event_id


def listen(url: str, binding: str, *, queue: str, limit: int, patience: float = 5) -> dict[str, dict[str, Any]]:
    """Take up to `limit` events from a durable queue of one's own; answers their bodies by event id."""
    heard: dict[str, dict[str, Any]] = {}
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(queue, EXCHANGE, routing_key=binding)
        for method, properties, body in channel.consume(queue, inactivity_timeout=patience):
            if method is None:
                break
            heard.setdefault(properties.message_id, json.loads(body))  # the same id again is a repeat
            channel.basic_ack(method.delivery_tag)  # only now: what was heard is safe here
            if len(heard) == limit:
                break
        channel.cancel()
    return heard
