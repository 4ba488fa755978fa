"""The register of honours 称号名册 as data: lines with everything that is known, the history of a chamber, CSV.

A line is coded data: honour, line, round, level, area, credit code, name as of the grant, document number, status.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.notify.domain.chamber import MergedInto, Rename
from services.notify.domain.honour import HonourEntry, Row, Standing
from services.notify.store import Bulletin
from shared.contracts import Area, Level
from shared.runtime.clock import Clock
from shared.runtime.http import PageRequest

COLUMNS = tuple(name for name in Row.model_fields if name not in ("certificate", "credential"))
"""The columns of the CSV; a reason is its Chinese text."""
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
"""What a cell may not begin with: a spreadsheet might take it for a formula."""
_ISSUED: frozenset[Standing] = frozenset({"upcoming", "valid"})
"""Of what review gives certificates."""
_AT_ONCE = 200


class RegisterFilter(BaseModel):
    """Which part of the register."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    area: Area | None = None
    """Chambers of this area and below."""
    level: Level | None = None
    """Chambers of this level."""
    status: Standing | None = None
    """Honours of this standing."""
    round: str | None = Field(default=None, pattern=r"^[A-Z0-9-]{3,40}$")
    """Honours of this round."""

    @model_validator(mode="before")
    @classmethod
    def _blank_is_any(cls, asked: Any) -> Any:
        """A form sends its empty fields, too."""
        return {name: value for name, value in asked.items() if value != ""} if isinstance(asked, dict) else asked


class RegisterQuery(RegisterFilter, PageRequest):
    """A page of it."""


class History(BaseModel):
    """Everything the register knows of a chamber."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Unified social credit code: it survives renames."""
    name: str
    """The name it bears now, or bore last."""
    names: tuple[Rename, ...]
    """Its renames, oldest first."""
    merged: MergedInto | None
    """The chamber it was merged into; null while it goes on."""
    absorbed: tuple[MergedInto, ...]
    """The chambers that were merged into it."""
    honours: tuple[Row, ...]
    """All its honours over all rounds and lines, oldest first."""


class Register:
    """Reads the register."""

    def __init__(self, bulletin: Bulletin, clock: Clock, reviews: Mapping[str, str]) -> None:
        """`reviews` is the address of the review service that gives certificates, by honour line."""
        self._bulletin = bulletin
        self._clock = clock
        self._reviews = reviews

    async def page(self, query: RegisterQuery) -> list[Row]:
        """The lines that are asked for."""
        return await self._page(query, self._clock.now(), query.limit, query.after)

    async def every(self, asked: RegisterFilter) -> AsyncIterator[list[Row]]:
        """All lines of a part of the register as of now, some at a time."""
        now, after = self._clock.now(), None
        while rows := await self._page(asked, now, _AT_ONCE, after):
            yield rows
            after = rows[-1].honour

    async def lines(self, entries: Sequence[HonourEntry]) -> list[Row]:
        """The lines of these honours, with what other entries know of them."""
        return await self._lines(entries, self._clock.now())

    async def history(self, code: str) -> History | None:
        """A chamber's history; None if it never held an honour."""
        rows = await self._lines(await self._bulletin.of_chamber(code), self._clock.now())
        if not rows:
            return None
        rows.sort(key=lambda row: (row.valid_from, row.honour))
        chamber = (await self._bulletin.chambers([code])).get(code)
        absorbed = [merger for one in await self._bulletin.absorbed(code) if (merger := one.merger())]
        return History(
            code=code,
            name=(chamber.name if chamber else None) or rows[-1].name,
            names=chamber.names() if chamber else (),
            merged=chamber.merger() if chamber else None,
            absorbed=tuple(absorbed),
            honours=tuple(rows),
        )

    async def _page(self, asked: RegisterFilter, now: datetime, limit: int, after: str | None) -> list[Row]:
        found = await self._bulletin.register(
            now=now,
            area=asked.area,
            level=asked.level,
            status=asked.status,
            round_=asked.round,
            limit=limit,
            after=after,
        )
        return await self._lines(found, now)

    async def _lines(self, entries: Sequence[HonourEntry], now: datetime) -> list[Row]:
        rows = [row for row in (entry.row(now) for entry in entries) if row]
        chambers = await self._bulletin.chambers({row.code for row in rows})
        before = await self._bulletin.predecessors([row.honour for row in rows])
        whole = []
        for row in rows:
            chamber, review = chambers.get(row.code), self._reviews.get(row.line)
            given = f"{review.rstrip('/')}/honours/{quote(row.honour, safe=':')}" if review else None
            issued = given if row.status in _ISSUED else None
            whole.append(
                row.model_copy(
                    update={
                        "predecessor": row.predecessor or before.get(row.honour),
                        "name_now": chamber.name if chamber and chamber.name != row.name else None,
                        "merged_into": chamber.merged.event.into.code if chamber and chamber.merged else None,
                        "certificate": f"{issued}/certificate.pdf" if issued else None,
                        "credential": f"{issued}/credential" if issued else None,
                    }
                )
            )
        return whole


def as_csv(rows: Iterable[Row], *, head: bool = True) -> bytes:
    """Lines as CSV (RFC 4180), UTF-8; with its head it begins with a mark that spreadsheet programs need."""
    out = io.StringIO()
    writer = csv.writer(out)
    if head:
        writer.writerow(COLUMNS)
    for row in rows:
        told = row.model_dump(mode="json")
        writer.writerow(_cell(told[name]) for name in COLUMNS)
    return out.getvalue().encode("utf-8-sig" if head else "utf-8")


def _cell(value: Any) -> str:
    words = value["zh"] if isinstance(value, dict) else str(value or "")
    return f"'{words}" if words.startswith(_ACTIVE) else words
