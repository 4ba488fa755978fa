"""What Prometheus reads: one registry per process; rate, errors and duration of every endpoint and handler.

Labels are names of ours (events, handlers, queues, route templates), never ids of documents or people.
"""

from fastapi import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call] # the library left it untyped; a third of the output for nothing
REGISTRY = CollectorRegistry(auto_describe=True)
"""This process's registry."""
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("sihao_http_requests", "HTTP requests answered", ["method", "route", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "sihao_http_request_seconds",
    "From the first byte of a request to the last of its answer",
    ["method", "route"],
    buckets=_SECONDS,
    registry=REGISTRY,
)

TURNED_AWAY = Counter(
    "sihao_http_turned_away",
    "Requests and connections not served: too many, too much, too slow; by reason",
    ["reason"],
    registry=REGISTRY,
)

MESSAGES = Counter(
    "sihao_messages",
    "Messages taken from the bus; outcome: applied, repeated, ignored, parked or deferred",
    ["event", "outcome"],
    registry=REGISTRY,
)
NOT_BELIEVED = Counter(
    "sihao_not_believed",
    "Messages refused for their signature, or for who signed them",
    ["event", "code"],
    registry=REGISTRY,
)
BATCH_SIZE = Histogram(
    "sihao_batch_size",
    "Messages decided and committed together",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
    registry=REGISTRY,
)
HANDLE_SECONDS = Histogram(
    "sihao_handle_seconds",
    "From taking a batch to its commit, by handler",
    ["handler"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
VERSION_CONFLICTS = Counter(
    "sihao_version_conflicts", "Decisions taken again, the document had moved", registry=REGISTRY
)

OUTBOX_DEPTH = Gauge("sihao_outbox_depth", "Documents with facts the broker has not confirmed", registry=REGISTRY)
OUTBOX_AGE = Gauge("sihao_outbox_age_seconds", "Age of the oldest fact the broker has not confirmed", registry=REGISTRY)
PUBLISHED = Counter("sihao_published", "Facts confirmed by the broker", ["event"], registry=REGISTRY)
PUBLISH_FAILURES = Counter(
    "sihao_publish_failures", "Facts the broker did not confirm, or nobody hears yet", registry=REGISTRY
)
REFUSED = Counter(
    "sihao_refused",
    "Facts the broker refused because a queue that hears them is full",
    ["event", "area"],
    registry=REGISTRY,
)
HELD_BACK = Counter(
    "sihao_held_back", "Facts left in their outbox while their flow is refused", ["event", "area"], registry=REGISTRY
)
PAUSED_SECONDS = Gauge(
    "sihao_paused_seconds",
    "For how long an event of one province has been refused",
    ["event", "area"],
    registry=REGISTRY,
)

QUEUE_DEPTH = Gauge("sihao_queue_depth", "Messages waiting in a queue", ["queue"], registry=REGISTRY)
MESSAGE_AGE = Histogram(
    "sihao_message_age_seconds",
    "From the event to its handling here, by the platform's clock",
    ["event"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400, 604800),
    registry=REGISTRY,
)
DEAD_LETTERS = Gauge("sihao_dead_letters", "Messages parked with a reason, waiting for a person", registry=REGISTRY)
WAITING = Gauge(
    "sihao_waiting_messages", "Messages in the store that wait for another, and are tried again", registry=REGISTRY
)
LEDGER_DIFFERENCES = Gauge(
    "sihao_ledger_differences",
    "Facts of a day that only one of province and centre knows, all days together",
    ["area", "of", "side"],
    registry=REGISTRY,
)
FORGOTTEN = Gauge(
    "sihao_forgotten_facts", "Own facts that the centre knows and this store does not, yet", registry=REGISTRY
)
DEADLINE_LAG = Gauge("sihao_deadline_lag_seconds", "How late the last deadline was acted on", registry=REGISTRY)


def answer_metrics() -> Response:
    """All metrics in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
