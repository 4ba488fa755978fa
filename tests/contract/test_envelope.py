"""What travels beside the body can be read by any CloudEvents library, and by us."""

from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from shared.contracts import routing_words
from shared.kernel.actor import CLOCK
from shared.runtime import baggage
from shared.runtime.amqp import properties_of
from shared.runtime.envelope import headers_of, read
from shared.runtime.work import Fact, Work
from tests.contract.golden import COMPLETE, Example
from tests.support.toy import COUNTERS, add

NOW = datetime(2020, 10, 1, 8, 30, 15, 250_000, tzinfo=UTC)
TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def fact_of(golden: Example) -> Fact:
    """The example as a service would announce it."""
    event = golden.event.model_validate_json(golden.body)
    work = Work(
        kind=COUNTERS,
        key="some-document",
        message=event,
        decide=add,
        what="test",
        by=CLOCK,
        cause="some-cause",
        content="0" * 64,
        trace=TRACE,
    )
    return Fact.of(event, work, 0, NOW)


@pytest.mark.parametrize("golden", COMPLETE, ids=str)
def test_a_cloudevents_library_reads_our_message(golden: Example) -> None:
    fact = fact_of(golden)
    message = RabbitMQMessage(headers_of(fact), "application/json", fact.body.encode())
    event = from_binary(message, JSONFormat())
    assert event.get_id() == fact.id
    assert event.get_type() == golden.event.wire()
    assert event.get_source() == f"/sihao/{golden.event.source}"
    assert event.get_subject() == fact.subject
    assert event.get_time() == NOW
    assert event.get_specversion() == "1.0"
    assert golden.event.model_validate(event.get_data()) == golden.event.model_validate_json(golden.body)


@pytest.mark.parametrize("golden", COMPLETE, ids=str)
def test_properties_and_headers_say_the_same(golden: Example) -> None:
    fact = fact_of(golden)
    properties = properties_of(fact)
    headers = headers_of(fact)
    assert properties.message_id == headers["ce-id"] == fact.id
    assert properties.message_type == headers["ce-type"] == golden.event.wire()
    assert properties.correlation_id == headers["ce-subject"]
    assert f"/sihao/{properties.app_id}" == headers["ce-source"]
    assert properties.timestamp == datetime.fromisoformat(headers["ce-time"])
    assert (properties.content_type, properties.content_encoding) == ("application/json", "utf-8")
    assert properties.delivery_mode == 2
    assert properties.headers == headers


@pytest.mark.parametrize("golden", COMPLETE, ids=str)
def test_the_routing_key_is_the_wire_name_and_the_area(golden: Example) -> None:
    fact = fact_of(golden)
    assert fact.routing_key == f"{golden.event.wire()}.{routing_words(golden.data['area'])}"
    assert len(fact.routing_key.encode()) <= 255


def test_we_read_back_what_we_wrote() -> None:
    fact = fact_of(COMPLETE[0])
    properties = properties_of(fact)
    envelope = read(
        fact.body.encode(),
        headers_of(fact),
        message_id=properties.message_id,
        message_type=properties.message_type,
        app_id=properties.app_id,
        timestamp=properties.timestamp,
    )
    assert (envelope.id, envelope.type, envelope.source, envelope.time) == (fact.id, fact.type, fact.source, NOW)
    about = baggage.about(COMPLETE[0].event.model_validate_json(fact.body))
    assert about
    assert envelope.trace == {**TRACE, **baggage.written(about)}


def test_a_sender_without_metadata_is_known_by_its_body() -> None:
    body = COMPLETE[0].body
    first, again, other = (
        read(content, {}, message_id=None, message_type=None, app_id=None, timestamp=NOW)
        for content in (body, body, body + b" ")
    )
    assert first.id == again.id == first.content
    assert other.id != first.id
    assert (first.source, first.type, first.time) == ("unknown", None, NOW)
