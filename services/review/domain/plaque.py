"""The plaque 牌匾 of an honour that was taken back: due within days, returned on a day, received by somebody.

Within 15 days for associations' assessments, else announced void (民政部令39 art. 30); for “四好” honours ours.
"""

from datetime import date, datetime

from pydantic import Field

from services.review.domain.honour import Register
from services.review.domain.term import Plaque, Returned
from shared.kernel.calendar import CHINA
from shared.kernel.change import Change
from shared.kernel.command import Command, missing, refused


class Receive(Command):
    """The plaque is back."""

    round: str
    on: date
    received_by: str = Field(min_length=1, max_length=100)
    note: str = Field(default="", max_length=500)


def overdue(plaque: Plaque, now: datetime) -> bool:
    """Whether it should be back and is not."""
    return plaque.returned is None and now >= plaque.due


def receive(register: Register | None, command: Receive, now: datetime) -> Change[Register]:
    """Enter the return; also of one that comes late.

    Raises:
        Refused: none is due, it was entered before, or the day is in the future.
    """
    if register is None:
        raise missing("honours", command.round, "称号，周期", "honour of round")
    found = register.of_round(command.round)
    if found.plaque is None:
        raise refused(
            "plaque.not-due",
            "round",
            rule=(f"称号 {found.honour} 无须交回牌匾。", f"The plaque of {found.honour} is not to be returned."),
            remedy=("称号撤销或终止后，才登记牌匾交回。", "Enter it after the honour was revoked or ended."),
        )
    if found.plaque.returned:
        raise refused(
            "plaque.returned",
            "round",
            rule=(f"牌匾已于 {found.plaque.returned.on} 交回。", f"It was returned on {found.plaque.returned.on}."),
            remedy=("无需重复登记。", "No need to enter it again."),
        )
    today = now.astimezone(CHINA).date()
    if command.on > today:
        raise refused(
            "plaque.future",
            "on",
            rule=(f"交回日期 {command.on} 晚于今天 {today}。", f"{command.on} is after today, {today}."),
            remedy=("请填写实际交回的日期。", "Give the day on which it came back."),
        )
    returned = Returned(on=command.on.isoformat(), received_by=command.received_by, note=command.note, at=now)
    plaque = found.plaque.model_copy(update={"returned": returned})
    after = found.model_copy(update={"plaque": plaque})
    return Change(register.but(terms=tuple(after if t.honour == after.honour else t for t in register.terms)))
