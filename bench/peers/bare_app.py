"""What one would write with FastAPI and Motor alone: the same statements, the same durability, the same token check.

It reads and writes the documents of the platform, checks the version it read, and writes for a journaled majority. It
keeps no history, announces nothing, and checks of what is sent only the form: it does less than the platform.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Header, HTTPException, UploadFile
from fastapi.responses import FileResponse
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorGridFSBucket
from openpyxl import Workbook
from pydantic import BaseModel

from services.review.domain.line import FIELDS, Line
from services.review.sheet import COLUMNS
from shared.kernel.canonical import digest
from shared.runtime.settings import Settings
from shared.runtime.tokens import Caller, Verifier

_SHOWN = {f"state.{field}": 1 for field in FIELDS}
_HERE: dict[str, Any] = {}
"""What the endpoints share: databases and the check of tokens."""


class Submit(BaseModel):
    """Hand in."""

    undertaking: bool


async def _caller(authorization: Annotated[str, Header()]) -> Caller:
    verifier: Verifier = _HERE["verifier"]
    return await verifier.caller(authorization.removeprefix("Bearer "))


Who = Annotated[Caller, Depends(_caller)]


@asynccontextmanager
async def _life(_: FastAPI) -> AsyncIterator[None]:
    settings = Settings()
    client: Any = AsyncIOMotorClient(settings.mongo_url.get_secret_value(), w="majority", journal=True)
    _HERE.update(
        verifier=Verifier(settings),
        intake=client[f"{settings.database}_intake"],
        review=client[f"{settings.database}_review"],
    )
    yield
    client.close()


def make_app() -> FastAPI:
    """The application."""
    app = FastAPI(lifespan=_life)

    @app.get("/readyz")
    async def readyz() -> str:
        return "ok"

    @app.post("/applications/{application}/evidence", status_code=201)
    async def upload(
        application: str, file: UploadFile, items: Annotated[list[str], Form()], by: Who
    ) -> Mapping[str, Any]:
        intake = _HERE["intake"]
        found = _own(await intake.applications.find_one({"_id": application}, {"version": 1, "state": 1}), by)
        data = await file.read()
        sha256 = hashlib.sha256(data).hexdigest()
        bucket = AsyncIOMotorGridFSBucket(intake, bucket_name="evidence")
        if await intake["evidence.files"].find_one({"filename": sha256}) is None:
            await bucket.upload_from_stream(sha256, data)
        kept = {
            "sha256": sha256,
            "name": file.filename,
            "media_type": "application/pdf",
            "size": len(data),
            "items": items,
        }
        await _update(application, found["version"], {"$push": {"state.evidence": kept}})
        return kept

    @app.post("/applications/{application}/submit", status_code=202)
    async def submit(application: str, body: Submit, by: Who) -> Mapping[str, Any]:
        intake = _HERE["intake"]
        found = _own(await intake.applications.find_one({"_id": application}, {"version": 1, "state": 1}), by)
        state = found["state"]
        round_ = await intake.rounds.find_one({"_id": state["round"]}, {"state": 1})
        chamber = await intake.chambers.find_one({"_id": state["chamber"]["code"]}, {"state": 1})
        if not body.undertaking or state["submissions"] or round_ is None or chamber is None:
            raise HTTPException(409)
        facts = {code: entry["facts"] for code, entry in state["items"].items()}
        content = {
            "chamber": chamber["state"]["chamber"],
            "round": state["round"],
            "facts": facts,
            "evidence": state["evidence"],
        }
        now = datetime.now(UTC).isoformat()
        receipt = {"number": f"{application}-R1", "digest": digest(content), "at": now}
        told = {"zh": "提交申报", "en": "Handed in"}
        step = {"id": "submit-1", "at": now, "stage": "apply", "what": told, "detail": told, "status": "submitted"}
        submission = {"revision": 1, **content, "receipt": receipt}
        await _update(
            application,
            found["version"],
            {
                "$set": {"state.status": "submitted"},
                "$push": {"state.submissions": submission, "state.steps": step},
            },
        )
        return {"application": application, "revision": 1, "receipt": receipt}

    @app.get("/applications/{application}/timeline")
    async def timeline(application: str, by: Who) -> Mapping[str, Any]:
        shown = {"state.chamber": 1, "state.status": 1, "state.steps": 1}
        state = _own(await _HERE["intake"].applications.find_one({"_id": application}, shown), by)["state"]
        return {"status": state["status"], "steps": state["steps"]}

    @app.get("/cases")
    async def cases(by: Who, limit: int = 50, after: str = "") -> Mapping[str, Any]:
        found = [case["state"] async for case in _cases(by, after).limit(limit)]
        more = f"{found[-1]['chamber']['area']}/{found[-1]['id']}" if len(found) == limit else None
        return {"items": found, "next": more}

    @app.get("/export")
    async def export(by: Who) -> FileResponse:
        with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
            path = Path(file.name)
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append([str(column.title) for column in COLUMNS])
        async for case in _cases(by, ""):
            line = Line(case["state"])
            sheet.append([column.value(line) for column in COLUMNS])
        await asyncio.to_thread(book.save, path)
        return FileResponse(path, filename="cases.xlsx")

    return app


def _own(found: Mapping[str, Any] | None, by: Caller) -> Mapping[str, Any]:
    if found is None or found["state"]["chamber"]["code"] != by.chamber:
        raise HTTPException(404)
    return found


def _cases(by: Caller, after: str) -> Any:
    area, _, id_ = after.partition("/")
    mine = {"state.chamber.area": {"$regex": f"^{by.area}"}, "state.status": {"$ne": "awaited"}}
    rest = {"$or": [{"state.chamber.area": area, "_id": {"$gt": id_}}, {"state.chamber.area": {"$gt": area}}]}
    where = {"$and": [mine, rest]} if after else mine
    return _HERE["review"].cases.find(where, _SHOWN).sort([("state.chamber.area", 1), ("_id", 1)])


async def _update(application: str, version: int, change: dict[str, Any]) -> None:
    guard = {"_id": application, "version": version}
    result = await _HERE["intake"].applications.update_one(guard, {**change, "$inc": {"version": 1}})
    if result.matched_count == 0:
        raise HTTPException(409)
