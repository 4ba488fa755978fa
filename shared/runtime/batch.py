"""What the messages of a batch have in common: each has a span while the batch is at work, and all are counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from shared.contracts.area import province_of
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.runtime import metrics, telemetry
from shared.runtime.message import Message


@contextmanager
def traced(batch: Sequence[Message]) -> Iterator[None]:
    """Inside, every message has its span, and the current one is that of the batch."""
    tracer = telemetry.tracer()
    begun: list[Message] = []
    try:
        for message in batch:
            message.begin(tracer)
            begun.append(message)
        with telemetry.together("batch", [message.span for message in batch]):
            yield
    finally:
        for message in begun:
            message.end()


def timed(batch: Sequence[Message], seconds: float) -> None:
    """Note how long this batch took: as a whole, and for each message by its event, with one trace for each event."""
    metrics.HANDLE_SECONDS.labels("lane").observe(seconds)
    told: set[str] = set()
    for message in batch:
        label = message.label
        trace = None if label in told else metrics.exemplar(message.span.get_span_context())
        metrics.HANDLE_SECONDS.labels(label).observe(seconds, trace)
        told.add(label)


def hear_province(message: Message, now: datetime) -> None:
    """Note when a review was last heard, and how old its message was: silence of a province shows here first.

    What is not believed does not count, for anybody may have sent it.
    """
    event = message.event
    if (
        event is None
        or message.refusal is not None
        or event.wire() not in PROVINCE_MAY_WRITE
        or event.source != "review"
    ):
        return
    place = getattr(event, "jurisdiction", None) or str(getattr(event, "case", "")).rpartition("@")[2] or event.area
    area = province_of(place)
    metrics.PROVINCE_LAG.labels(area).set(max(0.0, (now - message.envelope.time).total_seconds()))
    metrics.PROVINCE_HEARD.labels(area).set_to_current_time()


def count(batch: Sequence[Message], now: datetime) -> None:
    """Count how they came out and how old they are; log those that are put aside."""
    ages = {label: metrics.MESSAGE_AGE.labels(label) for label in {message.label for message in batch}}
    for message in batch:
        ages[message.label].observe(max(0.0, (now - message.envelope.time).total_seconds()))
        message.tell()
        hear_province(message, now)
        if message.refusal is not None:
            metrics.NOT_BELIEVED.labels(message.label, message.refusal.code).inc()
    for (label, outcome), times in Counter((message.label, message.outcome) for message in batch).items():
        metrics.MESSAGES.labels(label, outcome).inc(times)
