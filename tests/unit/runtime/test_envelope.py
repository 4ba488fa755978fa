"""What a foreign sender leaves out is derived; what is there is read."""

import hashlib
from datetime import UTC, datetime

from shared.runtime.envelope import read

NOTHING = {"message_id": None, "message_type": None, "app_id": None, "timestamp": None}


def test_without_an_id_the_hash_of_the_body_is_the_id_so_that_a_repeat_is_a_repeat() -> None:
    first, again, other = (read(body, {}, **NOTHING) for body in (b"{}", b"{}", b"[]"))
    assert first.id == again.id == hashlib.sha256(b"{}").hexdigest()
    assert other.id != first.id


def test_cloudevents_headers_come_before_the_properties() -> None:
    envelope = read(
        b"{}",
        {"ce-id": "a", "ce-type": "t.v1", "ce-source": "/sihao/review", "ce-time": "2026-01-02T03:04:05Z", "x": 1},
        message_id="b",
        message_type="u.v1",
        app_id="other",
        timestamp=datetime(2000, 1, 1, tzinfo=UTC),
    )
    assert (envelope.id, envelope.type, envelope.source) == ("a", "t.v1", "review")
    assert envelope.time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_bytes_and_a_broken_time_do_no_harm() -> None:
    stamp = datetime(2026, 5, 6, tzinfo=UTC)
    envelope = read(
        b"{}",
        {"ce-id": b"a", "ce-time": "yesterday", "traceparent": b"00-1-2-01"},
        message_id=None,
        message_type=None,
        app_id="pika",
        timestamp=stamp,
    )
    assert (envelope.id, envelope.time, envelope.trace) == ("a", stamp, {"traceparent": "00-1-2-01"})
