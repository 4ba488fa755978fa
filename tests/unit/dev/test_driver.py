"""The driver for our own review service: what it answers where it cannot do as it is told."""

from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest

from dev.clock import TurnedClock
from dev.driver import ReviewDriver
from dev.ports import LOOPBACK, free_port


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ({"do": "clock", "to": "2030-01-01T00:00:00Z"}, HTTPStatus.NOT_IMPLEMENTED),
        ({"do": "dance"}, HTTPStatus.NOT_IMPLEMENTED),
        ({"do": "pass", "case": "A@35"}, HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_it_says_what_is_impossible_and_what_is_only_not_possible_now(
    command: dict[str, str], status: HTTPStatus
) -> None:
    nowhere = f"http://{LOOPBACK}:{free_port()}"
    with ReviewDriver(nowhere, lambda: "token") as driver, httpx2.Client(trust_env=False) as client:
        assert client.post(driver.url, json={"key": "1", **command}).status_code == status


def test_it_turns_the_clock_that_the_service_reads(tmp_path: Path) -> None:
    clock = TurnedClock(tmp_path / "clock.json")
    with ReviewDriver("http://nowhere", lambda: "", clock=clock) as driver:
        assert driver.do({"do": "clock", "key": "1", "to": "2035-01-01T00:00:00+00:00"}) == HTTPStatus.NO_CONTENT
    assert clock.now().year == 2035
