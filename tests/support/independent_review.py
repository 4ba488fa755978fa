"""A province's review by somebody else, written from docs/province-contract.md: aio-pika, sqlite3, none of our code."""

import argparse
import asyncio
import base64
import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jsonschema import Draft202012Validator

EXCHANGE, NAMESPACE = "sihao.events", uuid.UUID("6f1c8a4e-2f0f-4a55-9a3c-1f6f9f0c3d51")
HEARD = ("round.opened.v1", "application.scored.v1", "application.withdrawn.v1")
SCHEMAS = Path(__file__).parents[2] / "shared" / "contracts" / "schemas"
TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS heard (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS rounds (code TEXT PRIMARY KEY, quota INTEGER);
CREATE TABLE IF NOT EXISTS cases (id TEXT PRIMARY KEY, round TEXT, status TEXT, state TEXT);
CREATE TABLE IF NOT EXISTS held (round TEXT, id TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS dead (body BLOB, reason TEXT);
CREATE TABLE IF NOT EXISTS clock (ahead REAL);
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, id TEXT, event TEXT, time TEXT, body TEXT);
"""
Body = dict[str, Any]


def texts(zh: str, en: str) -> Body:
    return {"zh": zh, "en": en}


class Review:
    """The rules, over one database; every change is one transaction with what it announces."""

    def __init__(self, area: str, database: str) -> None:
        self.area = area
        self.db = sqlite3.connect(database, isolation_level=None)
        self.db.executescript(TABLES)
        self.schemas = {e: Draft202012Validator(json.loads((SCHEMAS / f"{e}.json").read_text())) for e in HEARD}

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def now(self) -> datetime:
        [ahead] = self.db.execute("SELECT max(ahead) FROM clock").fetchone()
        return datetime.now(UTC) + timedelta(seconds=ahead or 0)

    def hear(self, event: str, id_: str, raw: bytes) -> None:
        """One message of the centre; what cannot be read is put aside."""
        try:
            body = self.read(event, raw)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it
            self.db.execute("INSERT INTO dead VALUES (?, ?)", (raw, repr(error)[:500]))
            return
        with self.transaction():
            if self.is_new(id_):
                dict(zip(HEARD, (self.on_round, self.on_scored, self.on_withdrawn), strict=True))[event](id_, body)

    def read(self, event: str, raw: bytes) -> Body:
        body: Body = json.loads(raw.decode())
        self.schemas[event].validate(body)
        return body

    def is_new(self, id_: str) -> bool:
        return self.db.execute("INSERT OR IGNORE INTO heard VALUES (?)", (id_,)).rowcount == 1

    def on_round(self, _id: str, body: Body) -> None:
        code, quota = body["round"]["code"], body["round"]["quotas"].get(self.area, 0)
        self.db.execute("INSERT OR IGNORE INTO rounds VALUES (?, ?)", (code, quota))
        held = self.db.execute("SELECT id, body FROM held WHERE round = ?", (code,)).fetchall()
        self.db.execute("DELETE FROM held WHERE round = ?", (code,))
        for id_, waiting in held:
            self.on_scored(id_, json.loads(waiting))

    def on_scored(self, id_: str, body: Body) -> None:
        if not self.is_ours(body):
            return
        if not self.db.execute("SELECT 1 FROM rounds WHERE code = ?", (body["round"],)).fetchone():
            self.hold(id_, body)
            return
        case = self.case(body["application"]) or {"status": "new", "sequence": 0}
        if case["status"] == "withdrawn" or not self.is_newer(case, body):
            return
        opens = case["status"] == "new" or self.corrects(case, body)
        case |= {n: body.get(n, []) for n in ("application", "round", "chamber", "revision", "sequence", "evidence")}
        case["score"] = body["score"]
        failed = [gate for gate in body["score"]["gates"] if gate["result"] == "not_met"]
        if opens and failed:
            self.decline(id_, case, "gate", failed[0]["reason"])
        elif opens:
            self.open(id_, case)
        self.save(case)

    def is_ours(self, body: Body) -> bool:
        return str(body["chamber"]["area"]).startswith(self.area)

    def hold(self, id_: str, body: Body) -> None:
        self.db.execute("INSERT INTO held VALUES (?, ?, ?)", (body["round"], id_, json.dumps(body)))

    def is_newer(self, case: Body, body: Body) -> bool:
        return bool(body["sequence"] > case["sequence"])

    def corrects(self, case: Body, body: Body) -> bool:
        return bool(case["status"] == "returned" and body["revision"] > case["revision"])

    def open(self, cause: str, case: Body) -> None:
        case["status"] = "open"
        number = {f"x-{self.area}-file-number": f"闽-{case['chamber']['code'][-6:]}"}
        stage = {"procedure": "ours@1", "stage": "desk", "stage_title": texts("受理", "Desk")}
        self.announce(cause, case, "case.opened.v1", **stage, **number)

    def on_withdrawn(self, id_: str, body: Body) -> None:
        case = self.case(body["application"])
        if case is None:
            early = {n: body[n] for n in ("application", "round", "chamber")}
            self.save({**early, "status": "withdrawn", "sequence": 0})
        elif case["status"] != "withdrawn":
            case["status"] = "withdrawn"
            self.announce(id_, case, "case.withdrawn.v1")
            self.save(case)

    def do(self, command: Body) -> int:
        """What the driver asks for: 204 done, 409 refused."""
        with self.transaction():
            if not self.is_new(command["key"]):
                return 204
            if command["do"] == "clock":
                ahead = datetime.fromisoformat(command["to"]) - datetime.now(UTC)
                self.db.execute("INSERT INTO clock VALUES (?)", (ahead.total_seconds(),))
            elif command["do"] == "seal":
                self.seal(command["key"], command["round"])
            else:
                case = self.case(command["case"].partition("@")[0])
                if case is None or case["status"] != "open":
                    return 409
                self.decide(command["key"], case, command)
                self.save(case)
        return 204

    def decide(self, key: str, case: Body, command: Body) -> None:
        if command["do"] == "pass":
            case["status"] = "passed"
            listed = {"stage": "list", "stage_title": texts("排序", "Ranking")}
            self.announce(key, case, "case.advanced.v1", passed="desk", **listed)
        elif command["do"] == "return":
            deadline = (self.now() + timedelta(days=10)).isoformat()
            case |= {"status": "returned", "deadline": deadline}
            self.announce(key, case, "case.returned.v1", items=command["items"], deadline=deadline)
        else:
            self.decline(key, case, "officer", command["reason"])

    def seal(self, key: str, round_: str) -> None:
        [quota] = self.db.execute("SELECT quota FROM rounds WHERE code = ?", (round_,)).fetchone()
        rows = self.db.execute("SELECT state FROM cases WHERE round = ? AND status = 'passed'", (round_,)).fetchall()
        ranked = sorted(
            (json.loads(row) for (row,) in rows), key=lambda c: (-Decimal(c["score"]["total"]), c["chamber"]["code"])
        )
        entries = [
            {"case": self.id_of(c), "points": c["score"]["total"], "rank": n, "nominated": n <= self.within(quota)}
            for n, c in enumerate(ranked, 1)
        ]
        told = {"area": self.area, "shortlist": f"{round_}@{self.area}", "round": round_, "quota": quota}
        self.put(key, "shortlist.sealed.v1", {**told, "entries": entries})
        for entry, case in zip(entries, ranked, strict=True):
            if entry["nominated"]:
                case["status"] = "nominated"
                self.nominate(key, case, rank=entry["rank"], quota=quota)
            else:
                self.decline(key, case, "quota", texts(f"名额 {quota}", f"the quota is {quota}"))
            self.save(case)

    def within(self, quota: int) -> int:
        return quota

    def nominate(self, cause: str, case: Body, *, rank: int, quota: int) -> None:
        carried = {"score": case["score"], "evidence": case["evidence"]}
        self.announce(cause, case, "case.nominated.v1", rank=rank, quota=quota, **carried)

    def tick(self) -> None:
        """Corrections that never came."""
        with self.transaction():
            for (row,) in self.db.execute("SELECT state FROM cases WHERE status = 'returned'").fetchall():
                case = json.loads(row)
                if datetime.fromisoformat(case["deadline"]) < self.now():
                    self.decline(case["deadline"], case, "overdue", texts("逾期", "the correction did not come"))
                    self.save(case)

    def decline(self, cause: str, case: Body, code: str, reason: Body) -> None:
        case["status"] = "declined"
        remedy = texts("请下一周期再申报。", "Apply again in the next round.")
        self.announce(cause, case, "case.declined.v1", stage="desk", code=code, reason=reason, remedy=remedy)

    def announce(self, cause: str, case: Body, event: str, **more: Any) -> None:
        about = {name: case[name] for name in ("application", "round", "chamber")}
        about |= {name: case[name] for name in ("revision", "sequence") if case.get(name)}
        place = {"area": case["chamber"]["area"], "case": self.id_of(case), "jurisdiction": self.area}
        self.put(cause, event, {**place, **about, **more})

    def put(self, cause: str, event: str, body: Body) -> None:
        """Into the outbox, under an id that follows from the cause."""
        id_ = str(uuid.uuid5(NAMESPACE, f"{cause}\n{event}\n{body.get('case', '')}"))
        written = json.dumps(body, ensure_ascii=False)
        now = self.now().isoformat()
        self.db.execute("INSERT INTO outbox (id, event, time, body) VALUES (?, ?, ?, ?)", (id_, event, now, written))

    def case(self, application: str) -> Body | None:
        row = self.db.execute("SELECT state FROM cases WHERE id = ?", (f"{application}@{self.area}",)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def save(self, case: Body) -> None:
        values = (self.id_of(case), case["round"], case["status"], json.dumps(case))
        self.db.execute("REPLACE INTO cases VALUES (?, ?, ?, ?)", values)

    def id_of(self, case: Body) -> str:
        return f"{case['application']}@{self.area}"


class Wire:
    """The bus and the driver's door; one thing at a time."""

    centre: Body = {}  # noqa: RUF012 - one process has one
    """The centre's public keys by id; without any, nobody's signature is looked at."""

    def __init__(self, review: Review, key: Ed25519PrivateKey | None, kid: str) -> None:
        self.review, self.key, self.kid = review, key, kid
        self.turn = asyncio.Lock()
        self.exchange: Any = None

    async def run(self, url: str, port: int) -> None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await self.listen(channel)
            async with await asyncio.start_server(self.on_driver, "127.0.0.1", port):
                while not connection.is_closed:
                    async with self.turn:
                        self.review.tick()
                        await self.flush()
                    await asyncio.sleep(0.2)

    async def listen(self, channel: Any) -> None:
        await channel.set_qos(prefetch_count=100)
        self.exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        for event in HEARD:
            await self.listen_to(event, channel)

    async def listen_to(self, event: str, channel: Any) -> None:
        name = f"review.{event}.{self.review.area}"
        queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(self.exchange, f"{event}.{self.place(event)}")
        await queue.consume(partial(self.on_message, event))

    def place(self, event: str) -> str:
        return "CN" if event.startswith("round") else f"{self.review.area}.#"

    async def on_message(self, event: str, message: Any) -> None:
        """Save, publish, acknowledge: in this order."""
        async with self.turn:
            if self.believes(message):
                self.review.hear(event, str(message.headers.get("ce-id", message.message_id)), message.body)
            else:
                self.review.db.execute("INSERT INTO dead VALUES (?, ?)", (message.body, "not believed"))
            await self.flush()
        await message.ack()

    def believes(self, message: Any) -> bool:
        """Whether the centre has signed these bytes under these headers."""
        if not self.centre:
            return True
        head, _, rest = str(message.headers.get("sihao-signature", "")).partition(".")
        try:
            stated = json.loads(unbase64url(head))
            self.verify(stated["kid"], unbase64url(rest[1:]), f"{head}.{base64url(message.body)}".encode())
        except (ValueError, KeyError, TypeError, InvalidSignature):
            return False
        beside = {"id": "ce-id", "event": "ce-type", "source": "ce-source", "time": "ce-time"}
        return all(stated.get(name) == message.headers.get(header) for name, header in beside.items())

    def verify(self, kid: str, signature: bytes, signed: bytes) -> None:
        self.centre[kid].verify(signature, signed)

    async def flush(self) -> None:
        for n, *fact in self.review.db.execute("SELECT n, id, event, time, body FROM outbox ORDER BY n").fetchall():
            try:
                await self.publish(*fact)
            except aio_pika.exceptions.DeliveryError:
                return  # nobody takes it now: it stays, and so does what comes behind it
            self.review.db.execute("DELETE FROM outbox WHERE n = ?", (n,))

    async def publish(self, id_: str, event: str, time: str, body: str) -> None:
        data = json.loads(body)
        raw, area, source = body.encode(), data["area"], f"/reviews/{self.review.area}"
        headers = {"ce-specversion": "1.0", "ce-id": id_, "ce-type": event, "ce-source": source, "ce-time": time}
        headers["ce-subject"] = data.get("case") or data["shortlist"]
        if self.key is not None:
            stated = {"alg": "EdDSA", "kid": self.kid, "typ": "sihao-event+jws", "id": id_, "event": event}
            headers["sihao-signature"] = sign({**stated, "source": source, "time": time}, raw, self.key)
        message = aio_pika.Message(
            raw, headers=headers, message_id=id_, type=event, content_type="application/json", delivery_mode=2
        )
        await self.exchange.publish(message, ".".join([event, *(area[i : i + 2] for i in range(0, len(area), 2))]))

    async def on_driver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:"))
        command = json.loads(await reader.readexactly(size))
        async with self.turn:
            status = self.review.do(command)
            await self.flush()
        writer.write(f"HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def sign(protected: Body, body: bytes, key: Ed25519PrivateKey) -> str:
    """A detached JWS over the body."""
    head = base64url(json.dumps(protected).encode())
    return f"{head}..{base64url(key.sign(f'{head}.{base64url(body)}'.encode()))}"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def wired(  # noqa: PLR0917 - what the command line says
    review: type[Review], wire: type[Wire], area: str, database: str, key_file: Path, centre_file: Path | None = None
) -> Wire:
    """The parts put together; `centre_file` holds the centre's public keys (JWK Set)."""
    jwk = json.loads(key_file.read_text("utf-8"))
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(jwk["d"] + "=="))
    made = wire(review(area, database), key, jwk["kid"])
    known = json.loads(centre_file.read_text("utf-8"))["keys"] if centre_file else []
    made.centre = {one["kid"]: Ed25519PublicKey.from_public_bytes(unbase64url(one["x"])) for one in known}
    return made


def main(review: type[Review] = Review, wire: type[Wire] = Wire) -> None:
    parser = argparse.ArgumentParser()
    for name in ("--amqp", "--area", "--database", "--port", "--key"):
        parser.add_argument(name, required=True)
    parser.add_argument("--centre", type=Path)
    given = parser.parse_args()
    made = wired(review, wire, given.area, given.database, Path(given.key), given.centre)
    asyncio.run(made.run(given.amqp, int(given.port)))


if __name__ == "__main__":
    main()
