"""Evidence 证明材料: files known by their SHA-256, tied to items."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, UploadFile
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.intake import slips
from services.intake.api.access import Reader, Secretary, admitted, permitted
from services.intake.api.uploads import FORM, read_upload
from services.intake.domain import deposit, filling, refusals
from services.intake.domain.application import Application, Place
from services.intake.domain.deposit import MAX_FILE
from services.intake.domain.facts import MAX_ITEMS, ItemCode
from services.intake.domain.media import ACCEPTED, MEDIA_TYPES, sniff
from services.intake.store import APPLICATIONS, IntakeStore
from shared.contracts import Evidence
from shared.kernel.problem import Problem, problem
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.problems import Invalid

Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "文件本身 / the file, of the type that its bytes have",
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES},
    }
}


class SlipBody(BaseModel):
    """A slip, and what the file supports."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    slip: str = Field(max_length=4000)
    """The slip, as the province gave it (`sihao evidence slip`)."""
    items: tuple[ItemCode, ...] = Field(min_length=1, max_length=MAX_ITEMS)
    """Codes of items."""


class Ties(BaseModel):
    """The items a file supports."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    items: tuple[ItemCode, ...] = Field(min_length=1, max_length=MAX_ITEMS)
    """Codes of items."""


def router(store: IntakeStore, commands: Commands, clock: Clock) -> APIRouter:
    """`/applications/{id}/evidence`."""
    routes = APIRouter(prefix="/applications/{application}/evidence", tags=["证明材料 / evidence"])

    @routes.post("", status_code=201, max_body_size=MAX_FILE + FORM, summary="上传 / upload")
    async def upload(
        application: str, file: UploadFile, items: Annotated[list[ItemCode], Form(min_length=1)], by: Secretary
    ) -> Evidence:
        """Upload a file for one or more items. The same file again is tied to the further items."""
        filling.editable(await permitted(store, application, by), set(items), clock.now())
        got = await read_upload(file, MAX_FILE)
        media_type = await asyncio.to_thread(sniff, got.data, got.name)
        if media_type is None:
            raise Invalid(_type())
        await store.keep_file(got.sha256, got.data)
        found = Evidence(
            sha256=got.sha256, name=got.name, media_type=media_type, size=len(got.data), items=tuple(items)
        )
        done = await commands.do(
            APPLICATIONS, application, filling.Attach(file=found), filling.attach, what="attach", by=by
        )
        return file_of(done.state, got.sha256)

    @routes.put("/{sha256}", summary="关联指标 / tie to items")
    async def tie(application: str, sha256: Hash, body: Ties, by: Secretary) -> Evidence:
        """Tie a file to exactly these items."""
        await admitted(store, application, by)
        command = filling.Tie(sha256=sha256, items=body.items)
        done = await commands.do(APPLICATIONS, application, command, filling.tie, what="tie", by=by)
        return file_of(done.state, sha256)

    @routes.delete("/{sha256}", status_code=204, summary="移除 / take off")
    async def untie(application: str, sha256: Hash, by: Secretary) -> None:
        """Take a file off the manifest; revisions that were handed in keep it."""
        await admitted(store, application, by)
        command = filling.Tie(sha256=sha256, items=())
        await commands.do(APPLICATIONS, application, command, filling.tie, what="untie", by=by)

    @routes.post("/deposits", status_code=201, summary="登记自存材料 / hand in a slip")
    async def slip(application: str, body: SlipBody, by: Secretary) -> Evidence:
        """A file that the chamber's province keeps in a store of its own, by the slip that the province gave."""
        head = await admitted(store, application, by)
        key = deposit.known(await store.key(slips.kid_of(body.slip)))
        found = deposit.checked(slips.read(body.slip, key), key, application, head.chamber.area)
        file = Evidence(**found.model_dump(include={"sha256", "name", "media_type", "size"}), items=body.items)
        command = deposit.Deposit(file=file, place=Place(at=found.at, kid=key.kid, area=key.area))
        done = await commands.do(APPLICATIONS, application, command, deposit.deposit, what="deposit", by=by)
        return file_of(done.state, found.sha256)

    @routes.get("/{sha256}", response_class=StreamingResponse, responses=FILE, summary="下载 / download")
    async def download(application: str, sha256: Hash, by: Reader) -> Response:
        """A file of the application, of whatever revision; one that a province keeps is at its address (307)."""
        state = await permitted(store, application, by)
        found = file_of(state, sha256)
        if place := state.kept.get(sha256):
            return RedirectResponse(place.at, headers={"Referrer-Policy": "no-referrer"})
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "Content-Length": str(found.size),
            "ETag": f'"{sha256}"',
        }
        return StreamingResponse(store.file(sha256), media_type=found.media_type, headers=headers)

    return routes


def file_of(application: Application | None, sha256: str) -> Evidence:
    """The file in the manifest of whatever revision.

    Raises:
        NotFound: it is in none.
    """
    manifests = [application.evidence, *(s.evidence for s in application.submissions)] if application else []
    for manifest in manifests:
        for file in manifest:
            if file.sha256 == sha256:
                return file
    raise refusals.no_such_file(sha256)


def _type() -> Problem:
    return problem(
        "evidence.type",
        "file",
        rule=(
            f"按文件内容判断，不是可接受的类型：{ACCEPTED}",
            "by its bytes it is none of: PDF, PNG, JPEG, docx, xlsx (without macros), txt, csv",
        ),
        remedy=(
            "请另存为 PDF 后上传（不接受压缩包、带宏或解压后过大的文件）",
            "Save it as PDF (no archives, no macros, nothing that unpacks to too much).",
        ),
    )
