"""What travels beside the body: CloudEvents attributes as AMQP headers (RabbitMQ binding, binary mode), and the trace.

The body is the contract and nothing else, so that foreign software reads it with any AMQP client. What a foreign sender
leaves out is derived: without an id, the hash of the body is the id, and so a repeat is still a repeat.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.runtime.work import Fact

SIGNATURE = "sihao-signature"
"""The header with the detached signature (`signing.py`)."""
_TRACE_HEADERS = ("traceparent", "tracestate", "baggage")


class Bound(NamedTuple):
    """What a signature binds its body to: the attributes exactly as they are written in the headers, empty if not."""

    id: str
    event: str
    source: str
    time: str


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
    bound: Bound
    """What its signature must name."""
    signature: str | None = None
    """The detached signature, where the sender gave one."""


def headers_of(fact: Fact) -> dict[str, str]:
    """The headers of a fact: CloudEvents attributes with the prefix `ce-`, W3C trace context and baggage."""
    return {
        "ce-specversion": "1.0",
        "ce-id": fact.id,
        "ce-type": fact.type,
        "ce-source": f"/sihao/{fact.source}",
        "ce-subject": fact.subject,
        "ce-time": fact.time,
        **fact.trace,
    }


def bound_of(fact: Fact) -> Bound:
    """What the signature of a fact names."""
    headers = headers_of(fact)
    return Bound(headers["ce-id"], headers["ce-type"], headers["ce-source"], headers["ce-time"])


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
        bound=Bound(
            id=known.get("ce-id") or message_id or "",
            event=known.get("ce-type") or message_type or "",
            source=known.get("ce-source", ""),
            time=known.get("ce-time", ""),
        ),
        signature=known.get(SIGNATURE),
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
