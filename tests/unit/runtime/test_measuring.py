"""Figures of decisions, provinces, handlers and keys: what they count, and what they leave out."""

from datetime import UTC, datetime, timedelta

from joserfc.jwk import OKPKey
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from shared.contracts import EVENTS, CaseOpened
from shared.contracts.trust import PublicKey
from shared.kernel.keys import RegisteredKey
from shared.runtime import distrust, metrics
from shared.runtime.batch import hear_province, timed
from shared.runtime.decisions import count_decisions
from shared.runtime.measuring import last_ends
from shared.runtime.trust import NotTrusted
from shared.runtime.work import Applied, Fact, Outgoing, Unchanged
from tests.contract.golden import COMPLETE
from tests.unit.runtime.test_batch import AT, message

JWK = PublicKey.model_validate(OKPKey.generate_key("Ed25519").as_dict(private=False))


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def applied(wire: str, body: str) -> Applied:
    fact = Fact("f", wire, f"{wire}.35", "review", "s", AT.isoformat(), body, {}, AT, AT)
    return Applied(state=None, version=1, entry=None, outgoing=(Outgoing("cases", "k", fact),))  # type: ignore[arg-type]


def test_decisions_are_counted_by_stage_outcome_and_province_and_nothing_else_is() -> None:
    labels = {"stage": "own_level", "outcome": "case.declined", "area": "35"}
    before = sample("sihao_decisions_total", **labels)
    declined = applied("case.declined.v1", '{"area": "3502", "stage": "own_level"}')
    scored = applied("application.scored.v1", "not even looked at")
    count_decisions([declined, scored, Unchanged(None, 1, repeated=True)])
    assert sample("sihao_decisions_total", **labels) == before + 1


def test_a_decision_without_a_stage_counts_too() -> None:
    labels = {"stage": "", "outcome": "honour.granted", "area": "CN"}
    before = sample("sihao_decisions_total", **labels)
    count_decisions([applied("honour.granted.v1", '{"area": "CN"}')])
    assert sample("sihao_decisions_total", **labels) == before + 1


def test_a_province_is_heard_by_what_its_review_says() -> None:
    golden = next(one for one in COMPLETE if one.event is CaseOpened)
    heard = message(1)
    heard.event = EVENTS[CaseOpened.wire()].model_validate_json(golden.body)
    assert isinstance(heard.event, CaseOpened)
    area = heard.event.case.rpartition("@")[2]
    hear_province(heard, AT + timedelta(seconds=90))
    assert sample("sihao_province_lag_seconds", area=area) == 90
    assert sample("sihao_province_heard_timestamp_seconds", area=area) > AT.timestamp()
    hear_province(message(2), AT)  # it could not be read
    heard.refusal = NotTrusted(distrust.missing())
    hear_province(heard, AT)  # anybody may have sent it
    assert sample("sihao_province_lag_seconds", area=area) == 90


def test_a_batch_is_timed_as_a_whole_and_by_handler_and_names_a_trace() -> None:
    batch = [message(1), message(2)]
    tracer = TracerProvider().get_tracer("test")
    for one in batch:
        one.begin(tracer)
    before = sample("sihao_handle_seconds_count", handler=batch[0].label)
    whole = sample("sihao_handle_seconds_count", handler="lane")
    timed(batch, 0.2)
    assert sample("sihao_handle_seconds_count", handler=batch[0].label) == before + 2
    assert sample("sihao_handle_seconds_count", handler="lane") == whole + 1
    answer = metrics.answer_metrics("application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = text_string_to_metric_families(bytes(answer.body).decode())
    [family] = [one for one in families if one.name == "sihao_handle_seconds"]
    exemplars = [one.exemplar for one in family.samples if one.exemplar and one.labels["handler"] == batch[0].label]
    assert f"{batch[0].span.get_span_context().trace_id:032x}" in {one.labels["trace_id"] for one in exemplars}
    plain = metrics.answer_metrics("text/plain")
    assert plain.headers["content-type"].startswith("text/plain")
    assert b"trace_id" not in bytes(plain.body)


def test_the_last_end_of_an_areas_keys_counts_and_a_key_without_end_reassures() -> None:
    def key(area: str, days: int | None, *, withdrawn: bool = False) -> RegisteredKey:
        end = None if days is None else AT + timedelta(days=days)
        return RegisteredKey(
            kid=f"{area}-{days}",
            area=area,
            jwk=JWK,
            valid_from=AT,
            valid_to=end,
            registered_at=AT,
            reason="test",
            withdrawn_at=datetime(2026, 1, 1, tzinfo=UTC) if withdrawn else None,
        )

    keys = [key("35", 10), key("35", 40), key("35", 900, withdrawn=True), key("37", 5), key("37", None)]
    assert last_ends(keys) == {"35": AT + timedelta(days=40)}
    assert last_ends([]) == {}
