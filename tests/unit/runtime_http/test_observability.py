"""Traces, logs and metrics: one tree, one line per record, labels of ours, nothing personal."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime import logs, metrics, telemetry
from tests.unit.runtime_http.conftest import SECRET_DETAIL, Issuer, bearer

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged through our setup; the process's own logging is put back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    logs.setup("sample", "INFO")
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_server_span_per_request_under_the_callers_trace(
    client: TestClient, issuer: Issuer, spans: InMemorySpanExporter
) -> None:
    headers = {**bearer(issuer.token("operator")), "traceparent": PARENT}
    client.post("/sample/areas/35", json={"count": 1}, headers=headers)
    [span] = spans.get_finished_spans()
    assert span.name == "POST /sample/areas/{area}"
    assert span.kind is trace.SpanKind.SERVER
    assert span.attributes is not None
    assert span.attributes["http.route"] == "/sample/areas/{area}"
    assert span.attributes["http.response.status_code"] == 200
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == "b7ad6b7169203331"


def test_no_spans_for_machines_that_look_in(client: TestClient, spans: InMemorySpanExporter) -> None:
    for path in ("/livez", "/readyz", "/startupz", "/metrics"):
        assert client.get(path).status_code == 200
    assert spans.get_finished_spans() == ()


def test_what_people_search_for_stays_out_of_traces(client: TestClient, spans: InMemorySpanExporter) -> None:
    client.get("/sample/open?after=Zhang+San")
    assert "Zhang" not in spans.get_finished_spans()[0].to_json()


def test_a_failure_marks_the_span(client: TestClient, spans: InMemorySpanExporter) -> None:
    client.get("/sample/fails/bug")
    [span] = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert SECRET_DETAIL not in span.to_json()


def test_the_trace_travels_in_headers(spans: InMemorySpanExporter) -> None:
    assert telemetry.inject_headers() == {}
    assert telemetry.current_trace_id() is None
    with telemetry.tracer().start_as_current_span("commit"):
        headers = telemetry.inject_headers()
        ours = telemetry.current_trace_id()
    with telemetry.tracer().start_as_current_span("handle", context=telemetry.context_from(headers)):
        assert telemetry.current_trace_id() == ours
    with telemetry.tracer().start_as_current_span("handle", context=telemetry.context_from({"traceparent": "?"})):
        assert telemetry.current_trace_id() not in (ours, None)
    assert len(spans.get_finished_spans()) == 3


def test_spans_leave_only_where_an_exporter_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    def exporters() -> int:
        provider = telemetry.make_provider("review", "review-0")
        found = provider._active_span_processor._span_processors
        assert provider.resource.attributes["service.name"] == "review"
        assert provider.resource.attributes["service.instance.id"] == "review-0"
        provider.shutdown()
        return sum(isinstance(processor, BatchSpanProcessor) for processor in found)

    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert exporters() == 0
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
    assert exporters() == 1


def test_a_problem_and_the_log_name_the_same_trace(client: TestClient, written: io.StringIO) -> None:
    body = client.get("/sample/fails/bug", headers={"traceparent": PARENT}).json()
    assert body["trace_id"] == TRACE
    failure, answered = lines(written)
    assert failure["event"] == "http.unexpected"
    assert failure["route"] == "/sample/fails/{how}"
    assert SECRET_DETAIL in failure["exception"]
    assert failure["level"] == "error"
    assert answered["event"] == "http.answered"
    assert answered["status"] == 500
    assert failure["trace_id"] == answered["trace_id"] == TRACE
    assert len(failure["span_id"]) == 16


def test_a_line_has_all_its_parts(written: io.StringIO) -> None:
    logs.get_logger("shared.runtime.lane").info("batch.committed", count=12)
    [line] = lines(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "batch.committed",
        "count": 12,
        "level": "info",
        "logger": "shared.runtime.lane",
        "service": "sample",
    }


def test_libraries_write_through_the_same_formatter(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Started %s", "twice")
    logging.getLogger("aio_pika").debug("below the level")
    logging.getLogger("httpx2").info("GET /people?name=Zhang")
    [line] = lines(written)
    assert (line["event"], line["logger"], line["service"]) == ("Started twice", "uvicorn.error", "sample")


def test_personal_and_secret_fields_are_masked_at_any_depth(written: io.StringIO) -> None:
    logs.get_logger("x").info(
        "letter", Email="a@b.cn", queue="q", person={"name": "张三", "role": "officer"}, tries=[{"token": "t"}, 2]
    )
    logging.getLogger("y").info("letter", extra={"phone": "138"})
    first, second = lines(written)
    assert first["Email"] == "***"
    assert first["queue"] == "q"
    assert first["person"] == {"name": "***", "role": "officer"}
    assert first["tries"] == [{"token": "***"}, 2]
    assert "138" not in json.dumps(second)


def test_requests_are_counted_by_template_never_by_path(client: TestClient) -> None:
    def count(**labels: str) -> float:
        return metrics.REGISTRY.get_sample_value("sihao_http_requests_total", labels) or 0

    before = count(method="GET", route="/sample/fails/{how}", status="409")
    lost = count(method="OTHER", route="unknown", status="404")
    client.get("/sample/fails/refused")
    client.request("INVENTED", "/x")
    assert count(method="GET", route="/sample/fails/{how}", status="409") == before + 1
    assert count(method="OTHER", route="unknown", status="404") == lost + 1
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert 'sihao_http_request_seconds_count{method="GET",route="/sample/fails/{how}"}' in answer.text
    assert "_created" not in answer.text


def test_the_runtimes_own_metrics_stand_in_the_registry(client: TestClient) -> None:
    text = client.get("/metrics").text
    for name in (
        "sihao_messages_total", "sihao_batch_size", "sihao_handle_seconds", "sihao_outbox_depth",
        "sihao_outbox_age_seconds", "sihao_queue_depth", "sihao_dead_letters", "sihao_version_conflicts_total",
        "sihao_published_total", "sihao_publish_failures_total", "sihao_deadline_lag_seconds",
    ):  # fmt: skip
        assert f"# TYPE {name} " in text
