"""Criteria of a province's own 自有指标: they earn points on its own list, beside the national score and never in it.

Each rests on a field that an officer filled in. The own score names the national scorecard it stands beside, and its
digest covers both.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.own_fields import FIELD_NAME, ChoiceField, Kept, NumberField, OwnField
from shared.contracts.event import Sha256
from shared.contracts.text import Text, text
from shared.kernel.canonical import digest

MOST = Decimal(20)
"""Points that all criteria of a procedure earn together, at the most: a fifth of the national ones, so that it is the
national standard that decides. Ours."""
_CENT = Decimal("0.01")


class Criterion(BaseModel):
    """One criterion of a province's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    code: str = Field(pattern=r"^[1-9]\d\.[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    """Stable, under the province's code: `35.site`. National items never look so."""
    title: Text
    """For people."""
    source: Text
    """Where it comes from."""
    of: Decimal = Field(gt=0, le=MOST, decimal_places=2)
    """Points possible."""
    field: str = Field(pattern=FIELD_NAME)
    """The field it rests on. A number earns in proportion, none at its `min`, all at its `max`; yes earns all."""
    points: dict[str, Decimal] | None = None
    """For a choice, and only then: the points of every answer."""


class OwnItem(BaseModel):
    """What one criterion earned, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    code: str
    """Code of the criterion."""
    title: Text
    """… in words."""
    points: Decimal
    """Points earned."""
    of: Decimal
    """Points possible."""
    reason: Text
    """Why, with the figures."""


class OwnScore(BaseModel):
    """The province's own points of a case. They stand beside the national score and are not in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    procedure: str
    """Id of the procedure that has the criteria."""
    national: Sha256
    """Digest of the national scorecard beside which they stand."""
    items: tuple[OwnItem, ...]
    """One per criterion."""
    points: Decimal
    """All of them together."""
    of: Decimal
    """Points possible."""
    digest: Sha256
    """SHA-256 over the canonical JSON of all the above: it covers the national scorecard, too."""


def wrong_with(criterion: Criterion, field: OwnField | None) -> str | None:
    """Why a criterion cannot rest on its field; None if it can."""
    where = f"{criterion.code}.field"
    if field is None:
        return f"{where}：没有字段 {criterion.field} / there is no field {criterion.field}"
    if field.type not in ("number", "choice", "yes_no"):
        return f"{where}：{field.type} 字段不能计分 / a field of type {field.type} earns no points"
    if not isinstance(field, ChoiceField):
        spare = criterion.points is not None
        return f"{criterion.code}.points：只用于 choice 字段 / is for choice fields only" if spare else None
    table = criterion.points or {}
    if set(table) != set(field.values):
        wanted = ", ".join(field.values)
        return f"{criterion.code}.points：须为每个选项写明分值：{wanted} / must give points for each of {wanted}"
    if not all(0 <= points <= criterion.of for points in table.values()):
        return f"{criterion.code}.points：应在 0 与 {criterion.of} 之间 / must lie between 0 and {criterion.of}"
    return None


def own_score(
    procedure: str,
    criteria: tuple[Criterion, ...],
    fields: Mapping[str, OwnField],
    values: Mapping[str, Kept],
    national: Sha256,
) -> OwnScore:
    """The points that these values earn."""
    items = tuple(_item(criterion, fields[criterion.field], values.get(criterion.field)) for criterion in criteria)
    points = sum((item.points for item in items), Decimal())
    of = sum((item.of for item in items), Decimal())
    covered = {
        "procedure": procedure,
        "national": national,
        "items": [item.model_dump(mode="json") for item in items],
        "points": str(points),
        "of": str(of),
    }
    return OwnScore(procedure=procedure, national=national, items=items, points=points, of=of, digest=digest(covered))


def _item(criterion: Criterion, field: OwnField, value: Kept | None) -> OwnItem:
    points, reason = _earned(criterion, field, value)
    return OwnItem(code=criterion.code, title=criterion.title, points=points, of=criterion.of, reason=reason)


def _earned(criterion: Criterion, field: OwnField, value: Kept | None) -> tuple[Decimal, Text]:
    zh, en, of = field.title.zh, field.title.en, criterion.of
    if value is None:
        return Decimal("0.00"), text(f"“{zh}”未填写，不得分", f"“{en}” was not filled in: no points")
    if isinstance(field, NumberField):
        share = (Decimal(str(value)) - field.min) / (field.max - field.min)
        points = (share * of).quantize(_CENT, ROUND_HALF_UP)
        return points, text(
            f"“{zh}”为 {value}（{field.min} 至 {field.max}），按比例折合满分 {of} 分，得 {points} 分",
            f"“{en}” is {value} ({field.min} to {field.max}); in proportion, of {of} points: {points}",
        )
    if isinstance(field, ChoiceField):
        chosen = next(choice for choice in field.choices if choice.value == value)
        points = (criterion.points or {})[chosen.value].quantize(_CENT)
        return points, text(
            f"“{zh}”为“{chosen.title.zh}”，得 {points} 分（满分 {of}）",
            f"“{en}” is “{chosen.title.en}”: {points} of {of} points",
        )
    points = (of if value is True else Decimal()).quantize(_CENT)
    said = ("是", "yes") if value is True else ("否", "no")
    return points, text(
        f"“{zh}”为{said[0]}，得 {points} 分（满分 {of}）", f"“{en}” is {said[1]}: {points} of {of} points"
    )
