"""The cost of the promise: what each part of a message's way costs, in CPU time, without broker or store.

For every stage: reading the contract, finding the documents, deciding; then what makes it durable and provable: the
state as JSON, its digest, the chained entry, the announced fact with its outbox copy, the span. And what a signature
over the exact bytes of the body costs (Ed25519, detached JWS), as the relay signs and the guard verifies, its envelope
read included.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bson
from joserfc.jwk import OKPKey
from opentelemetry.trace import SpanKind

from bench.frames import Publication
from bench.machine import load
from bench.stages import STAGES, Stage, at_once, decide
from bench.workload import Sample, Workload
from shared.contracts import CENTRE, EVENTS, Event
from shared.kernel import history
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.runtime import garbage, telemetry
from shared.runtime.amqp import properties_of
from shared.runtime.envelope import SIGNATURE, bound_of, headers_of, read
from shared.runtime.signing import Signer
from shared.runtime.trust import verify
from shared.runtime.trust_file import own_key
from shared.runtime.work import Fact, Work

_PARENT = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}


@dataclass(frozen=True)
class Plan:
    """How often."""

    rounds: int
    """Every part is measured this often over all samples; the least counts, since nothing makes code faster."""
    seed: int = 1


@dataclass
class _Case:
    """One sample at one stage, with everything its parts need."""

    stage: Stage
    body: bytes
    works: list[Work]
    state: Any
    document: dict[str, Any]
    fact: Fact
    event: Event
    code: str
    signature: str
    """Of the announced fact's body."""


def measure(plan: Plan) -> list[dict[str, Any]]:
    """One record per stage and part: CPU microseconds per message."""
    workload = Workload(plan.seed)
    garbage.settle()
    tracer = telemetry.make_provider("bench", "bench").get_tracer("sihao")
    records: list[dict[str, Any]] = []
    for position, stage in enumerate(STAGES.values()):
        cases = [_case(workload, stage, position, sample) for sample in workload.samples]
        parts: dict[str, Callable[[_Case], object]] = {
            "read": lambda c: c.stage.event.model_validate_json(c.body),
            "decide": lambda c: [w.decide(None, w.message, _NOW) for w in c.works],
            "state": lambda c: c.state.model_dump(mode="json"),
            "digest": lambda c: digest(c.document["state"]),
            "chain": _chain,
            "fact": lambda c: Fact.of(c.event, c.works[0], 0, _NOW),
            "frame": lambda c: Publication.of(c.fact, c.code),
            "properties": lambda c: properties_of(c.fact),
            "bson": lambda c: bson.encode(c.document),
            "outbox": lambda c: bson.encode({"outbox": c.document["outbox"]}),
            "span": lambda _: _span(tracer),
            "sign": lambda c: _sign(c.fact),
            "verify": lambda c: _verify(c.signature, c.fact),
            "all": lambda c: decide(c.works, {}),
        }
        for part, run in parts.items():
            cost = min(_once(run, cases) for _ in range(plan.rounds))
            record = {"stage": stage.service, "part": part, "us": cost, "load": load()}
            records.append(record)
            print(f"{stage.service:8} {part:10} {cost:9.1f} µs", flush=True)
    return records


_NOW = datetime.now(UTC)


def _case(workload: Workload, stage: Stage, position: int, sample: Sample) -> _Case:
    before = sample.steps[position - 1].facts[0] if position else None
    body = before.body.encode() if before else sample.body
    works = at_once(workload.step(position).works(body, before.id if before else "first"))
    document = sample.steps[position].documents[0]
    state = works[0].kind.state.model_validate(document["state"])
    fact = sample.steps[position].facts[0]
    event = EVENTS[fact.type].model_validate_json(fact.body)
    signature = _sign(fact)
    return _Case(stage, body, works, state, document, fact, event, sample.code, signature)


def _once(run: Callable[[_Case], object], cases: list[_Case]) -> float:
    began = time.process_time_ns()
    for case in cases:
        run(case)
    return (time.process_time_ns() - began) / len(cases) / 1000


def _chain(case: _Case) -> history.Entry:
    return history.append(
        history.GENESIS,
        n=1,
        at=case.fact.time,
        what=case.stage.event.wire(),
        by=Actor(id="bench", role="service"),
        cause=case.fact.id,
        content=case.fact.id,
        facts=(case.fact.id,),
        state={},
    )


def _span(tracer: Any) -> None:
    span = tracer.start_span("process", context=telemetry.context_from(_PARENT), kind=SpanKind.CONSUMER)
    telemetry.inject_headers(span)
    span.end()


_SIGNER = Signer(OKPKey.generate_key("Ed25519"))
_KEYS = {_SIGNER.kid: own_key(_SIGNER, CENTRE)}


def _sign(fact: Fact) -> str:
    """As the relay signs it."""
    return _SIGNER.sign(fact.body.encode(), bound_of(fact))


def _verify(signature: str, fact: Fact) -> None:
    """As the guard verifies it.

    Raises:
        NotTrusted: the signature does not hold.
    """
    body = fact.body.encode()
    headers = {**headers_of(fact), SIGNATURE: signature}
    envelope = read(body, headers, message_id=fact.id, message_type=fact.type, app_id=fact.source, timestamp=None)
    verify(body, envelope, _KEYS)
