"""`sihao dead list|show|replay` on a service that has put messages aside: what it says, and what it brings back."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shared.contracts import ApplicationSubmitted, RoundOpened
from shared.contracts.text import text
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.mongo import Database
from sihao.cli import app
from tests.support.platform import Lone, Platform, announce, example, lone_scoring
from tests.support.toy_bench import until

ROUND = "CN-2020-D"
APPLICATION = f"{ROUND}-51350200MJB00102XM"


@pytest.fixture(scope="module")
async def scoring(platform: Platform) -> AsyncIterator[Lone]:
    """A scoring service that waits half a second for what a message needs, and no longer."""
    async with lone_scoring(platform, patience="0.5") as lone:
        yield lone


async def sihao(scoring: Lone, *arguments: str, **addresses: str) -> Result:
    """`sihao dead …`, at a terminal whose environment names this service's store, and no broker."""
    known = {
        "SIHAO_MONGO_URL": scoring.mongo_url,
        "SIHAO_DATABASE": scoring.database,
        "COLUMNS": "200",
    }
    return await asyncio.to_thread(CliRunner().invoke, app, ["dead", *arguments], env={**known, **addresses})


async def letters(scoring: Lone, *options: str) -> list[dict[str, Any]]:
    """What `list --json` says."""
    result = await sihao(scoring, "list", "--json", *options)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


