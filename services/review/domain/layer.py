"""A province's own layer 自有层 on a procedure of the platform: further stages before its gate, fields, criteria.

It only adds. The stages of the procedure it lies on stay as they are, in their order, so that nothing of what the
centre relies on can be loosened by a file (`layered`).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.criteria import Criterion
from services.review.domain.own_fields import OwnField
from services.review.domain.procedure import OWN_ID, Procedure
from services.review.domain.stages import (
    CompletenessCheck,
    CrossAreaInspection,
    OfficerDecision,
    OfficersTurn,
    SiteVisit,
    Stage,
)
from shared.contracts.area import Area
from shared.contracts.text import Text

OfficersStage = Annotated[
    CompletenessCheck | OfficerDecision | SiteVisit | CrossAreaInspection, Field(discriminator="kind")
]
"""The kinds that an officer ends: those a layer may add."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Insertion(_Part):
    """A further stage."""

    before: str
    """Id of the stage before which it stands: the list, or one before it."""
    stage: OfficersStage
    """The stage."""


class Layer(_Part):
    """What a jurisdiction adds to a procedure."""

    id: str = Field(pattern=OWN_ID)
    """Name and version in the province's namespace: `x-35-review@1`. A published version never changes."""
    area: Area
    """Whose it is."""
    extends: str
    """Id of the procedure it lies on: `province@1`."""
    title: Text
    """For people."""
    stages: tuple[Insertion, ...] = ()
    """Further stages, in order."""
    fields: dict[str, tuple[OwnField, ...]] = Field(default_factory=dict)
    """Fields that officers fill in, by the id of the procedure's own stage."""
    criteria: tuple[Criterion, ...] = ()
    """Criteria of its own list."""


def layered(base: Procedure, layer: Layer) -> Procedure:
    """The procedure with the layer on it.

    Raises:
        ValueError: the layer does not fit, with where and why.
    """
    _check_fits(base, layer)
    stages: list[Stage] = []
    for stage in base.stages:
        stages += [one.stage for one in layer.stages if one.before == stage.id]
        more = layer.fields.get(stage.id, ())
        stages.append(stage.model_copy(update={"fields": more}) if isinstance(stage, OfficersTurn) and more else stage)
    return Procedure(
        id=layer.id,
        title=layer.title,
        area=layer.area,
        extends=base.id,
        stages=tuple(stages),
        criteria=layer.criteria,
    )


def _check_fits(base: Procedure, layer: Layer) -> None:
    gate = next((n for n, stage in enumerate(base.stages) if stage.kind == "shortlist"), len(base.stages) - 1)
    allowed = [stage.id for stage in base.stages[: gate + 1]]
    for n, one in enumerate(layer.stages):
        if one.before not in allowed:
            raise ValueError(
                f"stages.{n}.before：自有环节须在把关之前，可写 {'、'.join(allowed)} / "
                f"stages of your own stand before the gate: one of {', '.join(allowed)}"
            )
    officers = [stage.id for stage in base.stages if isinstance(stage, OfficersTurn)]
    for id_ in layer.fields:
        if id_ not in officers:
            raise ValueError(
                f"fields.{id_}：{base.id} 中由干部办理的环节为 {'、'.join(officers) or '—'} / "
                f"the stages that officers end in {base.id} are {', '.join(officers) or '—'}"
            )
