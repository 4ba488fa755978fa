"""Signed messages over the real bus: what is accepted and kept, what is refused, and who hears of it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts import CaseOpened
from shared.runtime import metrics
from shared.runtime.dead import WAITED
from shared.runtime.envelope import read
from shared.runtime.service import Service
from shared.runtime.signing import Signer
from shared.runtime.trust import verify
from shared.runtime.trusted import KEYS, REFUSALS
from tests.contract.golden import example
from tests.support.signed import KeyFiles, knows, letter_of, new_signer, register, running_service, send, withdraw
from tests.support.toy_bench import until

OPENED = CaseOpened.wire()
BODY = example(OPENED).body


@dataclass
class Two:
    """The centre's intake and review, and the province's review; the province's key is registered."""

    url: str
    intake: Service
    centre: Service
    province: Service
    signer: Signer
    files: KeyFiles


@pytest.fixture(scope="module")
async def two(
    amqp_url: str, mongo_url: str, database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Two]:
    files = KeyFiles.written(tmp_path_factory.mktemp("keys"))
    ours: Any = {"signing_key": files.centre}
    theirs: Any = {"signing_key": files.province, "trust": files.trust}
    async with AsyncExitStack() as stack:

        async def start(name: str, database: str, **given: Any) -> Service:
            return await stack.enter_async_context(
                running_service(name, amqp_url, mongo_url, f"{database_name}_{database}", **given)
            )

        intake = await start("intake", "intake", **ours)
        centre = await start("review", "centre", areas="CN,37", **ours)
        province = await start("review", "fj", areas="35", **theirs)
        assert province.signer is not None
        running = Two(amqp_url, intake, centre, province, province.signer, files)
        await register(centre, running.signer)
        for service in (intake, province):
            await knows(service, running.signer)
        yield running


def body(**changes: Any) -> bytes:
    return json.dumps({**json.loads(BODY), **changes}, ensure_ascii=False).encode()


async def accepted(two: Two, id_: str) -> bytes:
    guard = two.intake.guard
    assert guard is not None

    async def kept() -> bool:
        return await guard.evidence.get("35", id_) is not None

    await until(kept)
    found = await guard.evidence.get("35", id_)
    assert found is not None
    return found.body


async def refused(two: Two, id_: str, code: str) -> None:
    """Refused by intake with this code; the province's operators see it, in words, without the content."""
    letter = await letter_of(two.intake, lambda one: one.message_id == id_)
    assert letter.code == code
    assert [problem.code for problem in letter.problems] == [code]
    told = await letter_of(
        two.province, lambda one: one.code == "refused-elsewhere" and json.loads(one.body)["letter"] == letter.id
    )
    said = json.loads(told.body)
    assert (said["by"], said["message_id"], said["code"]) == ("intake", id_, code)
    assert said["rule"] == letter.reason.model_dump()
    assert letter.reason.zh in told.reason.zh
    assert letter.reason.en in told.reason.en
    assert "chamber" not in said
    assert metrics.DEAD_LETTERS._value.get() >= 1
    guard = two.intake.guard
    assert guard is not None
    kept = await guard.evidence.get("35", id_)
    assert kept is None or kept.body != letter.body


async def test_what_is_well_signed_is_accepted_and_its_bytes_and_signature_prove_it_later(two: Two) -> None:
    id_ = await send(two.url, OPENED, BODY, two.signer)
    assert await accepted(two, id_) == BODY
    guard = two.intake.guard
    assert guard is not None
    kept = await guard.evidence.get("35", id_)
    assert kept is not None
    headers = {f"ce-{name}" if name != "event" else "ce-type": value for name, value in kept.bound._asdict().items()}
    envelope = read(
        kept.body,
        {**headers, "sihao-signature": kept.signature},
        message_id=None,
        message_type=None,
        app_id=None,
        timestamp=None,
    )
    key = await two.intake.database.get(KEYS, kept.kid)
    assert key is not None
    assert verify(kept.body, envelope, {key.kid: key}).area == "35"


