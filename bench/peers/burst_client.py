"""Hand-ins on time, whatever becomes of those before: an open loop. `burst_client.py <address> <plan> <answers>`.

The plan is JSON lines of [second, path, token, key]; an answer is a JSON line of [key, status, milliseconds from the
second it was due, receipt or reason]. Nobody tries again: what is refused is counted.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import gevent
from gevent.pool import Pool
from geventhttpclient import HTTPClient
from geventhttpclient.url import URL

_AT_ONCE = 500
"""Connections, and so requests that may wait at the same time; one that finds none free is counted as `client`."""
_PATIENCE = 30.0
_BODY = json.dumps({"undertaking": True})


def main(address: str, plan: Path, answers: Path) -> None:
    """Send everything, each at its second."""
    url = URL(address)
    client = HTTPClient(
        url.host, url.port, concurrency=_AT_ONCE, connection_timeout=_PATIENCE, network_timeout=_PATIENCE
    )
    pool = Pool(_AT_ONCE)
    began = time.monotonic()
    part = answers.with_suffix(".part")
    with plan.open(encoding="utf-8") as lines, part.open("w", encoding="utf-8") as out:
        for line in lines:
            second, path, token, key = json.loads(line)
            pause = began + second - time.monotonic()
            if pause > 0:
                gevent.sleep(pause)
            if pool.full():
                out.write(json.dumps([key, 0, 0, "client: too many wait"]) + "\n")
            else:
                pool.spawn(_send, client, began + second, (path, token, key), out)
        pool.join()
    part.rename(answers)
    client.close()


def _send(client: Any, due: float, what: tuple[str, str, str], out: TextIO) -> None:
    path, token, key = what
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
    try:
        answer = client.post(path, body=_BODY, headers=headers)
        body = json.loads(answer.read())
        status = int(answer.status_code)
        said = body["receipt"] if status == 202 else [body["errors"][0]["code"], answer.get("retry-after")]  # noqa: PLR2004
    except Exception as error:  # noqa: BLE001 - whatever it was, it is told
        status, said = 0, type(error).__name__
    out.write(json.dumps([key, status, (time.monotonic() - due) * 1000, said]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
