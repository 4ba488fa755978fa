"""Drawing up a plan 制定改进方案: from the shortfalls of a scorecard (“量身定制改进方案”, S:001)."""

from datetime import date, datetime

from pydantic import Field

from services.scoring.domain.plan import Name, Plan, PlanItem, plan_id, require_to_come
from services.scoring.domain.standing import Standing
from shared.contracts.event import Sha256
from shared.contracts.text import Text
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State


class Entry(State):
    """One item of a plan, as the officer says it."""

    item: str
    guide: Name
    target: date
    proof: Text
    cause: Text | None = None
    """In the officer's words; else as the scorecard says."""
    remedy: Text | None = None
    """In the officer's words; else as the scorecard says."""


class DrawUp(Command):
    """Draw up a plan from a scorecard."""

    application: str
    digest: Sha256
    """Digest of the scorecard that the officer has read."""
    entries: tuple[Entry, ...]
    standing: Standing = Field(exclude=True)


def draw_up(plan: Plan | None, command: DrawUp, now: datetime) -> Change[Plan]:
    """The plan, with cause and remedy of the scorecard where the officer gives none.

    Raises:
        Refused: there is one already, the scorecard has changed, or an entry does not fit it.
    """
    standing = command.standing
    if plan is not None:
        raise refused(
            "plan.exists",
            "digest",
            rule=("由这张评分卡已制定改进方案。", "There is a plan from this scorecard already."),
            remedy=(
                "请在该方案上办理；重新评分后可另订。",
                "Use that one; after a new scoring draw up another.",
            ),
        )
    if standing.digest != command.digest:
        raise refused(
            "plan.scorecard-changed",
            "digest",
            rule=("评分卡已更新，与所读的不同。", "The scorecard is not the one you read any more."),
            remedy=("请重新读取评分卡后再制定。", "Read the scorecard again."),
        )
    _require_entries(command.entries, standing, now)
    items = tuple(_item(entry, standing) for entry in command.entries)
    return Change(
        Plan(
            id=plan_id(standing.application, standing.digest),
            application=standing.application,
            round=standing.round,
            rubric=standing.rubric,
            digest=standing.digest,
            chamber=standing.chamber,
            total=standing.total,
            items=items,
        )
    )


def _require_entries(entries: tuple[Entry, ...], standing: Standing, now: datetime) -> None:
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        place = f"items.{number}"
        if entry.item in seen:
            raise refused(
                "plan.item-twice",
                f"{place}.item",
                rule=(f"指标 {entry.item} 列了两次。", f"Item {entry.item} stands there twice."),
                remedy=("每项只列一次。", "Name every item once."),
            )
        if entry.item not in standing.lacking:
            raise refused(
                "plan.no-shortfall",
                f"{place}.item",
                rule=(f"评分卡上 {entry.item} 没有短板。", f"The scorecard has no shortfall in {entry.item}."),
                remedy=("请从评分卡的短板和资格条件中选取。", "Choose from its shortfalls and open gates."),
            )
        require_to_come(entry.target, f"{place}.target", now)
        seen.add(entry.item)


def _item(entry: Entry, standing: Standing) -> PlanItem:
    lacking = standing.lacking[entry.item]
    return PlanItem(
        item=entry.item,
        text=lacking.text,
        lost=lacking.lost,
        then=standing.items[entry.item],
        cause=entry.cause or lacking.cause,
        remedy=entry.remedy or lacking.remedy,
        guide=entry.guide,
        target=entry.target,
        proof=entry.proof,
    )
