"""An application 申报: one chamber in one round, with everything it declared, handed in and was told."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.intake.domain.facts import ItemCode
from services.intake.domain.receipt import Submission
from shared.contracts import Area, Chamber, Evidence, Facts, FactValue, Instant, Part, ReturnedItem, Text, text
from shared.kernel.state import State

Status = Literal[
    "draft",
    "late",
    "submitted",
    "under_review",
    "returned",
    "nominated",
    "on_notice",
    "declined",
    "withdrawn",
    "honoured",
    "withheld",
    "suspended",
    "superseded",
    "ended",
    "expired",
    "revoked",
]
"""Where an application stands, as its chamber sees it."""

STATUS_WORDS: dict[Status, Text] = {
    "draft": text("草稿", "Draft"),
    "late": text("逾期未受理", "Refused: too late"),
    "submitted": text("已提交", "Submitted"),
    "under_review": text("审核中", "Under review"),
    "returned": text("退回补正", "Returned for correction"),
    "nominated": text("已推荐上报", "Nominated"),
    "on_notice": text("公示中", "On public notice"),
    "declined": text("未通过", "Declined"),
    "withdrawn": text("已撤回", "Withdrawn"),
    "honoured": text("已获称号", "Honoured"),
    "withheld": text("未授予称号", "Honour withheld"),
    "suspended": text("称号已暂停", "Honour suspended"),
    "superseded": text("称号已由其他称号接续", "Honour superseded"),
    "ended": text("称号已随商会终止", "Honour ended"),
    "expired": text("称号已到期", "Honour expired"),
    "revoked": text("称号已撤销", "Honour revoked"),
}
"""Every status in words."""

Stage = Literal["apply", "score", "review", "notice", "honour"]
"""申报 · 评分 · 审核 · 公示 · 称号."""


class ItemEntry(Part):
    """What is declared for one item."""

    version: int = Field(ge=0)
    """Counts the changes of this item, 0 if there was none; who changes it names the version they saw."""
    facts: dict[str, FactValue]
    """By field; empty once cleared."""


class SelfAssessment(Part):
    """What the chamber thinks of itself; it stays here, with the applicant."""

    points: dict[ItemCode, Annotated[Decimal, Field(ge=0, le=100)]] = Field(default={}, max_length=300)
    """Points it would give itself, per item."""
    note: str = Field(default="", max_length=10_000)
    """In its own words."""


class Place(Part):
    """Where a file is kept that is not here."""

    at: str
    """Its address in the province's store."""
    kid: str
    """Id of the key with which the province says so."""
    area: Area
    """Whose key that is."""


class Step(Part):
    """One line of the timeline 时间线."""

    id: str
    """Id of the event, or of the applicant's own act (`submit-1`)."""
    at: Instant
    """When it happened."""
    stage: Stage
    """The part of the way it belongs to."""
    what: Text
    """In a line."""
    detail: Text
    """What follows from it, with figures and dates."""
    status: Status | None = None
    """The status it speaks for; None if it changes nothing."""
    sequence: int | None = None
    """Which scoring of the application it rests on; None if it was not said."""


class Correction(Part):
    """A return 退回补正: what is to be corrected, and until when."""

    id: str
    """Id of the event."""
    at: Instant
    """When it was returned."""
    jurisdiction: Area
    """Who returned it."""
    items: tuple[ReturnedItem, ...]
    """What to correct."""
    deadline: Instant
    """Until when."""
    revision: int | None = None
    """The revision that was returned; None if it was not said."""


class Application(State):
    """An application. `status` follows from `steps` and `corrections` alone (see `timeline`)."""

    round: str
    """Code of the round."""
    chamber: Chamber
    """The chamber, as it was when it last acted."""
    started_at: Instant
    """When the draft was begun."""
    status: Status = "draft"
    """Where it stands."""
    items: dict[str, ItemEntry] = Field(default={})
    """What is declared, as it stands now."""
    evidence: tuple[Evidence, ...] = ()
    """The files, as tied now."""
    kept: dict[str, Place] = Field(default={})
    """Of the files those that a province keeps in a store of its own, by SHA-256."""
    self_assessment: SelfAssessment | None = None
    """The chamber's own marks, if it gave any."""
    submissions: tuple[Submission, ...] = ()
    """Every revision, exactly as it was handed in."""
    corrections: tuple[Correction, ...] = ()
    """Every return, in the order of time."""
    steps: tuple[Step, ...] = ()
    """The timeline, in the order of time."""
    late_at: Instant | None = None
    """When it was first handed in too late, if so."""

    @property
    def id(self) -> str:
        """`<round>-<credit code>`."""
        return application_id(self.round, self.chamber.code)

    @property
    def revision(self) -> int:
        """How often it was handed in."""
        return len(self.submissions)

    @property
    def facts(self) -> Facts:
        """What is declared now, without cleared items."""
        return {code: dict(entry.facts) for code, entry in sorted(self.items.items()) if entry.facts}

    @property
    def correction(self) -> Correction | None:
        """The return that is still to be answered: the latest one, if nothing was handed in after it.

        Numbers tell what came after what: the clocks of two machines may disagree by more than lies between.
        """
        if not self.corrections or not self.submissions:
            return None
        latest = self.corrections[-1]
        if latest.revision is not None:
            return latest if latest.revision >= self.revision else None
        return latest if latest.at > self.submissions[-1].receipt.at else None

    def correctable(self, item: str) -> bool:
        """Whether a returned application may be changed in this item: it was named, or lies under one that was."""
        correction = self.correction
        named = [] if correction is None else [returned.item for returned in correction.items]
        return any(item == code or item.startswith(f"{code}.") for code in named)


class Head(Part):
    """Whose application it is, and in which round."""

    round: str
    """Code of the round."""
    chamber: Chamber
    """The chamber."""


class Timeline(Head):
    """What happened to it."""

    status: Status
    """Where it stands."""
    steps: tuple[Step, ...]
    """In the order of time."""


def application_id(round_: str, chamber: str) -> str:
    """The id of a chamber's application in a round."""
    return f"{round_}-{chamber}"
