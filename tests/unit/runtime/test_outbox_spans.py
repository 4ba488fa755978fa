"""The span of a fact's time in its outbox: in the fact's own tree, failed if it was not confirmed."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime import telemetry
from shared.runtime.amqp import Nacked, OnItsWay, Unroutable
from shared.runtime.outbox_spans import tell_of
from shared.runtime.work import Fact, Outgoing

ENTERED = datetime.now(UTC) - timedelta(seconds=7)
TRACE = {
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "baggage": "sihao.round=CN-2020,sihao.area=3502",
}


def outgoing(id_: str) -> Outgoing:
    fact = Fact(id_, "toy.ping.v1", "toy.ping.v1.35.02", "toy", "s", "", "{}", TRACE, ENTERED, ENTERED)
    return Outgoing("counters", "k", fact)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", lambda: provider.get_tracer("test"))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
    return exporter


def test_it_lies_in_the_facts_own_tree_and_begins_when_the_fact_entered(spans: InMemorySpanExporter) -> None:
    tell_of([outgoing("sent")], {})
    [span] = spans.get_finished_spans()
    assert (span.name, span.kind) == ("publish toy.ping.v1", trace.SpanKind.PRODUCER)
    assert span.parent is not None
    assert trace.format_trace_id(span.context.trace_id) == "0af7651916cd43dd8448eb211c80319c"
    assert trace.format_span_id(span.parent.span_id) == "b7ad6b7169203331"
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time >= 7_000_000_000
    assert span.attributes is not None
    assert (span.attributes["sihao.round"], span.attributes["sihao.area"]) == ("CN-2020", "3502")
    assert span.status.status_code is trace.StatusCode.UNSET


def test_what_was_refused_failed_and_what_nobody_hears_yet_is_told_later(spans: InMemorySpanExporter) -> None:
    failures: dict[str, Exception] = {"full": Nacked("q"), "unheard": Unroutable("q"), "under-way": OnItsWay("q")}
    tell_of([outgoing(id_) for id_ in failures], failures)
    [span] = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.status.description == "Nacked"


def test_nothing_is_made_that_nobody_would_see(spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    tell_of([outgoing("sent")], {})
    assert spans.get_finished_spans() == ()
