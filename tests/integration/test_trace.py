"""One tree of spans from a caller's request through every service that it moves, also where a message had to wait."""

import asyncio
from collections.abc import Iterable

from shared.contracts import ApplicationSubmitted, RoundOpened
from tests.support.acts import bring, open_round, submit
from tests.support.platform import Platform, announce, example
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
    [scoring] = [span for span in spans if span.service == "scoring"]
    assert scoring.parent == request.id
    [fujian] = [span for span in spans if span.what == ("review", f"process {SCORED}") and span.instance == "35"]
    assert fujian.parent == scoring.id
    letters = [span for span in spans if span.what == ("notify", f"process {OPENED}")]
    assert [parents[span.parent] for span in letters] == [fujian]


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
