"""What outboxes tell of in spans: the time a fact spent there, from entering to the confirm, and what it is about."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from shared.runtime import baggage, telemetry
from shared.runtime.amqp import OnItsWay, Unroutable
from shared.runtime.work import Applied, Outcome, Outgoing


def tell_of(outgoing: Sequence[Outgoing], failures: Mapping[str, Exception]) -> None:
    """One span for every fact that was tried, failed if the broker did not confirm it.

    What nobody hears yet is tried for days and told when it gets through; what is on its way tells of itself.
    """
    if not telemetry.exported():
        return
    tracer = telemetry.tracer()
    for item in outgoing:
        fact, failure = item.fact, failures.get(item.fact.id)
        if isinstance(failure, OnItsWay | Unroutable):
            continue
        span = tracer.start_span(
            f"publish {fact.type}",
            context=telemetry.context_from(fact.trace),
            kind=SpanKind.PRODUCER,
            start_time=_nanoseconds(fact.entered),
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "send",
                "messaging.message.id": fact.id,
                "messaging.rabbitmq.destination.routing_key": fact.routing_key,
                **baggage.attributes(baggage.read(fact.trace)),
            },
        )
        if failure is not None:
            span.set_status(Status(StatusCode.ERROR, type(failure).__name__))
        span.end()


def describe(span: Span, outcome: Outcome) -> None:
    """Say on the span of an act what it was about, read off the facts it announced."""
    for item in outcome.outgoing if isinstance(outcome, Applied) else ():
        span.set_attributes(baggage.attributes(baggage.read(item.fact.trace)))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
