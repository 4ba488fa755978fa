"""An officer fills in the fields of the province's own with which a stage is passed."""

from collections.abc import Mapping
from datetime import datetime

from services.review.domain.case import Case, OwnValue
from services.review.domain.own_fields import Given, missing_value, wrong_value
from services.review.domain.stages import OfficersTurn
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.problem import Problem, problem


def fill(case: Case, stage: OfficersTurn, given: Mapping[str, Given], *, by: Actor, now: datetime) -> Case:
    """The case with these fields filled in; what was filled in before and is not named stays.

    Raises:
        Refused: a value does not fit, a field is not of this stage, or one that is needed is empty; all are named.
    """
    fields = {field.name: field for field in stage.fields}
    wrong = [_unknown(name, stage) for name in given if name not in fields]
    values = dict(case.own)
    for name, field in fields.items():
        if name in given:
            value = field.read(given[name])
            if value is None:
                wrong.append(wrong_value(field))
            else:
                values[name] = OwnValue(value=value, stage=stage.id, by=by, at=now)
        elif field.required and name not in values:
            wrong.append(missing_value(field))
    if wrong:
        raise Refused(*wrong)
    return case.but(own=values)


def _unknown(name: str, stage: OfficersTurn) -> Problem:
    known = [field.name for field in stage.fields]
    return problem(
        "field.unknown",
        f"fields.{name[:60]}",
        rule=(
            f"“{stage.title.zh}”没有此字段，可填：{'、'.join(known) or '无'}。",
            f"“{stage.title.en}” has no such field; it has: {', '.join(known) or 'none'}.",
        ),
        remedy=("请删去，或核对字段名。", "Remove it, or check its name."),
    )
