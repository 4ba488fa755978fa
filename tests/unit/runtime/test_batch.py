"""Spans and figures of a batch."""

from datetime import UTC, datetime, timedelta

import pytest
from aiormq.abc import DeliveredMessage
from opentelemetry import trace
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.contracts.text import text
from shared.runtime import metrics
from shared.runtime.batch import count, traced
from shared.runtime.handlers import HandlerTable
from shared.runtime.message import Message, put_aside
from tests.support.toy import COUNTERS, Ping, add

AT = datetime(2026, 3, 1, tzinfo=UTC)


def message(n: int) -> Message:
    table = HandlerTable("toy")
    table.on(Ping, COUNTERS, key=lambda ping: ping.counter, decide=add)
    properties = Basic.Properties(message_id=f"m{n}", headers={"ce-time": AT.isoformat()})
    raw = DeliveredMessage(
        delivery=Basic.Deliver(delivery_tag=n),
        header=ContentHeader(properties=properties),
        body=b"{}",
        channel=None,  # type: ignore[arg-type]
    )
    return Message("toy.toy.ping.v1", next(iter(table)), raw)


def counted(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("sihao_messages_total", {"event": Ping.wire(), "outcome": outcome}) or 0


def test_every_message_is_counted_by_how_it_came_out_and_how_old_it_is() -> None:
    before = {outcome: counted(outcome) for outcome in ("ignored", "parked", "deferred")}
    ages = {"event": Ping.wire()}
    old = metrics.REGISTRY.get_sample_value("sihao_message_age_seconds_sum", ages) or 0
    ignored, another, parked, waiting = (message(n) for n in range(4))
    parked.dead = put_aside(parked, "refused", text("不行", "no"))
    waiting.missing = "something"
    count([ignored, another, parked, waiting], AT + timedelta(seconds=5))
    assert {outcome: counted(outcome) - n for outcome, n in before.items()} == {
        "ignored": 2,
        "parked": 1,
        "deferred": 1,
    }
    assert metrics.REGISTRY.get_sample_value("sihao_message_age_seconds_sum", ages) == old + 20


def test_spans_are_ended_even_if_the_batch_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Message] = []

    def end(ending: Message) -> None:
        ended.append(ending)

    monkeypatch.setattr(Message, "end", end)
    batch = [message(1), message(2)]
    with pytest.raises(ZeroDivisionError), traced(batch):
        raise ZeroDivisionError
    assert ended == batch
    assert not trace.get_current_span().get_span_context().is_valid
