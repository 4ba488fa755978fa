"""Software that knows only the contract submits an application: plain pika, a body that its JSON Schema accepts."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts import ApplicationSubmitted, RoundOpened
from tests.support.foreign_client import listen, publish
from tests.support.platform import Platform, announce, example

SCHEMAS = Path(__file__).parents[2] / "shared" / "contracts" / "schemas"
ROUND, QUEUE = "CN-2020-F", "foreign.scores"
SCORED = "application.scored.v1"


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


async def heard(platform: Platform, *, limit: int, patience: float) -> list[dict[str, Any]]:
    """What comes to a queue of the foreign client's own."""
    found = await asyncio.to_thread(
        listen, platform.amqp_url, f"{SCORED}.35.#", queue=QUEUE, limit=limit, patience=patience
    )
    return [body for body in found.values() if body["round"] == ROUND]


@pytest.fixture(scope="module")
async def application(platform: Platform) -> dict[str, Any]:
    """The golden example, of a round that is open."""
    await announce(platform.amqp_url, RoundOpened, [("foreign-round", example(RoundOpened, round_=ROUND))], area="CN")
    body: dict[str, Any] = json.loads(example(ApplicationSubmitted, round_=ROUND))
    return body


async def test_a_foreign_submission_is_scored_and_opens_a_case(platform: Platform, application: dict[str, Any]) -> None:
    schema(ApplicationSubmitted.wire()).validate(application)
    await heard(platform, limit=1, patience=0.1)  # the queue stands and is bound

    body = json.dumps(application, ensure_ascii=False).encode()
    for _ in range(2):  # in doubt, a sender sends again, with the same id
        await asyncio.to_thread(
            publish,
            platform.amqp_url,
            ApplicationSubmitted.wire(),
            body,
            source="/chamber-software/example",
            subject=application["application"],
            event_id="7f6b5e1c-1d3c-4c1e-9b53-2d9a0a3f8a11",
        )

    [scored] = await heard(platform, limit=1, patience=20)
    schema(SCORED).validate(scored)
    assert scored["application"] == application["application"]
    assert float(scored["score"]["total"]) > 0
    assert await heard(platform, limit=1, patience=1) == []

    officer = platform.token("officer", area="3502")
    case = await platform.comes("review-35", f"/cases/{application['application']}@35", token=officer)
    assert (case["status"], case["stage"]) == ("open", "own_level")
    card = await platform.done("GET", "scoring", f"/scorecards/{application['application']}", token=officer)
    assert card["digest"] == scored["score"]["digest"]
