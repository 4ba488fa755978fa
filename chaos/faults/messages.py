"""Faults of messages: said twice, held back and given in another order, unreadable."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import aio_pika

from chaos.faults.fault import Fault, Scene, service_of
from chaos.ledger import Poison, sha256
from chaos.stage import Stage
from chaos.tap import NOT_OURS, BrokerAway

_HUGE = 4_000_000
_VAST = 17_000_000
"""More than a document of the store can hold."""
_DEEP = 50_000
KINDS = ("not-json", "not-utf8", "wrong-schema", "huge", "vast", "deep", "unknown-type", "unknown-version", "empty")
"""Kinds of poison."""


class Duplicates(Fault):
    """F9: events that were announced are announced again."""

    kind = "F9"
    title = "duplicates"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._count = dice.randint(20, 300)

    async def dose(self, scene: Scene) -> None:
        """Some of the latest, in any order."""
        messages = list(scene.tap.recent)
        chosen = self.dice.sample(messages, min(self._count, len(messages)))
        with suppress(*BrokerAway):
            await scene.tap.again(chosen)
            scene.ledger.duplicates += len(chosen)


class Reordered(Fault):
    """F10: messages of one queue are held back for seconds and then given in another order."""

    kind = "F10"
    title = "reordering"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(2, 8)

    async def dose(self, scene: Scene) -> None:
        """Take, keep, shuffle, give back."""
        with suppress(*BrokerAway):
            queue = self.dice.choice(scene.queues)
            held = await scene.tap.hold_back(queue, at_most=100, seconds=self._seconds, order=self.dice.shuffle)
            scene.ledger.reordered += held


class Poisoned(Fault):
    """F11: messages that nobody can read."""

    kind = "F11"
    title = "poison"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._kinds = [dice.choice(KINDS) for _ in range(dice.randint(2, len(KINDS)))]

    async def dose(self, scene: Scene) -> None:
        """Each into one queue, where it must be put aside and be in nobody's way."""
        for kind in self._kinds:
            await poisoned(scene, self.dice, scene.queues, kind)


async def poisoned(scene: Scene, dice: Random, queues: Sequence[str], kind: str) -> None:
    """Put an unreadable message into one of these queues."""
    queue = dice.choice(queues)
    body, type_ = poison(kind, wire_of(queue), dice)
    message = aio_pika.Message(
        body,
        type=type_,
        message_id=f"poison-{dice.getrandbits(64):016x}",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await scene.tap.publish([("", queue, message)])
    scene.ledger.poison.append(Poison(queue, service_of(queue), kind, sha256(body)))


def poison(kind: str, wire: str, dice: Random) -> tuple[bytes, str]:
    """Body and type of an unreadable message for a queue that carries `wire`; no two are the same."""
    mark = f"{dice.getrandbits(64):016x}"
    bodies: Mapping[str, bytes] = {
        "not-json": b"{not json " + mark.encode(),
        "not-utf8": b'{"area": "\xff\xfe", "mark": "' + mark.encode() + b'"}',
        "wrong-schema": _json({"area": "3502", "mark": mark}),
        "huge": _json({"area": "3502", "mark": mark, "padding": "x" * _HUGE}),
        "vast": _json({"area": "3502", "mark": mark, "padding": "x" * _VAST}),
        "deep": _json(mark) + b"[" * _DEEP,
        "unknown-type": _json({"area": "3502", "mark": mark}),
        "unknown-version": _json({"area": "3502", "mark": mark}),
        "empty": b" " * (1 + dice.randrange(1_000)) + b"\n" * (1 + dice.randrange(1_000)),
    }
    types = {
        "unknown-type": "chamber.invented.v1",
        "unknown-version": f"{wire.rpartition('.v')[0]}.v99",
    }
    return bodies[kind], types.get(kind, wire)


async def service_queues(stage: Stage) -> list[str]:
    """The queues in which services hear events."""
    found = await stage.api.get("queues", stage.vhost)
    return sorted(
        queue["name"] for queue in found if queue["name"] not in NOT_OURS and not queue["name"].startswith("dead.")
    )


def wire_of(queue: str) -> str:
    """`review.application.scored.v1.35` → `application.scored.v1`."""
    words = queue.split(".")[1:]
    version = next(place for place, word in enumerate(words) if word[0] == "v" and word[1:].isdigit())
    return ".".join(words[: version + 1])


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
