"""Links to evidence 材料链接: one file of one application, for one federation, for minutes; and who asked, who fetched.

The document is the ledger: it says for whom the link was made and every time it was used. It holds no link.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import Area, Instant, Sha256
from shared.kernel.actor import Actor
from shared.kernel.calendar import time_words
from shared.kernel.change import Change, NotFound
from shared.kernel.command import Command, refused
from shared.kernel.problem import problem
from shared.kernel.state import State

LONGEST = 15
"""Minutes that a link is good for, at the most. Our default."""
MOST = 20
"""Times that a link may be used: for a download that breaks off and begins again. Our default."""


class Link(State):
    """A link that was given, and its use."""

    application: str
    """Id of the application."""
    file: Sha256
    """Which file."""
    area: Area
    """The federation it was given to."""
    by: Actor
    """Who asked."""
    asked: Instant
    """When."""
    expires: Instant
    """Until when it is good."""
    fetched: tuple[Instant, ...] = ()
    """When it was used."""


class Ask(Command):
    """An officer asks for a link."""

    application: str
    file: Sha256
    area: Area
    minutes: int = Field(ge=1, le=LONGEST)


class Fetch(BaseModel):
    """Whoever holds the link fetches the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Sha256


def ask(link: Link | None, command: Ask, now: datetime) -> Change[Link] | None:
    """Give a link; the same request again answers the same one."""
    if link is not None:
        return None
    asked = now.replace(microsecond=0)
    return Change(
        Link(
            application=command.application,
            file=command.file,
            area=command.area,
            by=command.by,
            asked=asked,
            expires=asked + timedelta(minutes=command.minutes),
        )
    )


def fetch(link: Link | None, command: Fetch, now: datetime) -> Change[Link]:
    """Use it.

    Raises:
        NotFound: no such link was given, or for another file.
        Refused: its time is over, or it was used too often.
    """
    if link is None or link.file != command.file:
        raise no_link()
    if now >= link.expires:
        until = time_words(link.expires)
        raise refused(
            "evidence.link-expired",
            "link",
            rule=(f"链接已于 {until.zh} 失效。", f"The link was good until {until.en}."),
            remedy=("请重新申请链接。", "Ask for a new one."),
        )
    if len(link.fetched) >= MOST:
        raise refused(
            "evidence.link-used-up",
            "link",
            rule=(f"链接至多使用 {MOST} 次。", f"A link is good for {MOST} times."),
            remedy=("请重新申请链接。", "Ask for a new one."),
        )
    return Change(link.but(fetched=(*link.fetched, now)))


def no_link() -> NotFound:
    """It is no link of ours, to be raised."""
    return NotFound(
        problem(
            "evidence.link-unknown",
            "link",
            rule=("不是本服务签发的链接，或链接不完整。", "This is no link of ours, or not the whole of it."),
            remedy=("请完整复制链接，或重新申请。", "Copy the whole link, or ask for a new one."),
        )
    )