async def parked(scoring: Lone, message: str) -> dict[str, Any]:
    """The dead letter of this message, once it is there."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = [letter for letter in await letters(scoring) if letter["message"] == message]
        return bool(found)

    await until(there)
    return found[0]


async def test_an_unreadable_message_is_shown_with_its_reason_and_a_replay_does_no_harm(scoring: Lone) -> None:
    body = b'{"area": "3502", "round": "'
    await announce(scoring.amqp_url, ApplicationSubmitted, [("unreadable", body)])
    letter = await parked(scoring, "unreadable")
    assert letter["code"] == "unreadable"

    table = await sihao(scoring, "list")
    assert letter["id"] in table.stdout
    assert "不符合" in table.stdout
    assert "not a valid application.submitted.v1" in table.stdout

    shown = json.loads((await sihao(scoring, "show", letter["id"])).stdout)
    assert shown["body"].encode() == body
    assert (shown["queue"], shown["message"]) == ("scoring.application.submitted.v1", "unreadable")

    replayed = await sihao(scoring, "replay", letter["id"])
    assert replayed.exit_code == 1
    assert "请服务重放 1 封 / asked the service to replay 1: unreadable 1" in replayed.stdout
    assert "sihao dead show" in replayed.stdout
    again = await parked(scoring, "unreadable")
    assert again["id"] == letter["id"]
    assert len(await letters(scoring, "--all")) == 1


async def test_a_refused_message_names_field_rule_and_remedy_and_is_refused_again(scoring: Lone) -> None:
    """An application of a round whose rubric nobody has published."""
    round_ = "CN-2020-R"
    opened = example(RoundOpened, round_=round_).replace(b"sihao-2019@1", b"sihao-1999@1")
    await announce(scoring.amqp_url, RoundOpened, [("its-terms", opened)], area="CN")
    await announce(scoring.amqp_url, ApplicationSubmitted, [("refused", example(ApplicationSubmitted, round_=round_))])
    letter = await parked(scoring, "refused")
    shown = json.loads((await sihao(scoring, "show", letter["id"])).stdout)
    assert (shown["code"], [found["code"] for found in shown["problems"]]) == ("refused", ["rubric.unknown"])
    for found in shown["problems"]:
        assert found["field"]
        assert all(found[part][language] for part in ("rule", "remedy") for language in ("zh", "en"))

    again = await sihao(scoring, "replay", letter["id"], "--json")
    assert (again.exit_code, json.loads(again.stdout)["counts"]) == (1, {"refused": 1})
    newer = await parked(scoring, "refused")
    assert (newer["id"], newer["asked"]) == (letter["id"], None)
    assert newer["at"] > letter["at"]


async def test_a_message_that_waited_in_vain_is_brought_back_once_what_it_needs_is_there(
    scoring: Lone, platform: Platform
) -> None:
    await announce(scoring.amqp_url, ApplicationSubmitted, [("early", example(ApplicationSubmitted, round_=ROUND))])
    letter = await parked(scoring, "early")
    assert letter["code"] == "waited-too-long"
    await announce(scoring.amqp_url, RoundOpened, [("its-round", example(RoundOpened, round_=ROUND))], area="CN")
    told = await sihao(scoring, "replay", "--reason", "waited-too-long", "--dry-run")
    assert (told.exit_code, told.stdout) == (0, "会重放 1 封 / would replay 1: waited-too-long 1\n")
    assert [one["asked"] for one in await letters(scoring, "--reason", "waited-too-long")] == [None]

    async def through() -> bool:
        replay = await sihao(scoring, "replay", letter["id"], "--json")
        return bool(json.loads(replay.stdout)["counts"] == {"through": 1})

    await until(through)

    token = {"Authorization": f"Bearer {platform.token('operator')}"}

    async def scored() -> bool:
        response = await platform.client.get(f"{scoring.url}/scorecards/{APPLICATION}", headers=token)
        return response.is_success

    await until(scored)
    assert "early" not in {letter["message"] for letter in await letters(scoring)}
    [done] = [letter for letter in await letters(scoring, "--all") if letter["message"] == "early"]
    assert done["replayed"]


async def test_a_replay_of_many_counts_what_happened_by_reason(scoring: Lone) -> None:
    await announce(scoring.amqp_url, ApplicationSubmitted, [(f"garbled-{n}", b"{" * (n + 1)) for n in range(3)])
    for n in range(3):
        await parked(scoring, f"garbled-{n}")
    there = [one for one in await letters(scoring) if one["code"] == "unreadable"]
    done = await sihao(scoring, "replay", "--reason", "unreadable", "--reason", "signature.", "--json")
    assert json.loads(done.stdout)["counts"] == {"unreadable": len(there)}
    assert await letters(scoring, "--reason", "signature.") == []


async def test_a_replay_asked_of_a_service_that_does_not_run_is_noted(scoring: Lone, mongo_url: str) -> None:
    """A store without a service: the request stays, and is told as not yet tried."""
    database = f"{scoring.database}_alone"
    store = Database(mongo_url, database)
    letter = DeadLetter(
        id="alone",
        queue="scoring.application.submitted.v1",
        routing_key="",
        message_id="m",
        message_type=None,
        headers={},
        body=b"{",
        code="refused",
        reason=text("拒收", "refused"),
        problems=(),
        at=datetime.now(UTC),
    )
    await DeadLetters(store).park([letter])
    try:
        asked = await sihao(scoring, "replay", "alone", "--wait", "0", SIHAO_DATABASE=database)
        assert asked.exit_code == 1
        assert "尚待服务办理 / not yet tried 1" in asked.stdout
        found = await DeadLetters(store).get("alone")
        assert found
        assert found.asked
    finally:
        await store.collection("dead_letters").drop()
        store.close()


@pytest.mark.parametrize(
    ("arguments", "addresses", "words"),
    [
        (("show", "no-such-id"), {}, "没有死信 no-such-id"),
        (("replay", "no-such-id"), {}, "没有死信 no-such-id"),
        (("replay",), {}, "请给出编号"),
        (
            ("list",),
            {"SIHAO_MONGO_URL": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"},
            "数据库没有应答，请检查 --mongo-url / the store does not answer; check --mongo-url",
        ),
    ],
)
async def test_a_mistake_is_explained_in_both_languages(
    scoring: Lone, arguments: tuple[str, ...], addresses: dict[str, str], words: str
) -> None:
    result = await sihao(scoring, *arguments, **addresses)
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert words in said
    assert " / " in said
