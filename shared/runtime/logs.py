"""Logs: one JSON object per line on standard error, ours and every library's through the same formatter.

    {"event": "batch.committed", "count": 12, "level": "info", "logger": "shared.runtime.lane",
     "timestamp": "2026-03-01T01:02:03.456Z", "service": "review", "trace_id": "…", "span_id": "…"}

The event is a dotted name, the figures are fields. Fields that carry personal data or secrets are masked, whoever logs
them; so a queue is logged as `queue=`, never as `name=`.
"""

import logging
from typing import Any, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
PERSONAL = frozenset({"name", "phone", "mobile", "telephone", "email", "address", "id_card", "to", "recipient"})
"""Fields that may name or reach a person."""
SECRET = frozenset({"token", "password", "secret", "authorization", "cookie"})
"""Fields that open something."""


def setup(service: str, level: str = "INFO") -> None:
    """Send everything logged in this process through our formatter. Called once, before anything else starts."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_CHAIN,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _of_service(service),
                structlog.processors.ExceptionRenderer(),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "faststream", "aio_pika", "aiormq"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.getLogger(
        "uvicorn.access"
    ).propagate = False  # it would log whole addresses, queries included; the edge logs
    for name in ("httpx2", "httpcore2"):  # they would log whole addresses, queries included
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("outbox.published", count=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Name the trace and the span in which the line was written."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def mask_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask personal and secret fields at any depth."""
    return cast("EventDict", _masked(event))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: MASK if str(key).lower() in PERSONAL | SECRET else item if str(key).startswith("_") else _masked(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def _of_service(service: str) -> Processor:
    def bind(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return bind


_CHAIN: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_trace,
    mask_personal,
]

# At import, not in `setup`: structlog's own default would print the local variables of every traceback.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        *_CHAIN,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)