async def test_an_area_without_a_key_may_send_unsigned(two: Two) -> None:
    """Announced by the centre for whom it hosts, or by a deployment of before: nothing has changed."""
    before = metrics.MESSAGES.labels(OPENED, "ignored")._value.get()
    await send(two.url, OPENED, body(area="3701", jurisdiction="37", case="x@37"), None, key_area="3701")

    async def heard() -> bool:
        return bool(metrics.MESSAGES.labels(OPENED, "ignored")._value.get() > before)

    await until(heard)


async def test_without_a_signature(two: Two) -> None:
    await refused(two, await send(two.url, OPENED, BODY, None), "signature.missing")


async def test_with_a_signature_of_another_form(two: Two) -> None:
    id_ = await send(two.url, OPENED, BODY, None, headers={"sihao-signature": "e30..AAAA"})
    await refused(two, id_, "signature.malformed")


async def test_with_a_changed_byte(two: Two) -> None:
    changed = BODY.replace("厦门".encode(), "漳州".encode(), 1)
    assert changed != BODY
    await refused(two, await send(two.url, OPENED, BODY, two.signer, sent=changed), "signature.wrong")


@pytest.mark.parametrize(
    "header", [{"ce-id": "another-id"}, {"ce-source": "/sihao/review"}, {"ce-time": "2026-01-01T00:00:00+00:00"}]
)
async def test_in_another_envelope(two: Two, header: dict[str, str | None]) -> None:
    id_ = await send(two.url, OPENED, body(stage=str(header)), two.signer, headers=header)
    letter = await letter_of(two.intake, lambda one: one.message_id == id_ and str(header).encode() in one.body)
    assert letter.code == "signature.other-envelope"


async def test_for_another_event(two: Two) -> None:
    """A body of one event under the signature of another: the queue takes it, the signature does not fit."""
    id_ = await send(two.url, "case.withdrawn.v1", BODY, two.signer, headers={"ce-type": OPENED})
    letter = await letter_of(two.intake, lambda one: one.message_id == id_)
    assert letter.code in {"signature.other-envelope", "unreadable"}


@pytest.mark.parametrize(
    "change",
    [
        {"area": "3701", "jurisdiction": "37", "case": "CN-2020-51350200MJB00102XM@37"},
        {"area": "CN"},
        {"jurisdiction": "CN"},
        {"case": "CN-2020-51350200MJB00102XM@CN"},
    ],
    ids=str,
)
async def test_for_another_area(two: Two, change: dict[str, str]) -> None:
    """The routing key is the province's own, as the broker demands; what counts is what the body says."""
    await refused(two, await send(two.url, OPENED, body(**change), two.signer), "signature.wrong-area")


async def test_what_a_province_may_not_write(two: Two) -> None:
    wire = "application.scored.v1"
    await refused(two, await send(two.url, wire, example(wire).body, two.signer), "signature.wrong-event")


async def test_out_of_a_key_s_time(two: Two) -> None:
    old = new_signer()
    await register(
        two.centre, old, valid_from=datetime(2020, 1, 1, tzinfo=UTC), valid_to=datetime(2099, 1, 1, tzinfo=UTC)
    )
    later = new_signer()
    await register(two.centre, later, valid_from=datetime(2098, 1, 1, tzinfo=UTC))
    await knows(two.intake, old)
    await knows(two.intake, later)
    assert await accepted(two, await send(two.url, OPENED, BODY, old)) == BODY
    await refused(two, await send(two.url, OPENED, BODY, later), "signature.not-yet-or-no-longer-valid")


async def test_an_id_that_was_used_for_something_else(two: Two) -> None:
    id_ = await send(two.url, OPENED, BODY, two.signer)
    await accepted(two, id_)
    await send(two.url, OPENED, BODY, two.signer, id_=id_)
    await send(two.url, OPENED, body(stage="another"), two.signer, id_=id_)
    await refused(two, id_, "message.id-reused")
    assert await accepted(two, id_) == BODY


