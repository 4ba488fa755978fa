"""`sihao dead list|show|replay` on a service that has put messages aside: what it says, and what it brings back."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shared.contracts import ApplicationSubmitted, RoundOpened
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
    """`sihao dead …`, at a terminal whose environment names this service's store and broker."""
    known = {
        "SIHAO_MONGO_URL": scoring.mongo_url,
        "SIHAO_AMQP_URL": scoring.amqp_url,
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
    assert replayed.exit_code == 0
    assert f"已重放 1 封 / replayed 1: {letter['id']}" in replayed.stdout
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

    assert (await sihao(scoring, "replay", letter["id"])).exit_code == 0
    assert (await parked(scoring, "refused"))["id"] == letter["id"]


async def test_a_message_that_waited_in_vain_is_brought_back_once_what_it_needs_is_there(
    scoring: Lone, platform: Platform
) -> None:
    await announce(scoring.amqp_url, ApplicationSubmitted, [("early", example(ApplicationSubmitted, round_=ROUND))])
    letter = await parked(scoring, "early")
    assert letter["code"] == "waited-too-long"
    await announce(scoring.amqp_url, RoundOpened, [("its-round", example(RoundOpened, round_=ROUND))], area="CN")
    await asyncio.sleep(0.3)
    assert (await sihao(scoring, "replay", "--all")).exit_code == 0

    token = {"Authorization": f"Bearer {platform.token('operator')}"}

    async def scored() -> bool:
        response = await platform.client.get(f"{scoring.url}/scorecards/{APPLICATION}", headers=token)
        return response.is_success

    await until(scored)
    assert "early" not in {letter["message"] for letter in await letters(scoring)}
    [done] = [letter for letter in await letters(scoring, "--all") if letter["message"] == "early"]
    assert done["replayed"]


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
        (
            ("replay", "--all"),
            {"SIHAO_AMQP_URL": "amqp://127.0.0.1:1/"},
            "消息队列没有应答，请检查 --amqp-url / the broker does not answer; check --amqp-url",
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
