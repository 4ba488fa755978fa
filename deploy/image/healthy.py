"""Whether the service in this container answers well: `python healthy.py [/livez|/readyz|/startupz]`. Needs no curl."""

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection

WITHIN = 4.0
"""Seconds to answer; the services give their checks two."""


def main(path: str) -> int:
    """0 if it answers 200, else 1."""
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("SIHAO_PORT", "8000")), timeout=WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        print(answer.read().decode("utf-8", "replace")[:2000])
    except OSError as error:
        print(f"{path}：没有应答 / no answer: {error}")
        return 1
    return 0 if answer.status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "/livez"))
