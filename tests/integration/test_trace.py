"""One tree of spans from a caller's request through every service that it moves, also where a message had to wait."""

import asyncio
from collections.abc import Iterable

import pytest

from shared.contracts import ApplicationSubmitted, RoundOpened
from tests.support.acts import bring, draft_round, open_round, submit
from tests.support.platform import Platform, announce, example, lone_scoring
from tests.support.spans import Collected, loose_ends, traceparent
from tests.support.toy_bench import until

SUBMITTED, SCORED, OPENED = "application.submitted.v1", "application.scored.v1", "case.opened.v1"


async def tree(platform: Platform, trace: str, wanted: Iterable[tuple[str, str]]) -> list[Collected]:
    """The spans of a trace, once the wanted ones have come."""

    async def come() -> bool:
        return set(wanted) <= {span.what for span in platform.spans.of(trace)}

    await until(come)
    await asyncio.sleep(0.5)  # spans that ended at about the same time come with the next export
    return platform.spans.of(trace)


async def draft(platform: Platform, code: str) -> str:
    """Draft and freeze a round."""
    await draft_round(platform, code)
    await platform.done("POST", "intake", f"/rounds/{code}/freeze", token=platform.token("officer", area="CN"))
    return code


async def test_a_submission_is_one_tree_from_the_request_to_the_letters(platform: Platform) -> None:
    applicant, round_ = platform.applicant("3502"), await open_round(platform, "CN-2024-T")
    await bring(platform, applicant)
    header, trace, caller = traceparent()
    await submit(platform, applicant, round_, headers={"traceparent": header})

    spans = await tree(
        platform,
        trace,
        [
            ("intake", "POST /applications/{application}/submit"),
            ("scoring", f"process {SUBMITTED}"),
            ("review", f"process {SCORED}"),
            ("notify", f"process {SUBMITTED}"),
            ("notify", f"process {SCORED}"),
            ("notify", f"process {OPENED}"),
            ("intake", f"process {OPENED}"),
        ],
    )
    assert loose_ends(spans, caller) == []
    assert {span.instance for span in spans if span.service == "review"} >= {"35"}

    [request] = [span for span in spans if span.name.startswith("POST")]
    parents = {span.id: span for span in spans}
    assert request.parent == caller
    [scoring] = [span for span in spans if span.what == ("scoring", f"process {SUBMITTED}")]
    assert scoring.parent == request.id
    [fujian] = [span for span in spans if span.what == ("review", f"process {SCORED}") and span.instance == "35"]
    assert fujian.parent == scoring.id
    letters = [span for span in spans if span.what == ("notify", f"process {OPENED}")]
    assert [parents[span.parent] for span in letters] == [fujian]

    application = f"{round_}-{applicant.chamber.code}"
    steps = [request, scoring, fujian, *letters]
    assert {span.attributes["sihao.application"] for span in steps} == {application}
    assert {span.attributes["sihao.round"] for span in steps} == {round_}
    assert {span.attributes["sihao.area"] for span in steps} == {applicant.chamber.area}
    assert {span.attributes["sihao.case"] for span in letters} == {f"{application}@35"}
    for step, fact in [(request, SUBMITTED), (scoring, SCORED), (fujian, OPENED)]:
        [published] = [span for span in spans if span.parent == step.id and span.name == f"publish {fact}"]
        assert published.service == step.service


async def test_what_one_request_moves_in_all_five_processes_is_one_tree(platform: Platform) -> None:
    header, trace, caller = traceparent()
    round_ = await draft(platform, "CN-2024-V")
    officer = platform.token("officer", area="CN")
    path = f"/rounds/{round_}/open"
    await platform.done("POST", "intake", path, token=officer, headers={"traceparent": header})
    opened = "process round.opened.v1"
    wanted = [("intake", "POST /rounds/{code}/open"), ("scoring", opened), ("review", opened), ("notify", opened)]
    await tree(platform, trace, wanted)

    async def both_reviews() -> bool:
        return {s.instance for s in platform.spans.of(trace) if s.what == ("review", opened)} >= {"35", "CN"}

    await until(both_reviews)
    spans = await tree(platform, trace, wanted)
    assert loose_ends(spans, caller) == []
    assert {span.attributes["sihao.round"] for span in spans if span.name == opened} == {round_}


