"""Our frames are the driver's, byte for byte."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiormq.abc import ChannelFrame
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.runtime.frames import publication

_SHORT = st.text(max_size=60)
_INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given
_HEADERS = st.dictionaries(st.text(min_size=1, max_size=30), st.text() | st.integers(0, 1000) | st.booleans())
_PROPERTIES = {
    "content_type": _SHORT,
    "content_encoding": _SHORT,
    "headers": _HEADERS,
    "delivery_mode": st.sampled_from([1, 2]),
    "priority": st.integers(0, 9),
    "correlation_id": _SHORT,
    "reply_to": _SHORT,
    "expiration": _SHORT,
    "message_id": _SHORT,
    "timestamp": _INSTANTS,
    "message_type": _SHORT,
    "user_id": _SHORT,
    "app_id": _SHORT,
}
_ANY = st.fixed_dictionaries({}, optional=_PROPERTIES)


def _publication(channel: int, key: str, properties: Basic.Properties, body: bytes) -> bytes:
    return publication(channel, 100, exchange="sihao.events", routing_key=key, properties=properties, body=body)


@given(key=_SHORT, properties=_ANY, body=st.binary(max_size=500))
def test_the_same_bytes_as_the_drivers(key: str, properties: dict[str, Any], body: bytes) -> None:
    wanted = ChannelFrame.marshall(
        7,
        [
            Basic.Publish(exchange="sihao.events", routing_key=key, mandatory=True),
            ContentHeader(properties=Basic.Properties(**properties), body_size=len(body)),
            *(ContentBody(body[at : at + 100]) for at in range(0, len(body), 100)),
        ],
    ).payload
    assert _publication(7, key, Basic.Properties(**properties), body) == wanted


@pytest.mark.parametrize(
    ("key", "properties"),
    [
        ("k" * 300, Basic.Properties()),
        ("k", Basic.Properties(message_id="m" * 256)),
        ("k", Basic.Properties(headers={"unknown": object()})),  # type: ignore[dict-item]
    ],
)
def test_what_the_protocol_cannot_hold_is_refused(key: str, properties: Basic.Properties) -> None:
    with pytest.raises((TypeError, ValueError)):
        _publication(1, key, properties, b"")
