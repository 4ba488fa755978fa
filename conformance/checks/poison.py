"""C-POI: what cannot be read harms nobody."""

import json
from collections.abc import Iterator
from typing import Any

from conformance.bench import Bench
from conformance.centre import raw
from shared.contracts import ApplicationScored

_DEEP = 100_000


async def poison(bench: Bench) -> None:
    """Every kind of it, each with a good scorecard behind it."""
    world = bench.world
    round_ = await bench.open_round("POI")
    bad = world.scored(round_)
    bench.at_rest.append(lambda: _led_to_nothing(bench, bad))
    for kind, body in _kinds(bad):
        await bench.centre.repeat([raw(ApplicationScored.wire(), bad.area, body)])
        [case] = await bench.score(world.scored(round_))
        missing = await bench.missing([case])
        bench.verdicts.need(
            "C-POI-1",
            not missing,
            f"一条坏消息（{kind}）之后未受理 {case}",
            f"after poison ({kind}) {case} did not open",
        )


def _kinds(bad: ApplicationScored) -> Iterator[tuple[str, bytes]]:
    good: dict[str, Any] = bad.model_dump(mode="json")
    yield "empty", b""
    yield "not UTF-8", b'{"area": "\xff\xfe"}'
    yield "broken off", json.dumps(good).encode()[:200]
    yield "not an object", b"[1, 2]"
    yield "nested too deep", b"[" * _DEEP + b"]" * _DEEP
    yield "fields missing", json.dumps({"area": bad.area, "application": bad.application}).encode()
    yield "wrong type", json.dumps(good | {"sequence": "first"}).encode()
    yield "outside an enum", json.dumps(good | {"chamber": good["chamber"] | {"type": "club"}}).encode()


def _led_to_nothing(bench: Bench, bad: ApplicationScored) -> None:
    spoken = {one.event for one in bench.ledger.facts() if one.data.get("application") == bad.application}
    bench.verdicts.hold("C-POI-2", not spoken, f"坏消息引出了 {sorted(spoken)}", f"poison led to {sorted(spoken)}")
