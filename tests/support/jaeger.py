"""A trace store that answers as Jaeger's query API does: an answer of its shape, for one application."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dev.on_loopback import OnLoopback


def span(id_: str, parent: str, name: str, process: str = "p1", **tags: Any) -> dict[str, Any]:
    """A span as Jaeger's query API tells it."""
    return {
        "traceID": "0af7651916cd43dd8448eb211c80319c",
        "spanID": id_,
        "operationName": name,
        "references": [{"refType": "CHILD_OF", "traceID": "0af7651916cd43dd8448eb211c80319c", "spanID": parent}]
        if parent
        else [],
        "startTime": 1_772_323_200_000_000 + int(id_),
        "duration": 2500,
        "tags": [{"key": key.replace("__", "."), "type": "string", "value": value} for key, value in tags.items()],
        "logs": [],
        "processID": process,
        "warnings": None,
    }


RECORDED = {
    "data": [
        {
            "traceID": "0af7651916cd43dd8448eb211c80319c",
            "spans": [
                span("3", "2", "process application.scored.v1", "p2", sihao__redelivered=True),
                span("1", "9", "POST /applications/{application}/submit"),
                span("2", "1", "process application.submitted.v1", "p2", otel__status_code="ERROR"),
            ],
            "processes": {"p1": {"serviceName": "intake", "tags": []}, "p2": {"serviceName": "scoring", "tags": []}},
            "warnings": None,
        }
    ],
    "total": 0,
    "limit": 0,
    "offset": 0,
    "errors": None,
}


class Jaeger(OnLoopback):
    """Answers like Jaeger's query API, for one application."""

    def __init__(self, application: str, answer: bytes | None = None, status: int = 200) -> None:
        """It answers this (by default, what was recorded) if intake's traces of this application are asked for."""
        given = json.dumps(RECORDED).encode() if answer is None else answer
        self.asked: list[dict[str, list[str]]] = []
        asked = self.asked

        class Endpoint(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                asked.append(query)
                ours = json.loads(query["tags"][0]) == {"sihao.application": application}
                body = given if ours and query["service"] == ["intake"] else b'{"data": []}'
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Stay silent."""

        super().__init__("jaeger", Endpoint)
