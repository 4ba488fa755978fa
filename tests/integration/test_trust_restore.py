"""A restored store believes what could be believed at its place in the archive, whatever became of the key since."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.intake.store import KINDS
from shared.contracts import EVENTS, Event, KeyRegistered, KeyWithdrawn
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents
from shared.runtime.envelope import Bound
from shared.runtime.guard import Guard
from shared.runtime.mongo import Database
from shared.runtime.recollection import Recollection
from shared.runtime.restoring import Restoring
from shared.runtime.signing import Signer
from shared.runtime.trust_file import own_key
from shared.runtime.trusted import KEYS
from sihao.services import restorable
from tests.contract.golden import example
from tests.support.signed import new_signer

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
CENTRE, PROVINCE = new_signer(), new_signer()


def archived(id_: str, event: Event | None, signer: Signer | None) -> DeliveredMessage:
    """An event as the archive has it; by default a province's."""
    told = event or EVENTS["case.opened.v1"].model_validate_json(example("case.opened.v1").body)
    body = told.model_dump_json().encode()
    bound = Bound(id_, told.wire(), f"/sihao/{told.source}", AT.isoformat())
    headers = {"ce-id": id_, "ce-type": bound.event, "ce-source": bound.source, "ce-time": bound.time}
    if signer:
        headers["sihao-signature"] = signer.sign(body, bound)
    properties = Basic.Properties(message_id=id_, message_type=told.wire(), headers=cast("Any", headers))
    header = ContentHeader(body_size=len(body), properties=properties)
    return DeliveredMessage(Basic.Deliver(routing_key=told.routing_key), header, body, cast("Any", None))


REGISTERED = KeyRegistered(
    area="35", kid=PROVINCE.kid, jwk=PROVINCE.public, valid_from=AT, registered_at=AT, reason="first"
)
WITHDRAWN = KeyWithdrawn(area="35", kid=PROVINCE.kid, withdrawn_at=AT, reason="lost")
ARCHIVE = [
    archived("unsigned-before", None, None),
    archived("registered", REGISTERED, CENTRE),
    archived("signed", None, PROVINCE),
    archived("unsigned-after", None, None),
    archived("withdrawn", WITHDRAWN, CENTRE),
    archived("signed-too-late", None, PROVINCE),
]
BELIEVED = {
    "unsigned-before": None,
    "registered": None,
    "signed": None,
    "unsigned-after": "signature.missing",
    "withdrawn": None,
    "signed-too-late": "signature.withdrawn-key",
}


@pytest.fixture
async def store(mongo_url: str, database_name: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    database = Database(mongo_url, f"{database_name}_{request.node.name[5:20]}")
    await database.prepare(KINDS)
    yield database
    database.close()


def never(error: BaseException) -> None:
    raise AssertionError("nothing is away") from error


async def archive(store: Database) -> Recollection:
    async def read() -> AsyncIterator[DeliveredMessage]:
        for one in ARCHIVE:
            yield one

    def silently(_count: int, _at: datetime) -> None:
        """Nobody watches."""

    known = Recollection(restorable("intake", store, areas="CN", site=""), store, read, silently, never)
    await known.learn()
    return known


async def believed(guard: Guard, known: Recollection) -> dict[str, str | None]:
    """What the guard says of every message of the archive: why it is put aside, or what it waits for."""
    said: dict[str, str | None] = {}
    async for batch in known.batches(lambda _: False):
        for message in batch:
            message.read()
        await guard.examine(batch)
        said |= {m.envelope.id: m.dead.code if m.dead else m.missing for m in batch}
    return said


async def test_a_store_from_before_the_key_waits_for_it_and_then_believes_what_was_believed(store: Database) -> None:
    guard, known = Guard(store, "intake", ["CN"], _centre(), evidence_days=1), await archive(store)
    waits = f"key.registered {PROVINCE.kid}"
    assert (await believed(guard, known))["signed"] == waits
    queued: list[str] = []

    async def send(parcels: Sequence[Any]) -> None:
        queued.extend(str(parcel.properties.message_id) for parcel in parcels)

    await Restoring(known, Documents(store, SystemClock()), never, guard).give_back(send)
    key = await store.get(KEYS, PROVINCE.kid)
    assert key is not None
    assert (key.area, key.withdrawn_because) == ("35", "lost")
    assert queued == ["unsigned-after", "signed-too-late"]
    assert await believed(guard, known) == BELIEVED


async def test_a_store_from_after_the_withdrawal_believes_the_same(store: Database) -> None:
    state = own_key(PROVINCE, "35").but(withdrawn_at=AT, withdrawn_because="lost")
    document = {"_id": PROVINCE.kid, "version": 1, "state": state.model_dump(mode="json"), "heard": [], "history": []}
    await store.collection(KEYS.collection).insert_one(document)
    guard = Guard(store, "intake", ["CN"], _centre(), evidence_days=1)
    assert await believed(guard, await archive(store)) == BELIEVED


def _centre() -> dict[str, Any]:
    return {CENTRE.kid: own_key(CENTRE, "CN")}
