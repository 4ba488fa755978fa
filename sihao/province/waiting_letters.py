"""Messages about an area that wait in a store for what they need: they go along, since nobody sends them again."""

import base64
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from shared.contracts.area import covers
from shared.contracts.text import text
from shared.kernel.canonical import canonical_bytes
from shared.runtime.dead import WAITED, DeadLetter, DeadLetters, letter_id
from sihao.province.rights import SERVICE

_MANY = 1_000_000


async def told(letters: DeadLetters, area: str, scope: str) -> AsyncIterator[bytes]:
    """Those of an area, each as a line; `scope` ends the names of the queues in which they were heard."""
    for listed in await letters.list(limit=_MANY):
        letter = await letters.get(listed.id)
        if letter and letter.code == WAITED and letter.queue.endswith(f".{scope}") and _is_of(letter.body, area):
            yield canonical_bytes(
                {
                    "event": letter.queue.removeprefix(f"{SERVICE}.").removesuffix(f".{scope}"),
                    "routing_key": letter.routing_key,
                    "message_id": letter.message_id,
                    "message_type": letter.message_type,
                    "headers": letter.headers,
                    "body": base64.b64encode(letter.body).decode(),
                }
            )


def read(lines: Iterable[bytes], scope: str) -> list[DeadLetter]:
    """The same messages, as they wait in the queues of the other side."""
    return [_letter(json.loads(line), scope) for line in lines]


def _letter(found: dict[str, Any], scope: str) -> DeadLetter:
    queue, body = f"{SERVICE}.{found['event']}.{scope}", base64.b64decode(found["body"])
    return DeadLetter(
        id=letter_id(queue, found["message_id"], body),
        queue=queue,
        routing_key=found["routing_key"],
        message_id=found["message_id"],
        message_type=found["message_type"],
        headers=dict(found["headers"]),
        body=body,
        code=WAITED,
        reason=text("移交时仍在等待（自动处理，无须重放）", "waited when the area was handed over (handled by itself)"),
        problems=(),
        at=datetime.now(UTC),
    )


def _is_of(body: bytes, area: str) -> bool:
    try:
        return covers(area, str(json.loads(body)["area"]))
    except (ValueError, KeyError, TypeError):
        return False
