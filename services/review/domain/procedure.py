"""A procedure: the stages a case passes, as data that an official can read and change.

Few kinds of stages, composed freely:

    officer_decision   an officer passes, returns or declines
    shortlist          a ranked list under the province's quota
    expert_panel       experts mark, a committee votes
    public_notice      anyone may object, the office rules
    announcement       the honour is granted with the number of a document
"""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.text import Text

Who = Literal["own_level", "province", "nation"]
TieRule = Literal["doubts", "A", "B", "C", "D", "code"]
Days = Annotated[int, Field(ge=1, le=366)]


class _Stage(BaseModel):
    """What every stage says."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(pattern=r"^[a-z][a-z_]{2,39}$")
    """Stable, for programs."""
    title: Text
    """For people."""
    source: Text
    """Where the rule comes from; what is our own default says so."""
    applies_to: Literal["all", "direct", "nominated"] = "all"
    """Which cases pass through it: all, only those that apply here directly, or only those a province nominated."""
    days: Days | None = None
    """Days the stage should take. Later it is flagged overdue; time never decides in a person's place."""


class OfficerDecision(_Stage):
    """An officer decides: pass, return for correction, or decline."""

    kind: Literal["officer_decision"]
    who: Who
    """`own_level`: the federation of the chamber's own level; `province`, `nation`: that of the jurisdiction."""
    outcomes: tuple[Literal["pass", "return", "decline"], ...] = Field(min_length=1)
    """What may be decided."""
    return_days: Days
    """Days to correct a returned application; the last one counts in full, in China's time."""
    allowance_minutes: int = Field(ge=0, le=24 * 60)
    """Minutes after that deadline for a correction handed in just in time to arrive here."""


class Shortlist(_Stage):
    """The province ranks its cases and nominates within its quota."""

    kind: Literal["shortlist"]
    ties: tuple[TieRule, ...]
    """What decides between equal points, in order: fewer gates in doubt, more points in a dimension, credit code."""

    @model_validator(mode="after")
    def _ends_with_certainty(self) -> Self:
        if not self.ties or self.ties[-1] != "code":
            raise ValueError("同分规则须以 code 结尾，使排序唯一 / the tie rules must end with code: one order remains")
        return self


class ExpertPanel(_Stage):
    """Experts mark what only people can judge; a committee votes."""

    kind: Literal["expert_panel"]
    experts: int = Field(ge=1, le=25)
    """Experts who must mark each case."""
    look_back_years: int = Field(ge=0, le=20)
    """Years during which a tie that has ended still makes an expert stand aside."""
    trim_from: int = Field(ge=3)
    """From so many marks on, one highest and one lowest are left out of the mean."""
    quorum: str = Field(pattern=r"^[1-9]\d?/[1-9]\d?$")
    """Share of all members who must be present, e.g. `2/3`."""

    @model_validator(mode="after")
    def _quorum_is_a_share(self) -> Self:
        if self.share > 1:
            raise ValueError("出席比例不能大于 1 / the quorum cannot be more than all members")
        return self

    @property
    def share(self) -> Fraction:
        """The quorum as an exact number."""
        return Fraction(self.quorum)


class PublicNotice(_Stage):
    """The candidates are published and anyone may object."""

    kind: Literal["public_notice"]
    window_days: Days
    """Days of the window; the last one counts in full, in China's time."""
    ruling_days: Days
    """Days to rule on an objection, from the day it was filed."""


class Announcement(_Stage):
    """The result is announced and the honour granted."""

    kind: Literal["announcement"]


Stage = Annotated[
    OfficerDecision | Shortlist | ExpertPanel | PublicNotice | Announcement,
    Field(discriminator="kind"),
]


class Procedure(BaseModel):
    """The stages of a jurisdiction's review, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{2,39}@[1-9]\d*$")
    """Name and version: `province@1`. A published version never changes; a change is a new version."""
    title: Text
    """For people."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """In order."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [stage.id for stage in self.stages]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"环节编号重复：{twice[0]} / stage id used twice: {twice[0]}")
        if self.stages[-1].kind not in ("shortlist", "announcement"):
            raise ValueError(
                "最后一个环节须为 shortlist 或 announcement / the last stage must be a shortlist or an announcement"
            )
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            if before.kind == "public_notice" and after.kind != "announcement":
                raise ValueError("公示之后须为通报 / a public notice must be followed by the announcement")
        return self

    def stage(self, id_: str) -> Stage:
        """The stage with this id."""
        return next(stage for stage in self.stages if stage.id == id_)

    def after(self, id_: str | None, *, direct: bool) -> Stage | None:
        """The stage that follows (the first one after None) for a direct or a nominated case; None at the end."""
        start = 0 if id_ is None else self.stages.index(self.stage(id_)) + 1
        road = "direct" if direct else "nominated"
        return next((stage for stage in self.stages[start:] if stage.applies_to in ("all", road)), None)
