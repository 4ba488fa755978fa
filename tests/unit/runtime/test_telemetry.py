"""What several do together: of one a child, of several a tree of its own, linked both ways."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime import metrics, telemetry


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    provider, exporter = telemetry.make_provider("test", "test"), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def finished(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def test_of_one_it_is_the_child(spans: InMemorySpanExporter) -> None:
    one = telemetry.tracer().start_span("one")
    with telemetry.together("batch", [one]), telemetry.step("store load", count=1):
        assert telemetry.current_trace_id() == trace.format_trace_id(one.get_span_context().trace_id)
    one.end()
    found = finished(spans)
    batch, load = found["batch"], found["store load"]
    assert batch.parent == one.get_span_context()
    assert load.parent == batch.get_span_context()
    assert (batch.links, found["one"].links) == ((), ())


def test_of_several_it_is_a_tree_of_its_own_linked_both_ways(spans: InMemorySpanExporter) -> None:
    several = [telemetry.tracer().start_span(f"message {n}") for n in range(300)]
    with telemetry.together("batch", several):
        pass
    for span in several:
        span.end()
    found = finished(spans)
    batch = found.pop("batch")
    assert batch.parent is None
    assert {link.context.span_id for link in batch.links} == {s.get_span_context().span_id for s in several}
    assert {link.context.span_id for one in found.values() for link in one.links} == {batch.context.span_id}
    assert batch.attributes is not None
    assert batch.attributes["messaging.batch.message_count"] == 300


def test_without_a_span_there_are_no_steps_and_no_exemplars(spans: InMemorySpanExporter) -> None:
    with telemetry.step("store load"):
        assert metrics.exemplar() is None
    with telemetry.together("commit", [trace.INVALID_SPAN, trace.INVALID_SPAN]):
        exemplar = metrics.exemplar()
    [commit] = spans.get_finished_spans()
    assert commit.name == "commit"
    assert exemplar == {"trace_id": trace.format_trace_id(commit.context.trace_id)}
