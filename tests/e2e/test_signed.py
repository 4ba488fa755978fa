"""The round was played with Fujian's own key: everything is signed, nothing was refused, and the evidence is whole."""

from pymongo import AsyncMongoClient

from demo.stand import CENTRE_SERVICES, FUJIAN, SERVICES
from dev.backends import Backends
from shared.runtime.envelope import SIGNATURE, read
from shared.runtime.mongo import Database
from shared.runtime.trust import kid_of, verify
from shared.runtime.trusted import KEYS
from tests.e2e.conftest import Played


async def test_everything_that_was_announced_is_signed_by_the_centre_or_by_fujian(played: Played) -> None:
    kids = {kid_of(event.headers[SIGNATURE]) for event in played.heard}
    assert len(kids) == 2


async def test_nothing_was_refused(played: Played, backends: Backends) -> None:
    async with AsyncMongoClient[dict[str, object]](backends.mongo_url) as client:
        for name in SERVICES:
            found = client[played.play.stand.databases[name]]["dead_letters"]
            refused = [letter["code"] async for letter in found.find({"replayed": None}) if letter["code"] != "refused"]
            assert refused == [], name


async def test_every_service_of_the_centre_can_prove_what_fujian_sent(played: Played, backends: Backends) -> None:
    stand = played.play.stand
    proven = 0
    async with AsyncMongoClient[dict[str, object]](backends.mongo_url) as client:
        for name in CENTRE_SERVICES:
            database = Database(backends.mongo_url, stand.databases[name])
            keys = dict(await database.find(KEYS, {}))
            database.close()
            assert {key.area for key in keys.values()} == {"35"}
            async for kept in client[stand.databases[name]]["received"].find({"area": "35"}):
                bound = dict(kept["bound"])  # type: ignore[call-overload]
                headers = {"ce-id": bound["id"], "ce-type": bound["event"], "ce-source": bound["source"]}
                envelope = read(
                    bytes(kept["body"]),  # type: ignore[call-overload]
                    {**headers, "ce-time": bound["time"], SIGNATURE: kept["signature"]},
                    message_id=None,
                    message_type=None,
                    app_id=None,
                    timestamp=None,
                )
                assert verify(bytes(kept["body"]), envelope, keys).area == "35"  # type: ignore[call-overload]
                proven += 1
        areas = await client[stand.databases[FUJIAN]]["received"].distinct("area")
    assert proven > 100
    assert areas == ["CN"], "a province keeps what the centre sent, and nothing of its own"
