"""C-VER: fields, headers, events and versions that nobody knows yet."""

import json
from typing import Any

from conformance.bench import Bench
from conformance.centre import raw, said
from shared.contracts import ApplicationScored


async def versions(bench: Bench) -> None:
    """Each kind of novelty, and a case that must open in spite of it."""
    world = bench.world
    round_ = await bench.open_round("VER")
    strange, revised, after = (world.scored(round_) for _ in range(3))
    novel: dict[str, Any] = {"x-99-note": {"kept": [1, 2]}, "colour": "red"}
    await bench.centre.say(said(strange, body=_everywhere(strange, novel)))
    await _opens(bench, "C-VER-1", strange)

    headers = {"ce-dataschema": "urn:sihao:contract:application.scored.v1#1.1", "ce-conformance": "1", "x-new": 7}
    body = _plain(revised) | {"certified": {"by": "CN", "at": "2030-01-01T00:00:00Z"}, "tags": ["a"]}
    await bench.centre.say(said(revised, body=body, headers=headers))
    await _opens(bench, "C-VER-2", revised)

    body_of_two = json.dumps({"area": world.area, "everything": "new"}).encode()
    await bench.centre.repeat(
        [raw(event, world.area, body_of_two) for event in ("application.praised.v1", "application.scored.v2")]
    )
    await bench.score(after)
    await _opens(bench, "C-VER-3", after)


def _plain(card: ApplicationScored) -> dict[str, Any]:
    """The body as the contract has it."""
    return dict(card.model_dump(mode="json"))


def _everywhere(card: ApplicationScored, novel: dict[str, Any]) -> dict[str, Any]:
    """The body with further fields at every depth."""

    def widened(value: Any, key: str = "") -> Any:
        if isinstance(value, list):
            return [widened(inner) for inner in value]
        if isinstance(value, dict):
            inner = {name: widened(one, name) for name, one in value.items()}
            return inner if key == "dimensions" else inner | novel
        return value

    return dict(widened(_plain(card)))


async def _opens(bench: Bench, clause: str, card: ApplicationScored) -> None:
    case = bench.world.case(card)
    missing = await bench.missing([case])
    bench.verdicts.hold(clause, not missing, f"{case} 未受理", f"{case} did not open")
