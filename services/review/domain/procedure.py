"""A procedure: the stages a case passes, as data that an official can read and change. Their kinds are in `stages`."""

from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.review.domain.criteria import MOST, Criterion, wrong_with
from services.review.domain.own_fields import MAX_FIELDS, OwnField
from services.review.domain.stages import OfficersTurn, Stage
from shared.contracts.area import CENTRE, Area, province_of
from shared.contracts.text import Text

T = TypeVar("T")

OWN_ID = r"^x-[1-9]\d-[a-z0-9][a-z0-9-]{0,34}@[1-9]\d*$"
"""What a procedure of a province's own is called; those of the platform never are."""


class Procedure(BaseModel):
    """The stages of a jurisdiction's review, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{2,39}@[1-9]\d*$")
    """Name and version: `province@1`. A published version never changes; a change is a new version."""
    title: Text
    """For people."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """In order."""
    area: Area | None = None
    """Whose own it is; None for those of the platform, which are for everyone."""
    extends: str | None = None
    """The procedure of the platform that it is with a layer on it; None if it stands alone."""
    criteria: tuple[Criterion, ...] = ()
    """Criteria of its own: they earn points on its own list, beside the national score."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [stage.id for stage in self.stages]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"环节编号重复：{twice[0]} / stage id used twice: {twice[0]}")
        kinds = [stage.kind for stage in self.stages if not isinstance(stage, OfficersTurn)]
        if twice := sorted({one for one in kinds if kinds.count(one) > 1}):
            raise ValueError(f"{twice[0]} 环节至多一个 / there can be one stage of kind {twice[0]} at the most")
        last = self.stages[-1]
        if last.kind not in ("shortlist", "announcement"):
            raise ValueError(
                "最后一个环节须为 shortlist 或 announcement / the last stage must be a shortlist or an announcement"
            )
        if last.applies_to != "all":
            raise ValueError("最后一个环节须适用于全部案件 / the last stage must apply to all cases")
        if any(stage.kind == "announcement" for stage in self.stages[:-1]):
            raise ValueError("通报须为最后一个环节 / the announcement must be the last stage")
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            if before.kind == "public_notice" and after.kind != "announcement":
                raise ValueError("公示之后须为通报 / a public notice must be followed by the announcement")
        return self

    @model_validator(mode="after")
    def _own(self) -> Self:
        fields = [field for stage in self.stages if isinstance(stage, OfficersTurn) for field in stage.fields]
        names = [field.name for field in fields]
        if self.area is None or self.area == CENTRE:
            if fields or self.criteria or self.area:
                raise ValueError(
                    "area：自有字段与指标须写明是哪个省、市的 / own fields and criteria belong to a province or city"
                )
            return self
        own = province_of(self.area)
        if not self.id.startswith(f"x-{own}-"):
            raise ValueError(f"id：自有程序的编号以 x-{own}- 开头 / the id of an own procedure begins with x-{own}-")
        if foreign := [name for name in names if not name.startswith(f"x-{own}-") or name == self.own_points]:
            raise ValueError(
                f"fields：{foreign[0]} 应以 x-{own}- 开头，且不是 {self.own_points} / "
                f"{foreign[0]} must begin with x-{own}- and not be {self.own_points}"
            )
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"fields：{twice[0]} 写了两次 / {twice[0]} is said twice")
        if len(fields) > MAX_FIELDS:
            raise ValueError(f"fields：至多 {MAX_FIELDS} 个 / {MAX_FIELDS} at the most")
        self._check_criteria(own)
        return self

    def _check_criteria(self, own: str) -> None:
        codes = [criterion.code for criterion in self.criteria]
        for criterion in self.criteria:
            if not criterion.code.startswith(f"{own}."):
                raise ValueError(
                    f"criteria：{criterion.code} 应以 {own}. 开头 / {criterion.code} must begin with {own}."
                )
            if codes.count(criterion.code) > 1:
                raise ValueError(f"criteria：{criterion.code} 写了两次 / {criterion.code} is said twice")
            if wrong := wrong_with(criterion, self.fields.get(criterion.field)):
                raise ValueError(f"criteria：{wrong}")
        if sum(criterion.of for criterion in self.criteria) > MOST:
            raise ValueError(f"criteria：满分合计至多 {MOST} 分 / together {MOST} points at the most")

    @property
    def own_points(self) -> str:
        """Under which name the points of its own criteria travel with a nomination: `x-35-own-points`."""
        return f"x-{province_of(self.area or CENTRE)}-own-points"

    @property
    def fields(self) -> dict[str, OwnField]:
        """Fields of its own, by name, in the order of its stages."""
        return {field.name: field for stage in self.stages if isinstance(stage, OfficersTurn) for field in stage.fields}

    def stage(self, id_: str) -> Stage:
        """The stage with this id."""
        return next(stage for stage in self.stages if stage.id == id_)

    def first(self, kind: type[T]) -> T | None:
        """The first stage of this kind; None if it has none."""
        return next((stage for stage in self.stages if isinstance(stage, kind)), None)

    def after(self, id_: str | None, *, direct: bool) -> Stage | None:
        """The stage that follows (the first one after None) for a direct or a nominated case; None at the end."""
        start = 0 if id_ is None else self.stages.index(self.stage(id_)) + 1
        road = "direct" if direct else "nominated"
        return next((stage for stage in self.stages[start:] if stage.applies_to in ("all", road)), None)
