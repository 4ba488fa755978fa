"""The clerk: takes up exports that wait, writes them page by page, and clears away what nobody needs any more.

Several clerks may work side by side. Each takes an export by a command (a lease, renewed with every report); one that
dies falls silent, and the clock gives its export to another. A report of a try that does not count any more changes
nothing: the clerk then drops what it wrote.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel

from services.review.domain import export as exports
from services.review.domain.export import Cleaned, Export, Finish, Progress, Stumble, Take, Workbook, key_of
from services.review.domain.line import where_to_go_on
from services.review.sheet import CaseSheet
from services.review.store import EXPORTS, ReviewStore, Where, case_filter, seen_by_officer
from shared.contracts.area import CENTRE
from shared.contracts.text import Text, text
from shared.kernel.actor import Actor
from shared.kernel.calendar import CHINA, time_words
from shared.kernel.change import Decider
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.logs import get_logger
from shared.runtime.mongo import StoreError
from shared.runtime.problems import Unavailable

CLERK = Actor(id="review.clerk", role="service")
_PAGE = 500
"""Cases read and written at a time."""
_REPORT = 5_000
"""Rows between two reports; far less than a lease."""
log = get_logger(__name__)


class _Lost(Exception):  # noqa: N818 - a state of affairs
    """This try does not count any more: the export was removed, or another clerk has it."""


class _TooMany(Exception):  # noqa: N818 - a state of affairs
    """There are more cases than one export may hold."""


class Clerk:
    """Works on exports, one at a time."""

    def __init__(self, store: ReviewStore, commands: Commands, clock: Clock, *, limit: int, every: float) -> None:
        """`limit` is how many rows an export may have; `every` the seconds between two looks when nothing waits."""
        self._store = store
        self._commands = commands
        self._clock = clock
        self._limit = limit
        self._every = every

    async def run(self) -> None:
        """For ever: clear away, look, work, rest."""
        while True:
            await self.clean()
            if not await self.work():
                await asyncio.sleep(self._every)

    async def work(self) -> bool:
        """Take up the export that has waited longest and make it; whether it was made."""
        id_ = await self._store.waiting_export()
        export = await self._do(id_, Take(), exports.take, "take") if id_ else None
        if export is None:
            return False
        try:
            await self._make(export)
        except (StoreError, Unavailable):
            raise  # nothing can be noted now: the lease ends, and the export is taken up again
        except _Lost:
            log.info("export.lost", export=export.id, attempt=export.tries)
            await self._store.remove_workbook(export.key)
        except _TooMany:
            await self._stumble(export, self._too_many(), for_good=True)
        except Exception as error:
            log.exception("export.stumbled", export=export.id, attempt=export.tries)
            await self._stumble(export, _broken(error), for_good=False)
        else:
            return True
        return False

    async def clean(self) -> None:
        """Remove the files of exports that failed or were removed, those of every try."""
        for export in await self._store.exports_to_clean():
            for attempt in range(1, export.tries + 1):
                await self._store.remove_workbook(key_of(export.id, attempt))
            await self._do(export.id, Cleaned(), exports.cleaned, "clean")

    async def _make(self, export: Export) -> None:
        where: Where = {"$and": [case_filter(**_asked(export)), seen_by_officer(export.area)]}
        expected = await self._store.lines_in(where)
        with TemporaryDirectory(prefix="sihao-export-") as folder:
            path = Path(folder) / "cases.xlsx"
            async with _sheet(path) as sheet:
                await self._fill(sheet, export, where, expected)
                about = _about(export, sheet, time_words(self._clock.now()))
                await asyncio.to_thread(sheet.save, about)
            sha256 = await asyncio.to_thread(_sha256, path)
            with path.open("rb") as file:
                await self._store.keep_workbook(export.key, file)
            name = f"四好审核案件_{export.asked.round or '全部周期'}_{self._clock.now().astimezone(CHINA):%Y%m%d}.xlsx"
            workbook = Workbook(key=export.key, name=name, size=path.stat().st_size, sha256=sha256)
        done = Finish(attempt=export.tries, rows=sheet.rows, workbook=workbook)
        if await self._do(export.id, done, exports.finish, "finish") is None:
            raise _Lost
        log.info("export.done", export=export.id, rows=sheet.rows, bytes=workbook.size, attempt=export.tries)

    async def _fill(self, sheet: CaseSheet, export: Export, where: Where, expected: int) -> None:
        after: str | None = None
        more = True
        while more:
            if sheet.rows % _REPORT == 0:
                await self._report(export, sheet.rows, expected)
            if max(sheet.rows, expected) > self._limit:
                raise _TooMany
            lines = await self._store.lines(where, limit=_PAGE, after=after)
            await asyncio.to_thread(sheet.append, lines)
            more = len(lines) == _PAGE
            after = where_to_go_on(lines[-1]) if lines else None

    async def _report(self, export: Export, rows: int, expected: int) -> None:
        """Say how far it is.

        Raises:
            _Lost: it does not count any more.
        """
        command = Progress(attempt=export.tries, rows=rows, expected=expected)
        if await self._do(export.id, command, exports.progress, "progress") is None:
            raise _Lost

    async def _stumble(self, export: Export, reason: Text, *, for_good: bool) -> None:
        command = Stumble(attempt=export.tries, reason=reason, for_good=for_good)
        await self._do(export.id, command, exports.stumble, "stumble")

    async def _do(self, id_: str, command: BaseModel, decide: Decider[Export, Any], what: str) -> Export | None:
        """The export after an act that changed it."""
        done = await self._commands.do(EXPORTS, id_, command, decide, what=what, by=CLERK)
        return done.state if done.entry else None

    def _too_many(self) -> Text:
        return text(
            f"符合条件的案件超过 {self._limit} 件，一次导出不能容纳。请按周期、环节或状态缩小范围后重新导出。",
            f"More than {self._limit} cases match, which is more than one export may hold. "
            "Ask again for less: by round, stage or status.",
        )


@asynccontextmanager
async def _sheet(path: Path) -> AsyncIterator[CaseSheet]:
    sheet = CaseSheet(path)
    try:
        yield sheet
    finally:
        await asyncio.to_thread(sheet.discard)


def _asked(export: Export) -> dict[str, Any]:
    asked = export.asked.model_dump()
    return {"round_": asked.pop("round"), **asked}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _broken(error: Exception) -> Text:
    if isinstance(error, OSError):
        return text(
            f"写文件失败：{error.strerror}。请联系运维检查磁盘空间。",
            f"The file could not be written: {error.strerror}. Ask operations to look at the disk.",
        )
    kind = type(error).__name__
    return text(f"生成时出错（{kind}），请联系运维。", f"An error occurred ({kind}); ask operations.")


def _about(export: Export, sheet: CaseSheet, made: Text) -> list[tuple[Text, str]]:
    """What the file says of itself."""
    organ = text("全国", "national") if export.area == CENTRE else text(f"地区 {export.area}", f"area {export.area}")
    asked = {name: value for name, value in export.asked.model_dump(mode="json").items() if value is not None}
    filters = "，".join(f"{name}={value}" for name, value in asked.items())
    return [
        (text("内容", "Content"), str(text("审核案件清单", "cases under review"))),
        (text("筛选条件", "Filters"), filters or str(text("全部", "all"))),
        (text("案件范围", "Within"), str(organ)),
        (text("申请人角色", "Asked in the role of"), export.by.role),
        (text("申请时间", "Asked"), str(time_words(export.at))),
        (text("生成时间", "Made"), str(made)),
        (text("案件数", "Cases"), str(sheet.rows)),
        (text("评分标准", "Rubrics"), "、".join(sorted(sheet.rubrics)) or "—"),
        (text("审核程序", "Procedures"), "、".join(sorted(sheet.procedures)) or "—"),
        (text("导出编号", "Export"), export.id),
    ]
