"""A procedure: the stages a case passes, as data that an official can read and change. Their kinds are in `stages`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.review.domain.stages import OfficersTurn, Stage
from shared.contracts.text import Text


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

    def stage(self, id_: str) -> Stage:
        """The stage with this id."""
        return next(stage for stage in self.stages if stage.id == id_)

    def after(self, id_: str | None, *, direct: bool) -> Stage | None:
        """The stage that follows (the first one after None) for a direct or a nominated case; None at the end."""
        start = 0 if id_ is None else self.stages.index(self.stage(id_)) + 1
        road = "direct" if direct else "nominated"
        return next((stage for stage in self.stages[start:] if stage.applies_to in ("all", road)), None)
