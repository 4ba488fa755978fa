"""What travels beside the body: CloudEvents attributes as AMQP headers (RabbitMQ binding, binary mode), and the trace.

The body is the contract and nothing else, so that foreign software reads it with any AMQP client. What a foreign sender
leaves out is derived: without an id, the hash of the body is the id, and so a repeat is still a repeat.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.runtime.work import Fact

_TRACE_HEADERS = ("traceparent", "tracestate")


@dataclass(frozen=True)
class Envelope:
    """The metadata of one message."""

    id: str
    type: str | None
    """Wire name, where the sender gave one."""
    source: str
    time: datetime
    trace: dict[str, str]
    content: str
    """SHA-256 of the body."""


def headers_of(fact: Fact) -> dict[str, str]:
    """The headers of a fact: CloudEvents attributes with the prefix `ce-`, and W3C trace context."""
    return {
        "ce-specversion": "1.0",
        "ce-id": fact.id,
        "ce-type": fact.type,
        "ce-source": f"/sihao/{fact.source}",
        "ce-subject": fact.subject,
        "ce-time": fact.time,
        **fact.trace,
    }


def read(
    body: bytes,
    headers: Mapping[str, Any],
    *,
    message_id: str | None,
    message_type: str | None,
    app_id: str | None,
    timestamp: datetime | None,
) -> Envelope:
    """The metadata of a message as any sender may have given it."""
    content = hashlib.sha256(body).hexdigest()
    known = {key: _text(value) for key, value in headers.items()}
    source = known.get("ce-source") or app_id or "unknown"
    return Envelope(
        id=known.get("ce-id") or message_id or content,
        type=known.get("ce-type") or message_type,
        source=source.removeprefix("/sihao/"),
        time=_instant(known.get("ce-time")) or timestamp or datetime.now(UTC),
        trace={key: known[key] for key in _TRACE_HEADERS if key in known},
        content=content,
    )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _instant(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
