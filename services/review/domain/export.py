"""An export 导出: cases as a workbook, made in the background, kept for some days. It can fail, and says so.

    waiting ──take──► running ──finish──► done ──7 days, or deleted──► removed
       ▲                │ │ ▲
       └── again ───────┘ │ └── progress, which renews the lease
        stumbled, or its  └──► failed, with the reason: after the last try, or where another would be the same
        worker is silent

Whoever works on it holds a lease. A worker that dies is silent, the lease ends by the clock, and another takes it up.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.case import Status as CaseStatus
from shared.contracts.area import Area
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text, text
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Due, NotFound
from shared.kernel.command import Command, missing, refused
from shared.kernel.state import State

Status = Literal["waiting", "running", "done", "failed", "removed"]
"""等待 · 生成中 · 已完成 · 失败 · 已删除."""
LEASE = timedelta(minutes=2)
"""How long a worker may be silent. Our default."""
TRIES = 3
"""After so many tries it has failed. Our default."""
KEPT = timedelta(days=7)
"""How long a finished workbook can be fetched. Our default."""
STANDING = 3
"""Exports that one person may have waiting or running. Our default."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Asked(_Part):
    """Which cases; the same filters as for the list."""

    round: str | None = Field(default=None, max_length=40)
    """Code of the round."""
    jurisdiction: Area | None = None
    """Where they are reviewed."""
    stage: str | None = Field(default=None, max_length=40)
    """Id of their stage."""
    status: CaseStatus | None = None
    """Where they stand; left out: all that were opened."""
    overdue: bool | None = None
    """Whether their stage takes too long."""


class Workbook(_Part):
    """The finished file."""

    key: str
    """Under which it is stored."""
    name: str
    """As people save it."""
    size: int
    """Bytes."""
    sha256: Sha256
    """SHA-256 of its bytes."""


class Export(State):
    """One export."""

    id: str
    """Derived from who asked and their idempotency key."""
    by: Actor
    """Who asked for it; nobody else sees it."""
    area: Area
    """The cases are those that an officer of this area sees."""
    asked: Asked
    """Which cases."""
    at: Instant
    """When it was asked for."""
    status: Status = "waiting"
    """Where it stands."""
    tries: int = 0
    """How often it was begun."""
    until: Instant | None = None
    """While it is running: when the lease ends."""
    rows: int = 0
    """Rows written in this try."""
    expected: int | None = None
    """How many there will be, as counted when this try began."""
    reason: Text | None = None
    """What went wrong last."""
    workbook: Workbook | None = None
    """The file, while it can be fetched."""
    remove_at: Instant | None = None
    """When the file will be removed."""
    files: bool = False
    """Whether the store may hold files of it."""

    def due(self) -> datetime | None:
        """When the lease ends, or the file is to be removed."""
        return {"running": self.until, "done": self.remove_at}.get(self.status)

    @property
    def key(self) -> str:
        """Under which the file of the present try is stored; another try never writes to it."""
        return key_of(self.id, self.tries)


class Ask(Command):
    """A person asks for one."""

    id: str
    area: Area
    asked: Asked
    standing: int = Field(exclude=True)
    """How many of theirs are waiting or running."""


class Take(BaseModel):
    """A worker takes it up."""

    model_config = ConfigDict(frozen=True)


class Progress(_Part):
    """A worker says how far it is; this renews its lease."""

    attempt: int
    rows: int
    expected: int


class Finish(_Part):
    """The file is stored."""

    attempt: int
    rows: int
    workbook: Workbook


class Stumble(_Part):
    """It did not work out."""

    attempt: int
    reason: Text
    for_good: bool = False
    """Whether another try would end the same."""


class Remove(Command):
    """The person does not need it any more."""


class Cleaned(BaseModel):
    """No file of it is left in the store."""

    model_config = ConfigDict(frozen=True)


def key_of(export: str, attempt: int) -> str:
    """Under which the file of a try is stored."""
    return f"{export}.{attempt}"


def ask(export: Export | None, command: Ask, now: datetime) -> Change[Export] | None:
    """Queue it.

    Raises:
        Refused: the person has enough of them under way.
    """
    if export is not None:
        return None
    if command.standing >= STANDING:
        raise refused(
            "export.too-many",
            "exports",
            rule=(
                f"您已有 {command.standing} 个导出正在等待或生成，最多 {STANDING} 个。",
                f"You have {command.standing} exports waiting or running; {STANDING} are allowed.",
            ),
            remedy=("请等待其完成，或删除不再需要的导出。", "Wait until one is done, or delete one."),
        )
    return Change(Export(id=command.id, by=command.by, area=command.area, asked=command.asked, at=now))


def take(export: Export | None, _command: Take, now: datetime) -> Change[Export] | None:
    """Begin a try; None if it is not waiting (another worker has it)."""
    if export is None or export.status != "waiting":
        return None
    begun = export.but(status="running", tries=export.tries + 1, until=now + LEASE, rows=0, expected=None, files=True)
    return Change(begun)


def progress(export: Export | None, command: Progress, now: datetime) -> Change[Export] | None:
    """Note how far it is; None if this try does not count any more."""
    if export is None or not _current(export, command.attempt):
        return None
    return Change(export.but(rows=command.rows, expected=command.expected, until=now + LEASE))


def finish(export: Export | None, command: Finish, now: datetime) -> Change[Export] | None:
    """It can be fetched; None if this try does not count any more."""
    if export is None or not _current(export, command.attempt):
        return None
    done = export.but(
        status="done",
        rows=command.rows,
        expected=command.rows,
        workbook=command.workbook,
        reason=None,
        until=None,
        remove_at=now + KEPT,
    )
    return Change(done)


def stumble(export: Export | None, command: Stumble, _now: datetime) -> Change[Export] | None:
    """Wait for another try, or fail; None if this try does not count any more."""
    if export is None or not _current(export, command.attempt):
        return None
    return Change(_again(export, command.reason, for_good=command.for_good))


def remove(export: Export | None, _command: Remove, _now: datetime) -> Change[Export] | None:
    """Take it away, finished or not; its record stays.

    Raises:
        NotFound: there is none.
    """
    if export is None:
        raise unknown("")
    return None if export.status == "removed" else Change(_removed(export))


def cleaned(export: Export | None, _command: Cleaned, _now: datetime) -> Change[Export] | None:
    """Note that the store holds no file of it any more."""
    if export is None or not export.files or export.status not in ("failed", "removed"):
        return None
    return Change(export.but(files=False))


def on_due(export: Export | None, _due: Due, now: datetime) -> Change[Export] | None:
    """What time does: end the lease of a worker that is silent; remove a file that was kept long enough."""
    at = export.due() if export else None
    if export is None or at is None or at > now:
        return None
    if export.status == "done":
        return Change(_removed(export))
    silent = text(
        f"生成中断：{LEASE.seconds // 60} 分钟没有进展。",
        f"It broke off: no progress for {LEASE.seconds // 60} minutes.",
    )
    return Change(_again(export, silent, for_good=False))


def unknown(id_: str) -> NotFound:
    """There is no such export, as far as the caller may know."""
    return missing("exports", id_, "导出", "export")


def _current(export: Export, attempt: int) -> bool:
    return export.status == "running" and export.tries == attempt


def _again(export: Export, reason: Text, *, for_good: bool) -> Export:
    over = for_good or export.tries >= TRIES
    return export.but(status="failed" if over else "waiting", reason=reason, until=None)


def _removed(export: Export) -> Export:
    return export.but(status="removed", workbook=None, until=None, remove_at=None)
