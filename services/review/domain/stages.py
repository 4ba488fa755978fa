"""The kinds of stages, each with what it has to be told. Few, and composed freely into procedures.

completeness_check      an officer sees that everything is there, before anybody reads it
officer_decision        an officer passes, returns or declines
site_visit              people go and look, and report what they found
cross_area_inspection   the same by a federation of another area (轮查互促): another city, or county
shortlist               a ranked list under a quota
expert_panel            experts mark, a committee votes
leadership_decision     the leaders' meeting (主席办公会议) takes the committee's list, or departs from it with reasons
public_notice           anyone may object, the office rules
announcement            the honour is granted with the number of a document
"""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.review.domain.own_fields import OwnField
from shared.contracts.text import Text
from shared.kernel.calendar import Term

Who = Literal["own_level", "city", "province", "nation"]
TieRule = Literal["doubts", "A", "B", "C", "D", "code"]

_CERTAIN: TieRule = "code"
"""No two chambers have the same."""


def _require_certainty(ties: tuple[TieRule, ...]) -> None:
    if ties[-1:] != (_CERTAIN,):
        raise ValueError("同分规则须以 code 结尾，使排序唯一 / the tie rules must end with code: one order remains")


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
    days: Term | None = None
    """Days, or working days (`{working: 10}`), that the stage should take. Later it is flagged overdue; time never
    decides in a person's place."""


class OfficersTurn(_Stage):
    """A stage that an officer ends: by passing, returning for correction, or declining."""

    who: Who
    """`own_level`: the federation of the chamber's own level; the others: that of the jurisdiction."""
    outcomes: tuple[Literal["pass", "return", "decline"], ...] = Field(min_length=1)
    """What may be decided."""
    return_days: Term
    """Days to correct a returned application; the last one counts in full, in China's time."""
    allowance_minutes: int = Field(ge=0, le=24 * 60)
    """Minutes after that deadline for a correction handed in just in time to arrive here."""
    fields: tuple[OwnField, ...] = ()
    """Fields of the province's own, filled in when the case passes the stage."""


class CompletenessCheck(OfficersTurn):
    """Whether everything is there; what it is worth is for later stages."""

    kind: Literal["completeness_check"]
    evidence_for: tuple[str, ...] = Field(min_length=1)
    """Parts of the rubric (`A`, `D1`, `B2.i`): whatever earns points there must have a file that shows it."""


class OfficerDecision(OfficersTurn):
    """An officer decides: pass, return for correction, or decline."""

    kind: Literal["officer_decision"]


class Visited(OfficersTurn):
    """People go and look; an officer decides when their reports are in."""

    reports: int = Field(ge=1, le=20)
    """Reports there must be before the case can pass."""
    visitors: int = Field(ge=1, le=20)
    """People who must have gone, for a report to count."""
    photos: int = Field(ge=0, le=100)
    """Photos that a report must have, at the least."""


class SiteVisit(Visited):
    """The federation whose turn it is goes itself."""

    kind: Literal["site_visit"]


class CrossAreaInspection(Visited):
    """Another federation goes, appointed by the one in charge: a city of the same province, a county of the city."""

    kind: Literal["cross_area_inspection"]


class Cap(BaseModel):
    """At most so many of one sort on a list, so that no sort takes it all (S:004 统筹兼顾)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    by: Literal["type", "level", "city"]
    """What sorts them: type or level of the chamber, or the city it lies in."""
    value: str = Field(min_length=1, max_length=40)
    """Which: `hometown`, `county`, `3502`."""
    at_most: int = Field(ge=0)
    """How many."""


class Shortlist(_Stage):
    """The federation in charge ranks its cases under its quota: those within it are nominated, or go on."""

    kind: Literal["shortlist"]
    ties: tuple[TieRule, ...]
    """What decides between equal points, in order: fewer gates in doubt, more points in a dimension, credit code."""
    floor: Decimal | None = None
    """Points below which nobody is nominated, though the quota be not full (宁缺毋滥)."""
    reserves: int = Field(default=0, ge=0, le=100)
    """Places after the quota that are kept in reserve, in order."""
    caps: tuple[Cap, ...] = ()
    """Sorts of which only so many may be nominated."""

    @model_validator(mode="after")
    def _ends_with_certainty(self) -> Self:
        _require_certainty(self.ties)
        return self


class Normalisation(BaseModel):
    """The experts' marks are made comparable before they are settled, expert by expert (标准分). Ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    min_cases: int = Field(ge=2, le=1000)
    """Cases an expert must have marked; the marks of one with fewer stay as they are, and this is said."""


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
    normalise: Normalisation | None = None
    """Whether marks are normalised per expert; then they settle for all cases at once, when the marking is closed."""
    reason_percent: int | None = Field(default=None, ge=1, le=100)
    """How far off the computed or the province's value a mark needs a reason, in percent of what is possible; without
    it none does."""
    outlier_percent: int = Field(default=25, ge=1, le=100)
    """How far off the median a mark is shown to the office as an outlier, in percent of what is possible. Ours."""

    @model_validator(mode="after")
    def _quorum_is_a_share(self) -> Self:
        if self.share > 1:
            raise ValueError("出席比例不能大于 1 / the quorum cannot be more than all members")
        return self

    @property
    def share(self) -> Fraction:
        """The quorum as an exact number."""
        return Fraction(self.quorum)


class LeadershipDecision(_Stage):
    """The leaders' meeting decides on the committee's list; the record names its document and every departure."""

    kind: Literal["leadership_decision"]


class PublicNotice(_Stage):
    """The candidates are published and anyone may object."""

    kind: Literal["public_notice"]
    window_days: Term
    """Days of the window; the last one counts in full, in China's time."""
    ruling_days: Term
    """Days to rule on an objection, from the day it was filed."""
    hearing: bool = False
    """Whether there must be a hearing before a ruling."""
    anonymous: bool = True
    """Whether an objection without a name is taken."""
    gates_again: bool = False
    """Whether every gate must be looked at again before."""


class Distinction(BaseModel):
    """The best of those who are announced bear a further honour, such as 十佳 (S:002 “四好”商会、“十佳四好”商会)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    suffix: str = Field(pattern=r"^[a-z0-9]{2,12}$")
    """What its honour line ends with: `top10` makes `xiamen-sihao-top10`."""
    title: Text
    """What it is called."""
    quota: int = Field(ge=1, le=1000)
    """How many bear it, at the most."""
    ties: tuple[TieRule, ...]
    """What decides between equal points, in order."""
    floor: Decimal | None = None
    """Points below which nobody bears it, though the quota be not full (宁缺毋滥)."""

    @model_validator(mode="after")
    def _ends_with_certainty(self) -> Self:
        _require_certainty(self.ties)
        return self


def line_of(honour: str, rule: Distinction) -> str:
    """The honour line of a distinction within an honour: `xiamen-sihao-top10`."""
    return f"{honour}-{rule.suffix}"


class Announcement(_Stage):
    """The result is announced and the honour granted."""

    kind: Literal["announcement"]
    gates_again: bool = False
    """Whether every gate must be looked at again before."""
    distinction: Distinction | None = None
    """A further honour for the best of them, if there is one."""


Stage = Annotated[
    CompletenessCheck
    | OfficerDecision
    | SiteVisit
    | CrossAreaInspection
    | Shortlist
    | ExpertPanel
    | LeadershipDecision
    | PublicNotice
    | Announcement,
    Field(discriminator="kind"),
]