async def test_what_cannot_be_read_is_told_to_whoever_signed_it(two: Two) -> None:
    id_ = await send(two.url, OPENED, b'{"area": "35"}', two.signer)
    letter = await letter_of(two.intake, lambda one: one.message_id == id_)
    assert letter.code == "unreadable"
    told = await letter_of(two.province, lambda one: json.loads(one.body).get("letter") == letter.id)
    assert json.loads(told.body)["code"] == "unreadable"


async def test_a_key_that_is_not_heard_of_yet_is_waited_for(two: Two) -> None:
    coming = new_signer()
    id_ = await send(two.url, OPENED, BODY, coming)
    waiting = await letter_of(two.intake, lambda one: one.message_id == id_)
    assert waiting.code == WAITED
    assert coming.kid in waiting.reason.zh
    await register(two.centre, coming)
    assert await accepted(two, id_) == BODY

    async def done_with() -> bool:
        letter = await two.intake.dead_letters.get(waiting.id)
        return letter is not None and letter.replayed is not None

    await until(done_with)


async def test_a_key_of_the_centre_is_not_taken_from_a_province(two: Two) -> None:
    """A forged register: signed with the province's own key, or not at all."""
    wire, forged = "key.registered.v1", new_signer()
    said = {**json.loads(example(wire).body), "kid": forged.kid, "jwk": forged.public.model_dump()}
    written = json.dumps(said).encode()
    by_province = await send(two.url, wire, written, two.signer, key_area="35")
    unsigned = await send(two.url, wire, written, None, key_area="35")
    for id_, code in ((by_province, "signature.wrong-event"), (unsigned, "signature.missing")):
        for service in (two.intake, two.province):
            letter = await letter_of(service, lambda one, id_=id_: one.message_id == id_)
            assert letter.code == code
    assert await two.intake.database.get(KEYS, forged.kid) is None


async def test_nobody_refuses_refusals_to_and_fro(two: Two) -> None:
    """A forged refusal is put aside by the province, and not told to anybody."""
    wire = "message.refused.v1"
    before = len(await two.centre.database.find(REFUSALS, {}))
    id_ = await send(two.url, wire, example(wire).body, None, key_area="35")
    by_us = await send(two.url, wire, example(wire).body, two.signer, key_area="35")
    for service in (two.province, two.centre):
        assert (await letter_of(service, lambda one: one.message_id == id_)).code == "signature.missing"
        assert (await letter_of(service, lambda one: one.message_id == by_us)).code == "signature.wrong-event"
    assert len(await two.centre.database.find(REFUSALS, {})) == before


async def test_a_province_believes_nothing_unsigned(two: Two) -> None:
    wire = "application.scored.v1"
    id_ = await send(two.url, wire, example(wire).body, None)
    for service in (two.province, two.intake):
        assert (await letter_of(service, lambda one: one.message_id == id_)).code == "signature.missing"


async def test_keys_overlap_and_a_withdrawn_one_ends_at_once_for_every_process(
    two: Two, mongo_url: str, database_name: str
) -> None:
    """Last of all, for it withdraws the province's first key."""
    settings: Any = {"signing_key": two.files.centre}
    second = new_signer()
    await register(two.centre, second)
    await knows(two.intake, second)
    async with running_service("intake", two.url, mongo_url, f"{database_name}_intake", **settings):
        for signer in (two.signer, second, two.signer):
            await accepted(two, await send(two.url, OPENED, BODY, signer))
        await withdraw(two.centre, two.signer)
        await knows(two.intake, two.signer, withdrawn=True)
        ids = [await send(two.url, OPENED, BODY, two.signer) for _ in range(8)]
        for id_ in ids:
            await refused(two, id_, "signature.withdrawn-key")
        await accepted(two, await send(two.url, OPENED, BODY, second))
