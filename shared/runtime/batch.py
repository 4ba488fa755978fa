"""What the messages of a batch have in common: each has a span while the batch is at work, and all are counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from shared.runtime import metrics, telemetry
from shared.runtime.message import Message


@contextmanager
def traced(batch: Sequence[Message]) -> Iterator[None]:
    """Inside, every message has its span."""
    tracer = telemetry.tracer()
    begun: list[Message] = []
    try:
        for message in batch:
            message.begin(tracer)
            begun.append(message)
        yield
    finally:
        for message in begun:
            message.end()


def count(batch: Sequence[Message], now: datetime) -> None:
    """Count how they came out and how old they are; log those that are put aside."""
    ages = {label: metrics.MESSAGE_AGE.labels(label) for label in {message.label for message in batch}}
    for message in batch:
        ages[message.label].observe(max(0.0, (now - message.envelope.time).total_seconds()))
        message.tell()
        if message.refusal is not None:
            metrics.NOT_BELIEVED.labels(message.label, message.refusal.code).inc()
    for (label, outcome), times in Counter((message.label, message.outcome) for message in batch).items():
        metrics.MESSAGES.labels(label, outcome).inc(times)
