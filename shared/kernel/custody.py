"""Who holds an area: of two stores the one that may act in it, while it moves from one to the other and back.

    held ──begin──→ leaving ──leave──→ left          at the one that had it
                       └───abort──→ held
    left, or nothing ──arrive──→ arriving ──take──→ held          at the one that gets it

`leave` is the one decision: it needs the receipt of the other side, and only what it answers lets the other `take`.
Before it the area can go back to whom it came from; behind it there is no way back but another move. So at no instant
do two hold an area, and wherever it is broken off, at most nobody does until somebody goes on.
"""

from datetime import datetime
from typing import Literal

from shared.contracts.area import Area
from shared.contracts.event import Instant, Sha256
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State

Status = Literal["held", "leaving", "left", "arriving"]
_WORDS = {
    "held": ("在此办理", "is held here"),
    "leaving": ("正在移出", "is leaving here"),
    "left": ("已经移出", "has left here"),
    "arriving": ("正在移入", "is arriving here"),
}


class Custody(State):
    """What one store knows of its holding an area. A store that knows nothing holds what its settings name."""

    area: Area
    """The area, with everything inside."""
    status: Status = "held"
    """Whether it may act here: only if `held`."""
    number: int = 0
    """Which move of this area it was, counted by both sides alike."""
    move: str | None = None
    """Id of the latest move."""
    peer: Area | None = None
    """Whose service is the other side of it."""
    came: bool = False
    """Whether that move brought it here."""
    since: Instant | None = None
    """When it came to stand so."""
    root: Sha256 | None = None
    """Stands for every document that is handed over (RFC 9162)."""


class Begin(Command):
    """Nobody is to act in this area here any more."""

    area: Area
    peer: Area
    move: str


class Export(Command):
    """These documents are what is handed over."""

    move: str
    root: Sha256


class Leave(Command):
    """The other side has them all, and says so."""

    move: str
    root: Sha256


class Remember(Command):
    """This side has let go: its own release says so, and its store, put back from a backup, has forgotten."""

    area: Area
    peer: Area
    move: str
    number: int
    root: Sha256


class Abort(Command):
    """It stays where it was."""


class Arrive(Command):
    """These documents have come, and wait."""

    area: Area
    peer: Area
    move: str
    number: int
    root: Sha256


class Take(Command):
    """The other side has let go."""

    move: str
    root: Sha256


def begin(custody: Custody | None, command: Begin, now: datetime) -> Change[Custody] | None:
    """Stop acting; what has begun already goes on.

    Raises:
        Refused: it is not held here.
    """
    custody = custody or Custody(area=command.area)
    if custody.status == "leaving" and custody.peer == command.peer:
        return None
    _must(custody, "held")
    return Change(
        custody.but(
            status="leaving",
            number=custody.number + 1,
            move=command.move,
            peer=command.peer,
            since=now,
            root=None,
            came=False,
        )
    )


def export(custody: Custody | None, command: Export, _now: datetime) -> Change[Custody] | None:
    """Note what is handed over: nobody can change it, so it is the same every time.

    Raises:
        Refused: no such move is under way.
    """
    here = _of_move(custody, command.move, "leaving")
    return None if here.root == command.root else Change(here.but(root=command.root))


def leave(custody: Custody | None, command: Leave, now: datetime) -> Change[Custody] | None:
    """Let go, for good.

    Raises:
        Refused: the receipt is for another move, or for other documents.
    """
    if custody and custody.status == "left" and custody.move == command.move:
        return None
    here = _of_move(custody, command.move, "leaving")
    _same(here, command.root)
    return Change(here.but(status="left", since=now))


def remember(custody: Custody | None, command: Remember, now: datetime) -> Change[Custody] | None:
    """It has left, as the release says.

    Raises:
        Refused: something newer is known here.
    """
    if custody and custody.status == "left" and custody.move == command.move:
        return None
    if custody and (custody.number > command.number or (custody.move == command.move and custody.status != "leaving")):
        _must(custody, "left")
    return Change(
        Custody(
            area=command.area,
            status="left",
            number=command.number,
            move=command.move,
            peer=command.peer,
            since=now,
            root=command.root,
        )
    )


def abort(custody: Custody | None, _command: Abort, now: datetime) -> Change[Custody] | None:
    """Act again.

    Raises:
        Refused: it has left, or never began to.
    """
    if custody is None or custody.status == "held":
        return None
    _must(custody, "leaving")
    return Change(custody.but(status="held", since=now))


def arrive(custody: Custody | None, command: Arrive, now: datetime) -> Change[Custody] | None:
    """Have it arrive; a later move takes the place of one that came to nothing.

    Raises:
        Refused: it is held here, or the file is of an earlier move.
    """
    if custody and custody.move == command.move:
        _must(custody, "arriving")
        return None
    if custody:
        _must(custody, "left", "arriving")
        if command.number <= custody.number:
            raise refused(
                "custody.earlier",
                "number",
                rule=(
                    f"此移交文件是第 {command.number} 次移交的，这里已到第 {custody.number} 次。",
                    f"This file is of move {command.number}; here it is move {custody.number} already.",
                ),
                remedy=("请对方重新生成移交文件。", "Ask the other side for a new file."),
            )
    return Change(
        Custody(
            area=command.area,
            status="arriving",
            number=command.number,
            move=command.move,
            peer=command.peer,
            since=now,
            root=command.root,
        )
    )


def take(custody: Custody | None, command: Take, now: datetime) -> Change[Custody] | None:
    """Act from now on.

    Raises:
        Refused: the release is for another move, or for other documents.
    """
    if custody and custody.status == "held" and custody.move == command.move:
        return None
    here = _of_move(custody, command.move, "arriving")
    _same(here, command.root)
    return Change(here.but(status="held", came=True, since=now))


def _must(custody: Custody, *wanted: Status) -> None:
    if custody.status not in wanted:
        zh, en = _WORDS[custody.status]
        raise refused(
            "custody.status",
            "area",
            rule=(
                f"{custody.area} {zh}（第 {custody.number} 次移交）。",
                f"{custody.area} {en} (move {custody.number}).",
            ),
            remedy=("请核对是哪一侧、哪一步。", "Look which side this is, and which step is next."),
        )


def _of_move(custody: Custody | None, move: str, wanted: Status) -> Custody:
    if custody is None or custody.move != move:
        raise refused(
            "custody.other-move",
            "move",
            rule=("此文件不属于这里正在进行的移交。", "This file is not of the move that is under way here."),
            remedy=("请使用最近一次移交的文件。", "Use the files of the latest move."),
        )
    _must(custody, wanted)
    return custody


def _same(custody: Custody, root: str) -> None:
    if custody.root != root:
        raise refused(
            "custody.other-documents",
            "root",
            rule=("双方的文档不一致：摘要的根不同。", "The two sides have other documents: the roots differ."),
            remedy=("请重新运行 move 与 receive。", "Run `move` and `receive` again."),
        )
