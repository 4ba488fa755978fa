"""Links to evidence on a real store: for whom, how long, how often; every use is on record, no link in a log."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from faststream.rabbit import RabbitBroker
from joserfc.jwk import OKPKey
from pymongo import AsyncMongoClient

from dev.issuer import Issuer
from services.intake import slips
from services.intake.api import evidence, links
from services.intake.domain.deposit import Slip
from services.intake.domain.link import MOST
from services.intake.domain.timeline import hear
from services.intake.passes import Passes
from services.intake.store import APPLICATIONS, KINDS, LINKS, Changed, IntakeStore
from shared.contracts import CaseNominated, Evidence, text
from shared.contracts.trust import PublicKey
from shared.kernel.actor import PUBLIC
from shared.kernel.change import Change
from shared.kernel.keys import RegisteredKey
from shared.runtime.amqp import Publisher
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.documents import Documents
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from shared.runtime.tokens import Verifier
from shared.runtime.trusted import KEYS
from tests.support.toy_bench import toy_settings
from tests.unit.intake import given

DATA = "合成材料：收费公示\n".encode() * 40_000
"""Several pieces of the store."""
SHA256 = hashlib.sha256(DATA).hexdigest()
FILE = Evidence(sha256=SHA256, name="收费公示.txt", media_type="text/plain", size=len(DATA), items=("D2.e",))
ASK = f"/applications/{given.APPLICATION}/evidence/{SHA256}/links"


@dataclass
class Turned(Clock):
    """A clock that the tests turn."""

    time: datetime = field(default_factory=lambda: given.NOW)

    def now(self) -> datetime:
        """As it was turned."""
        return self.time


@dataclass(frozen=True)
class Desk:
    """Intake's links over a store, with one application that has one file."""

    web: httpx2.AsyncClient
    issuer: Issuer
    clock: Turned
    store: IntakeStore
    commands: Commands
    mongo: Any
    """The database itself, for what only an intruder would do."""

    async def ask(self, area: str = "35", *, role: str = "officer", key: str | None = None, **body: Any) -> Any:
        """Ask for a link."""
        token = self.issuer.token(f"{role}-{area}", roles=[role], area=area, chamber=given.CHAMBER.code)
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return await self.web.post(ASK, json=body, headers=headers)

    async def link(self, **how: Any) -> str:
        """A link that was given."""
        answer = await self.ask(**how)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    async def ledger(self, area: str = "35") -> list[dict[str, Any]]:
        """Who was given links."""
        token = self.issuer.token("officer-x", roles=["officer"], area=area)
        answer = await self.web.get(
            f"/applications/{given.APPLICATION}/links", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


@asynccontextmanager
async def _desk(mongo_url: str, name: str, passes: Passes | None, issuer: Issuer) -> AsyncIterator[Desk]:
    clock, database = Turned(), Database(mongo_url, name)
    publisher = Publisher(RabbitBroker("amqp://nobody@127.0.0.1:1/"), timeout=1)
    relay = Relay(database, publisher, KINDS, sweep_every=60, sweep_age=60, may_go_unheard=())
    commands = Commands(database, Documents(database, clock), relay, batch_limit=200)
    store = IntakeStore(database)
    settings = toy_settings("amqp://nobody@127.0.0.1:1/", mongo_url, name).model_copy(
        update={"oidc_issuer": issuer.url, "oidc_jwks_url": issuer.jwks_url}
    )

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield

    routers = [
        links.router(store, commands, passes, "https://intake.example"),
        evidence.router(store, commands, clock),
    ]
    app = create_http(
        text("申报", "intake"), "1", routers=routers, lifespan=life, verifier=Verifier(settings), health=Health()
    )
    working = asyncio.create_task(commands.run())
    await store.keep_file(SHA256, DATA)
    state = given.submitted().but(evidence=(FILE,))
    await commands.do(APPLICATIONS, given.APPLICATION, FILE, lambda *_: Change(state), what="test", by=PUBLIC)
    async with (
        AsyncMongoClient[dict[str, Any]](mongo_url) as mongo,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://intake.example") as web,
    ):
        yield Desk(web, issuer, clock, store, commands, mongo[name])
    working.cancel()
    database.close()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service's signing key."""
    path = tmp_path_factory.mktemp("keys") / "intake.pem"
    path.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    return path


@pytest.fixture(scope="module")
def passes(key: Path, mongo_url: str) -> Passes:
    found = Passes.load(toy_settings("amqp://x/", mongo_url, "x").model_copy(update={"signing_key": key}))
    assert found
    return found


@pytest.fixture
async def desk(mongo_url: str, database_name: str, passes: Passes) -> AsyncIterator[Desk]:
    with Issuer() as issuer:
        async with _desk(mongo_url, f"{database_name}_{secrets.token_hex(4)}", passes, issuer) as found:
            yield found


async def test_a_link_gives_the_file_without_a_token_as_a_download_and_the_ledger_says_so(desk: Desk) -> None:
    url = await desk.link(minutes=5)
    answer = await desk.web.get(url)
    assert (answer.status_code, answer.content) == (200, DATA)
    headers = answer.headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    [use] = await desk.ledger()
    assert (use["area"], use["by"], use["file"], len(use["fetched"])) == ("35", "officer-35", SHA256, 1)
    assert "link=" not in str(use)


async def test_only_a_federation_that_may_see_the_application_is_given_one(desk: Desk) -> None:
    answers = {area: (await desk.ask(area)).status_code for area in ("35", "3502", "3503", "33", "CN")}
    assert answers == {"35": 201, "3502": 201, "3503": 403, "33": 403, "CN": 403}
    for role in ("secretary", "expert", "operator"):
        assert (await desk.ask("35", role=role)).status_code == 403


async def test_the_centre_is_given_one_once_it_was_nominated(desk: Desk) -> None:
    refusal = await desk.ask("CN")
    assert refusal.json()["errors"][0]["code"] == "evidence.not-nominated"
    nominated = next(event for event in given.EVENTS if isinstance(event, CaseNominated))
    told = given.told(nominated, given.NOW)
    await desk.commands.do(
        APPLICATIONS,
        given.APPLICATION,
        nominated,
        lambda state, _, now: hear(state, told, now),
        what="test",
        by=PUBLIC,
    )
    assert (await desk.web.get(await desk.link(area="CN"))).status_code == 200


async def test_it_ends_after_minutes(desk: Desk) -> None:
    url = await desk.link(minutes=15)
    desk.clock.time += timedelta(minutes=14, seconds=59)
    assert (await desk.web.get(url)).status_code == 200
    desk.clock.time += timedelta(seconds=1)
    refusal = await desk.web.get(url)
    assert (refusal.status_code, refusal.json()["errors"][0]["code"]) == (409, "evidence.link-expired")
    assert (await desk.ask(minutes=16)).status_code == 422


async def test_a_changed_byte_anywhere_is_no_link(desk: Desk) -> None:
    url = await desk.link()
    address, _, written = url.partition("?link=")
    wrong = set()
    for at, letter in enumerate(written):
        changed = written[:at] + ("A" if letter != "A" else "B") + written[at + 1 :]
        answer = await desk.web.get(address, params={"link": changed})
        if answer.status_code != 404 or answer.json()["errors"][0]["code"] != "evidence.link-unknown":
            wrong.add((at, answer.status_code))
    assert wrong == set()
    for other in (written + "A", written[:-1], "", f"{written}=", "x" * 900):
        assert (await desk.web.get(address, params={"link": other})).status_code == 404
    elsewhere = address.replace(SHA256, "0" * 64)
    assert (await desk.web.get(elsewhere, params={"link": written})).status_code == 404


async def test_another_key_s_link_and_one_that_was_never_given_are_none(desk: Desk) -> None:
    url = await desk.link()
    [(id_, link)] = await desk.store._database.find(LINKS, {})
    stranger = Passes(OKPKey.generate_key("Ed25519"))
    address = url.partition("?")[0]
    forged = stranger.write(id_, link)
    assert (await desk.web.get(address, params={"link": forged})).status_code == 404
    await desk.mongo[LINKS.collection].delete_many({})
    assert (await desk.web.get(url)).status_code == 404


async def test_the_same_request_again_answers_the_same_link(desk: Desk) -> None:
    once = await desk.link(key="request-one")
    desk.clock.time += timedelta(minutes=1)
    assert await desk.link(key="request-one") == once
    assert await desk.link(key="request-two") != once


async def test_it_is_used_so_often_and_no_more(desk: Desk) -> None:
    url = await desk.link()
    answers = await asyncio.gather(*(desk.web.get(url) for _ in range(MOST + 3)))
    assert sorted(answer.status_code for answer in answers) == [200] * MOST + [409] * 3
    [use] = await desk.ledger()
    assert len(use["fetched"]) == MOST


async def test_a_file_that_was_changed_in_the_store_breaks_off(desk: Desk) -> None:
    chunks = desk.mongo["evidence.chunks"]
    last = await chunks.find_one(sort=[("n", -1)])
    assert last
    assert last["n"] > 0
    await chunks.update_one({"_id": last["_id"]}, {"$set": {"data": b"x" + last["data"][1:]}})
    got = set[bytes]()

    async def download() -> None:
        async for piece in desk.store.file(SHA256):
            got.add(piece)

    with pytest.raises(Changed):
        await download()
    assert 0 < sum(map(len, got)) < len(DATA)


async def test_the_link_stands_in_no_log_line(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    url = await desk.link()
    written = url.partition("?link=")[2]
    await desk.web.get(url)
    desk.clock.time += timedelta(hours=1)
    await desk.web.get(url)
    said = "".join(capfd.readouterr())
    assert written not in said
    assert written.rpartition(".")[2] not in said


async def test_a_file_that_a_province_keeps_is_on_the_manifest_and_its_reader_is_sent_there(desk: Desk) -> None:
    key = OKPKey.generate_key("Ed25519")
    registered = RegisteredKey(
        kid=key.thumbprint(),
        area="35",
        jwk=PublicKey.model_validate(key.as_dict(private=False)),
        valid_from=given.START,
        valid_to=None,
        registered_at=given.START,
        reason="test",
    )
    await desk.commands.do(KEYS, registered.kid, FILE, lambda *_: Change(registered), what="test", by=PUBLIC)
    state = given.filled()
    await desk.commands.do(APPLICATIONS, given.APPLICATION, FILE, lambda *_: Change(state), what="draft", by=PUBLIC)
    at = "https://files.35.example.cn/one"
    told = {"application": given.APPLICATION, "sha256": "b" * 64, "name": "年检.pdf", "media_type": "application/pdf"}
    slip = slips.written(Slip.model_validate({**told, "size": 5, "at": at, "deposited": given.NOW}), key)
    base = f"/applications/{given.APPLICATION}/evidence"

    async def as_(role: str, method: str, path: str, **claims: Any) -> httpx2.Response:
        token = desk.issuer.token(f"{role}-1", roles=[role], **claims)
        body = {"json": {"slip": slip, "items": ["B2.i"]}} if method == "POST" else {}
        return await desk.web.request(method, path, headers={"Authorization": f"Bearer {token}"}, **body)

    other = given.credit_code(body="MJB654321")
    assert (await as_("secretary", "POST", f"{base}/deposits", chamber=other)).status_code == 403
    taken = await as_("secretary", "POST", f"{base}/deposits", chamber=given.CHAMBER.code)
    assert (taken.status_code, taken.json()["sha256"]) == (201, "b" * 64), taken.text
    sent = await as_("officer", "GET", f"{base}/{'b' * 64}", area="3502")
    assert (sent.status_code, sent.headers["location"]) == (307, at)
    assert sent.headers["referrer-policy"] == "no-referrer"
    assert (await as_("officer", "GET", f"{base}/{'b' * 64}", area="3503")).status_code == 403
    token = desk.issuer.token("officer-35", roles=["officer"], area="35")
    asked = await desk.web.post(f"{base}/{'b' * 64}/links", json={}, headers={"Authorization": f"Bearer {token}"})
    assert asked.json()["errors"][0]["code"] == "evidence.kept-elsewhere"
    assert at in asked.text
    slip = slip[:-9] + ("A" if slip[-9] != "A" else "B") + slip[-8:]
    refusal = await as_("secretary", "POST", f"{base}/deposits", chamber=given.CHAMBER.code)
    assert (refusal.status_code, refusal.json()["errors"][0]["code"]) == (409, "evidence.slip")


async def test_without_a_key_none_are_given(mongo_url: str, database_name: str) -> None:
    with Issuer() as issuer:
        async with _desk(mongo_url, f"{database_name}_nokey", None, issuer) as desk:
            refusal = await desk.ask()
            assert (refusal.status_code, refusal.json()["errors"][0]["code"]) == (409, "evidence.links-off")
            assert (await desk.web.get(f"/evidence/{SHA256}?link=x")).status_code == 404
