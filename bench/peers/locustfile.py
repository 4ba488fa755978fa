"""Users who work through a list of errands, each once; every answer's time is written down when the list is done.

`BENCH_ERRANDS` names a file of JSON lines: an errand is a list of requests, made one after the other by one user. A
request with `file` sends so many bytes as evidence; one with `follow` goes on to so many further pages.
"""

import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

_BOUNDARY = "sihao-bench"


class Errands:
    """What is still to be done, and how it went."""

    def __init__(self) -> None:
        self.lines = Path(os.environ["BENCH_ERRANDS"]).read_text("utf-8").splitlines()
        self.left: Iterator[str] = iter(self.lines)
        self.open = len(self.lines)
        self.answers: list[tuple[str, int, float]] = []


ERRANDS = Errands()


class Caller(FastHttpUser):
    """One of the users."""

    network_timeout = connection_timeout = 60.0

    @task
    def run_errand(self) -> None:
        """The next errand; without one, this user leaves."""
        line = next(ERRANDS.left, None)
        if line is None:
            raise StopUser
        try:
            for request in json.loads(line):
                self._send(request)
        finally:
            ERRANDS.open -= 1
            if not ERRANDS.open:
                gevent.spawn(self.environment.runner.quit)  # it waits for this user, too

    def _send(self, request: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {request['token']}"}
        data: bytes | None = None
        if "file" in request:
            headers["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
            data = _form(request["file"], request["seed"])
        elif "json" in request:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": request["key"]}
            data = json.dumps(request["json"]).encode()
        path = request["path"]
        for _ in range(request.get("follow", 0) + 1):
            answer = self.client.request(request["method"], path, headers=headers, data=data, name=request["name"])
            if "follow" not in request or answer.status_code != HTTPStatus.OK or not (after := answer.json()["next"]):
                return
            path = f"{request['path'].partition('&after=')[0]}&after={quote(after)}"


def _form(size: int, seed: int) -> bytes:
    """A form with a file of its own, a PDF by its first bytes."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="items"\r\n\r\nD2.e\r\n--{_BOUNDARY}\r\n'
    head += 'Content-Disposition: form-data; name="file"; filename="evidence.pdf"\r\n\r\n'
    content = b"%PDF-1.4\n" + Random(seed).randbytes(size - 9)  # noqa: S311 - filling, not a secret
    return head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()


@events.request.add_listener
def _answered(name: str, response_time: float, exception: Exception | None, response: Any, **_: Any) -> None:
    status = getattr(response, "status_code", 0) or 0
    ERRANDS.answers.append((name, status if status or exception is None else 0, response_time))


@events.quitting.add_listener
def _leave(**_: Any) -> None:
    Path(os.environ["BENCH_ANSWERS"]).write_text(json.dumps(ERRANDS.answers), "utf-8")
