"""Exports 导出: cases as a workbook, asked for here and made in the background; one that failed says why."""

import uuid
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.review.api.desk import Desk
from services.review.domain import export as exports
from services.review.domain.export import Ask, Asked, Export, Remove, Status
from services.review.store import EXPORTS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.text import Text, text
from shared.kernel.actor import Actor
from shared.kernel.command import refused
from shared.kernel.identity import command_id
from shared.runtime.access import allow, require_area
from shared.runtime.http import IdempotencyKey, Page, Paging

Office = Annotated[Actor, allow(officer="own area", operator="any area")]
Own = Annotated[Actor, allow(officer="self", operator="self")]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATUS_WORDS: dict[Status, Text] = {
    "waiting": text("等待生成", "waiting"),
    "running": text("生成中", "being made"),
    "done": text("已完成，可下载", "done, can be fetched"),
    "failed": text("失败", "failed"),
    "removed": text("已删除", "removed"),
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "XLSX 工作簿 / the workbook",
        "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ExportView(BaseModel):
    """An export."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Its id."""
    asked: Asked
    """Which cases."""
    area: Area
    """The cases are those of this area."""
    at: Instant
    """When it was asked for."""
    status: Status
    """Where it stands."""
    status_text: Text
    """… in words."""
    rows: int
    """Rows written so far."""
    expected: int | None
    """Of how many; null until that is known."""
    attempt: int
    """How often it was begun; after three it has failed."""
    reason: Text | None
    """Why it failed, or what went wrong in the last attempt."""
    name: str | None
    """Name of the file, once it is done."""
    size: int | None
    """Its bytes."""
    sha256: str | None
    """SHA-256 of its bytes."""
    remove_at: Instant | None
    """When the file will be removed."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/exports", tags=["导出 / exports"])

    @routes.post("", status_code=202, summary="申请导出 / ask for an export")
    async def ask(body: Asked, by: Office, key: IdempotencyKey, response: Response) -> ExportView:
        """Ask for the cases that the same filters list; see how it is going at the address in `Location`."""
        id_ = str(uuid.UUID(command_id(by.id, "export", key)))
        area = by.area if by.role == "officer" and by.area else CENTRE
        command = Ask(by=by, id=id_, area=area, asked=body, standing=await desk.store.standing(by.id))
        done = await desk.commands.do(EXPORTS, id_, command, exports.ask, what="ask", by=by, idempotency_key=key)
        response.headers["Location"] = f"/exports/{id_}"
        return view(done.state or await own(id_, by))

    @routes.get("", summary="我的导出 / my exports")
    async def listing(by: Own, paging: Paging) -> Page[ExportView]:
        found = await desk.store.exports(by.id, limit=paging.limit + 1, after=paging.after)
        part = found[: paging.limit]
        more = part[-1].id if len(found) > paging.limit else None
        return Page(items=tuple(map(view, part)), next=more)

    @routes.get("/{export}", summary="一个导出 / one export")
    async def read(export: str, by: Own) -> ExportView:
        return view(await own(export, by))

    @routes.get("/{export}/file", response_class=StreamingResponse, responses=_FILE, summary="下载 / download")
    async def download(export: str, by: Own) -> StreamingResponse:
        """The workbook, once it is done and until it is removed."""
        found = await own(export, by)
        workbook = found.workbook
        if workbook is None:
            raise _not_there(found)
        headers = {
            "Content-Disposition": f"attachment; filename=\"cases.xlsx\"; filename*=UTF-8''{quote(workbook.name)}",
            "Content-Length": str(workbook.size),
            "ETag": f'"{workbook.sha256}"',
        }
        return StreamingResponse(desk.store.workbook(workbook.key), media_type=XLSX, headers=headers)

    @routes.delete("/{export}", status_code=204, summary="删除 / delete")
    async def delete(export: str, by: Own) -> None:
        """Delete the file, or call the export off; its record stays."""
        await own(export, by)
        await desk.commands.do(EXPORTS, export, Remove(by=by), exports.remove, what="remove", by=by)

    async def own(id_: str, by: Actor) -> Export:
        """The caller's export; for anybody else there is none. An officer whose area changed has left it behind.

        Raises:
            NotFound: there is none.
            Forbidden: it is of an area that is not the caller's any more.
        """
        found = await desk.store.get(EXPORTS, id_)
        if found is None or found.by.id != by.id:
            raise exports.unknown(id_)
        require_area(by, found.area)
        return found

    return routes


def view(export: Export) -> ExportView:
    """As its owner sees it."""
    book = export.workbook
    return ExportView(
        **{name: getattr(export, name) for name in ("id", "asked", "area", "at", "status", "rows", "expected")},
        status_text=STATUS_WORDS[export.status],
        attempt=export.tries,
        reason=export.reason,
        name=book.name if book else None,
        size=book.size if book else None,
        sha256=book.sha256 if book else None,
        remove_at=export.remove_at,
    )


def _not_there(export: Export) -> Exception:
    words = STATUS_WORDS[export.status]
    why = export.reason if export.status == "failed" and export.reason else words
    under_way = ("请稍候，完成后再下载。", "Wait until it is done.")
    again = ("请重新申请导出。", "Ask for another export.")
    return refused(
        f"export.{export.status}",
        "export",
        rule=(f"该导出{words.zh}，没有可下载的文件：{why.zh}", f"There is no file, it is {words.en}: {why.en}"),
        remedy=under_way if export.status in ("waiting", "running") else again,
    )
