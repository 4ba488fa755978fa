"""A collector for traces: takes what services export over OTLP/HTTP, and tells whether it is one tree."""

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from threading import Lock

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from dev.on_loopback import OnLoopback


@dataclass(frozen=True)
class Collected:
    """A span that ended; all ids in hexadecimal digits."""

    service: str
    instance: str
    name: str
    trace: str
    id: str
    parent: str
    """Empty for the root of a tree."""
    events: tuple[str, ...]
    attributes: Mapping[str, str | int | bool]
    links: frozenset[str]
    """Ids of the spans to which it is linked."""

    @property
    def what(self) -> tuple[str, str]:
        """Service and name, to compare by."""
        return self.service, self.name


class SpanReceiver(OnLoopback):
    """Use it as a context manager; `url` is what goes to `OTEL_EXPORTER_OTLP_ENDPOINT`."""

    def __init__(self) -> None:
        self._spans: list[Collected] = []
        self._lock = Lock()
        super().__init__("spans", self._endpoint())

    def of(self, trace: str) -> list[Collected]:
        """The spans of one trace that have come so far."""
        with self._lock:
            return [span for span in self._spans if span.trace == trace]

    @property
    def all(self) -> list[Collected]:
        """Everything that has come so far."""
        with self._lock:
            return list(self._spans)

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keep what one export brought."""
        with self._lock:
            self._spans += _spans(request)

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        take: Callable[[ExportTraceServiceRequest], None] = self.take

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Stay silent."""

        return Endpoint


def loose_ends(spans: list[Collected], caller: str) -> list[Collected]:
    """Spans that are not connected to the caller's span: their parent is neither it nor one of the tree."""
    by_parent: dict[str, list[Collected]] = {}
    for span in spans:
        by_parent.setdefault(span.parent, []).append(span)
    reached: set[str] = set()
    front = [caller]
    while front:
        here = by_parent.get(front.pop(), [])
        reached.update(span.id for span in here)
        front += [span.id for span in here]
    return [span for span in spans if span.id not in reached]


def traceparent() -> tuple[str, str, str]:
    """A caller's `traceparent` of its own, with its trace and span."""
    trace, span = f"{time.time_ns():032x}", f"{time.time_ns():016x}"
    return f"00-{trace}-{span}-01", trace, span


def _spans(request: ExportTraceServiceRequest) -> Iterator[Collected]:
    for resource in request.resource_spans:
        about = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Collected(
                    service=about.get("service.name", ""),
                    instance=about.get("service.instance.id", "").rpartition("-")[2],
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    events=tuple(event.name for event in span.events),
                    attributes={one.key: _value(one.value) for one in span.attributes},
                    links=frozenset(link.span_id.hex() for link in span.links),
                )


def _value(value: AnyValue) -> str | int | bool:
    kind = value.WhichOneof("value")
    found = getattr(value, kind) if kind else ""
    return found if isinstance(found, str | int | bool) else str(found)
