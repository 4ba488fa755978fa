"""The conformance kit's driver for our own review service: its decisions as calls of the service's HTTP API.

`python -m dev.driver --review URL --token TOKEN --clock-file FILE` serves one until Ctrl-C. The token is that of an
officer of the province; without a clock file the driver cannot turn the clock.
"""

import argparse
import json
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from dev.clock import TurnedClock
from dev.on_loopback import OnLoopback

_REASON = {"leave_undecided": {"zh": "一致性测试", "en": "conformance test"}}
Token = Callable[[], str]


class ReviewDriver(OnLoopback):
    """Serves the driver on loopback; use it as a context manager."""

    def __init__(self, review: str, token: Token, *, clock: TurnedClock | None = None, port: int = 0) -> None:
        """Drive the service at `review` with what `token` answers."""
        self._review = review
        self._token = token
        self._clock = clock
        self._client = httpx2.Client(trust_env=False, timeout=30)
        super().__init__("driver", self._door(), port=port)

    def do(self, command: Mapping[str, Any]) -> HTTPStatus:
        """One decision: done, refused, not possible, or not now."""
        match command["do"]:
            case "clock":
                return self._turn(datetime.fromisoformat(command["to"]))
            case "seal":
                return self._post(f"/shortlists/{command['round']}/{command['area']}/seal", command["key"], _REASON)
            case "pass":
                return self._post(f"/cases/{command['case']}/pass", command["key"], {})
            case "return":
                return self._post(f"/cases/{command['case']}/return", command["key"], {"items": command["items"]})
            case "decline":
                body = {"reason": command["reason"], "remedy": command["remedy"]}
                return self._post(f"/cases/{command['case']}/decline", command["key"], body)
        return HTTPStatus.NOT_IMPLEMENTED

    def _turn(self, to: datetime) -> HTTPStatus:
        if self._clock is None:
            return HTTPStatus.NOT_IMPLEMENTED
        self._clock.turn_to(to)
        return HTTPStatus.NO_CONTENT

    def _post(self, path: str, key: str, body: Mapping[str, Any]) -> HTTPStatus:
        headers = {"Authorization": f"Bearer {self._token()}", "Idempotency-Key": key}
        try:
            answer = self._client.post(self._review + path, json=body, headers=headers)
        except httpx2.HTTPError:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if answer.is_success:
            return HTTPStatus.NO_CONTENT
        return HTTPStatus.CONFLICT if answer.is_client_error else HTTPStatus.SERVICE_UNAVAILABLE

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._client.close()

    def _door(self) -> type[BaseHTTPRequestHandler]:
        driver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                command = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(driver.do(command))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Stay silent."""

        return Door


def main() -> None:
    """Serve one until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m dev.driver", description="一致性测试的驱动程序 / the kit's driver")
    parser.add_argument("--review", required=True, metavar="URL", help="审核服务 / the review service")
    parser.add_argument("--token", required=True, help="本省干部的令牌 / a token of the province's officer")
    parser.add_argument("--clock-file", type=Path, help="同 SIHAO_CLOCK_FILE / the same as SIHAO_CLOCK_FILE")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    clock = TurnedClock(given.clock_file) if given.clock_file else None
    with ReviewDriver(given.review, lambda: str(given.token), clock=clock, port=given.port) as driver:
        print(f"驱动程序 driver: {driver.url}\nCtrl-C 结束 to stop", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
