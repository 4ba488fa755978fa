"""Chambers 商会: the register, and the lists by which federations fill it."""

import asyncio
import csv
import io
from typing import Annotated

from fastapi import APIRouter, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from services.intake.api.uploads import FORM, Upload, read_upload
from services.intake.domain import importing, lists
from services.intake.domain.chamber import RegisteredChamber, Registration
from services.intake.domain.columns import COLUMNS
from services.intake.keeper import Keeper
from services.intake.store import LISTS, IntakeStore
from services.intake.tables import read
from shared.contracts import CENTRE, Area, ChamberType, Level
from shared.kernel.actor import Actor
from shared.kernel.calendar import CHINA
from shared.kernel.change import NotFound
from shared.kernel.problem import problem
from shared.runtime.access import allow, public, require_area, require_chamber
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.http import Page, PageRequest
from shared.runtime.problems import Invalid

MAX_LIST = 5 * 1024 * 1024
"""Bytes of one list."""

Officer = Annotated[Actor, allow(officer="own area")]
Lister = Annotated[Actor, allow(officer="own area", operator="any area")]
Reader = Annotated[Actor, allow(secretary="own chamber", officer="own area", operator="any area")]


class ImportReport(BaseModel):
    """What became of a list."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    list: str
    """Id of the list: the federation's area, and the SHA-256 of the file."""
    rows: int
    """Rows that are right."""
    registered: int
    """Chambers new in the register."""
    changed: int
    """Chambers that were there, and differ."""
    unchanged: int
    """Chambers that were there, exactly so."""
    dry_run: bool
    """Whether it was only checked."""
    errors: tuple[importing.RowError, ...]
    """What is wrong; only ever in a dry run, since otherwise a wrong list is refused."""


class ChamberQuery(PageRequest):
    """Which chambers are asked for."""

    area: Area | None = None
    type: ChamberType | None = None
    level: Level | None = None


def router(store: IntakeStore, commands: Commands, keeper: Keeper, clock: Clock) -> APIRouter:
    """`/chambers`."""
    one_at_a_time = asyncio.Semaphore(1)  # a sheet takes far more memory than its file
    routes = APIRouter(prefix="/chambers", tags=["商会 / chambers"])

    @routes.get(
        "/import/template.csv",
        dependencies=[public("an empty form")],
        response_class=Response,
        responses={
            200: {"description": "表头 / the headings", "content": {"text/csv": {"schema": {"type": "string"}}}}
        },
        summary="导入模板 / import template",
    )
    async def template() -> Response:
        """The headings, in a CSV that spreadsheet programs open properly."""
        line = io.StringIO()
        csv.writer(line).writerow(chinese for chinese, _ in COLUMNS.values())
        headers = {"Content-Disposition": 'attachment; filename="chambers.csv"'}
        return Response(line.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/import", max_body_size=MAX_LIST + FORM, summary="导入商会名单 / import chambers")
    async def import_(file: UploadFile, by: Officer, *, dry_run: bool = False) -> ImportReport:
        """Take over a list (XLSX or CSV), all of it or nothing; `dry_run` only checks it."""
        area = by.area or ""
        require_area(by, area)
        upload = await read_upload(file, MAX_LIST)
        async with one_at_a_time:
            checked = await asyncio.to_thread(_check, upload, area, clock)
        codes = [row.chamber.code for row in checked.rows]
        known = await store.chambers_of(codes)
        wrong = (*checked.errors, *importing.foreign(checked, known, area))
        if wrong and not dry_run:
            raise Invalid(*(error.as_problem() for error in wrong))
        id_ = f"{area}-{upload.sha256}"
        if not dry_run:
            command = lists.AcceptList(file=upload.sha256, rows=checked.rows)
            done = await commands.do(LISTS, id_, command, lists.accept, what="accept-list", by=by)
            if done.state:
                await keeper.register(id_, done.state)
        return _report(id_, checked, wrong, known, dry_run=dry_run)

    @routes.get("", summary="商会名录 / the register")
    async def listing(asked: Annotated[ChamberQuery, Query()], by: Lister) -> Page[RegisteredChamber]:
        """Chambers of an area, in the order of their codes."""
        within = asked.area or by.area or CENTRE
        require_area(by, within)
        found = await store.chambers(
            within, type_=asked.type, level=asked.level, limit=asked.limit + 1, after=asked.after
        )
        part = found[: asked.limit]
        more = part[-1][0] if len(found) > asked.limit else None
        return Page(items=tuple(chamber for _, chamber in part), next=more)

    @routes.get("/{code}", summary="查询商会 / one chamber")
    async def one(code: str, by: Reader) -> RegisteredChamber:
        """A chamber by its credit code."""
        require_chamber(by, code)
        found = await store.chamber(code)
        if found is None:
            raise unknown_chamber(code)
        require_area(by, found.chamber.area)
        return found

    return routes


def unknown_chamber(code: str) -> NotFound:
    """The register has no such chamber."""
    return NotFound(
        problem(
            "chamber.unknown",
            "chamber",
            rule=(f"名录中没有商会 {code}", f"the register has no chamber {code}"),
            remedy=("请联系所属工商联导入商会名单", "Ask your federation to import it."),
        )
    )


def _check(upload: Upload, area: Area, clock: Clock) -> importing.Checked:
    return importing.check(read(upload.data), area=area, today=clock.now().astimezone(CHINA).date())


def _report(
    id_: str,
    checked: importing.Checked,
    wrong: tuple[importing.RowError, ...],
    known: dict[str, RegisteredChamber],
    *,
    dry_run: bool,
) -> ImportReport:
    there = [row for row in checked.rows if row.chamber.code in known]
    same = sum(_same(row, known[row.chamber.code]) for row in there)
    return ImportReport(
        list=id_,
        rows=len(checked.rows),
        registered=len(checked.rows) - len(there),
        changed=len(there) - same,
        unchanged=same,
        dry_run=dry_run,
        errors=wrong,
    )


def _same(row: Registration, known: RegisteredChamber) -> bool:
    new_names = set(row.former_names) - set(known.former_names)
    return row.chamber == known.chamber and row.area_note == known.area_note and not new_names
