"""Traces: one tree from the HTTP request through outbox, bus and every hop, in W3C Trace Context headers.

    POST …/submit                                                      intake
    ├─ commit                 what many do together: of one, its child; of several, a tree of its own, linked
    │  └─ store load, store commit
    ├─ publish application.submitted.v1    from entering the outbox to the confirm
    └─ process application.submitted.v1                                scoring
       ├─ batch → store load, store commit
       ├─ publish application.scored.v1
       └─ process application.scored.v1                                review, …

Spans are always made, so that every log line and every problem names its trace; they are exported (OTLP over HTTP)
only where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_W3C = TraceContextTextMapPropagator()
_LINKS = 2000
"""Links of one span: as many as a batch may have messages (`batch_limit`)."""


def exported() -> bool:
    """Whether spans leave this process. If not, those that nothing else needs are not made."""
    return any(os.environ.get(name) for name in _ENDPOINTS)


def make_provider(service: str, instance: str) -> TracerProvider:
    """A tracer provider that names the service and its instance, with an exporter only where one is configured."""
    resource = Resource.create(
        {
            "service.namespace": "sihao",
            "service.name": service,
            "service.instance.id": instance,
        }
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False, span_limits=SpanLimits(max_links=_LINKS))
    provider.add_span_processor(WithoutQuery())
    if exported():
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def setup(service: str, instance: str) -> TracerProvider:
    """Make this process's provider, once, before the first request; `shutdown` it at the end."""
    provider = make_provider(service, instance)
    trace.set_tracer_provider(provider)
    return provider


def shutdown() -> None:
    """Send what is still waiting to be exported, and stop."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def tracer() -> trace.Tracer:
    """The tracer of our own spans."""
    return trace.get_tracer("sihao")


def inject_headers(span: trace.Span | None = None) -> dict[str, str]:
    """`traceparent` (and `tracestate`) of a span, or of the current one, stored with every fact; empty without one."""
    headers: dict[str, str] = {}
    _W3C.inject(headers, None if span is None else trace.set_span_in_context(span))
    return headers


def context_from(headers: Mapping[str, str]) -> Context:
    """The context that such headers describe: the parent of the next span. Unreadable headers start a new tree."""
    return _W3C.extract(headers)


@contextmanager
def together(name: str, spans: Sequence[trace.Span]) -> Iterator[None]:
    """Inside is the span of work that several share, and the current one.

    Of one it is the child, so that all is in one tree; of several it is a tree of its own, linked with each both ways.
    """
    one = spans[0] if len(spans) == 1 else trace.INVALID_SPAN
    several = [span for span in spans if span.is_recording()] if len(spans) > 1 else []
    with tracer().start_as_current_span(
        name,
        context=trace.set_span_in_context(one, Context()),
        links=[trace.Link(span.get_span_context()) for span in several],
        attributes={"messaging.batch.message_count": len(spans)},
    ) as shared:
        for span in several:
            span.add_link(shared.get_span_context())
        yield


def step(name: str, **attributes: str | int) -> AbstractContextManager[trace.Span]:
    """A step inside the current span, as its child; nothing where there is no span."""
    if not trace.get_current_span().is_recording():
        return nullcontext(trace.INVALID_SPAN)
    return tracer().start_as_current_span(name, attributes=attributes)


def current_trace_id() -> str | None:
    """The trace in which we are, 32 hexadecimal digits, or None."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


class WithoutQuery(SpanProcessor):
    """Blanks the query string of a request's span: people search by names, and names do not belong in traces."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Called by the SDK when a span starts, while it can still be written."""
        if span.attributes and "url.query" in span.attributes:
            span.set_attribute("url.query", "[masked]")