async def test_messages_that_share_a_batch_are_linked_with_it(platform: Platform) -> None:
    header, trace, _ = traceparent()
    opened = example(RoundOpened, round_="CN-2020-L")
    await announce(platform.amqp_url, RoundOpened, [("opened-for-all", opened)], area="CN")
    one = example(ApplicationSubmitted, round_="CN-2020-L")
    bodies = [(f"shared-{n}", one.replace(b"MJB00102XM", f"MJB{n:05}XM".encode())) for n in range(100)]
    await announce(platform.amqp_url, ApplicationSubmitted, bodies, traceparent=header)

    async def shared() -> bool:
        return any({"store load", "store commit"} <= inside for _, _, inside in _batches(platform, trace))

    await until(shared)
    for batch, messages, inside in _batches(platform, trace):
        assert all(batch.id in message.links for message in messages)
        assert batch.trace != trace
        assert inside <= {"batch", "store load", "store commit"}


def _batches(platform: Platform, trace: str) -> list[tuple[Collected, list[Collected], set[str]]]:
    """Batches of several of these messages, with those whose spans have come, and what was done in the batch."""
    messages = {span.id: span for span in platform.spans.of(trace) if span.name == f"process {SUBMITTED}"}
    batches = [span for span in platform.spans.all if span.name == "batch" and span.links]
    steps = [(span.trace, span.name) for span in platform.spans.all]
    return [
        (batch, those, {name for of, name in steps if of == batch.trace})
        for batch in batches
        if len(those := [messages[id_] for id_ in batch.links if id_ in messages]) > 1
    ]


async def test_a_redelivery_goes_on_in_the_same_tree(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is killed while it holds a message; its successor gets it again."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", platform.spans.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    header, trace, caller = traceparent()
    round_, held = "CN-2020-K", ("scoring", f"process {SUBMITTED}")
    async with lone_scoring(platform) as lone:
        application = example(ApplicationSubmitted, round_=round_)
        await announce(lone.amqp_url, ApplicationSubmitted, [("again", application)], traceparent=header)
        await tree(platform, trace, [held])
        await lone.process.kill()
        await lone.process.start()

        async def again() -> bool:
            return any(span.attributes.get("sihao.redelivered") for span in platform.spans.of(trace))

        await until(again)
        await announce(lone.amqp_url, RoundOpened, [("at-last", example(RoundOpened, round_=round_))], area="CN")

        async def applied() -> bool:
            return any(span.attributes.get("sihao.outcome") == "applied" for span in platform.spans.of(trace))

        await until(applied)
    spans = platform.spans.of(trace)
    tries = [span for span in spans if span.what == held]
    assert {span.parent for span in tries} == {caller}
    assert {span.attributes["sihao.redelivered"] for span in tries} == {True, False}
    [last] = [span for span in tries if span.attributes["sihao.outcome"] == "applied"]
    assert last.attributes["sihao.redelivered"]
    assert loose_ends(spans, caller) == []


async def test_the_tree_holds_when_a_message_had_to_wait(platform: Platform) -> None:
    """An application comes before its round: scoring holds it, tries again, and goes on in the same tree."""
    header, trace, caller = traceparent()
    round_, held = "CN-2020-W", ("scoring", f"process {SUBMITTED}")
    application = example(ApplicationSubmitted, round_=round_)
    await announce(platform.amqp_url, ApplicationSubmitted, [("waits", application)], traceparent=header)
    spans = await tree(platform, trace, [held])
    assert {span.events for span in spans if span.what == held} == {("held",)}

    opened = example(RoundOpened, round_=round_)
    await announce(platform.amqp_url, RoundOpened, [("waited-for", opened)], area="CN")
    spans = await tree(platform, trace, [held, ("review", f"process {SCORED}"), ("notify", f"process {OPENED}")])
    tries = [span for span in spans if span.what == held]
    assert len(tries) > 1
    assert {span.parent for span in tries} == {caller}
    assert loose_ends(spans, caller) == []
    [last] = [span for span in tries if not span.events]
    [fujian] = [span for span in spans if span.what == ("review", f"process {SCORED}") and span.instance == "35"]
    assert fujian.parent == last.id
