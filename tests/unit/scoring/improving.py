"""What the tests of improvement begin with: applications of invented chambers, scored, and people."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from services.scoring.domain import Standard
from services.scoring.domain.decide import Submission, measured_of, score_submission
from services.scoring.domain.measured import Measured
from services.scoring.domain.record import Record
from services.scoring.domain.standing import Standing, standing_of
from shared.contracts import ApplicationSubmitted, Calendar, Round, text
from shared.contracts.chambers import Receipt
from shared.kernel.actor import Actor
from tests.unit.scoring.samples import chamber, example, example_parameters, sihao

NOW = datetime(2021, 3, 1, 1, tzinfo=UTC)
"""A Monday morning in China."""
CODE = chamber().code
ROUND = Round(
    code="CN-2020",
    area="CN",
    honour="national-sihao",
    title=text("示例认定", "example round"),
    years=(2019, 2020),
    rubric="sihao-2019@1",
    parameters=example_parameters("sihao-2019"),
    procedures={},
    quotas={},
    calendar=Calendar(
        apply_from=NOW - timedelta(days=60),
        apply_until=NOW - timedelta(days=1),
        nominate_until=NOW + timedelta(days=60),
        valid_from=NOW + timedelta(days=100),
        valid_until=NOW + timedelta(days=830),
    ),
)
STANDARD = Standard.of(sihao(), ROUND)


def officer(area: str = "3502") -> Actor:
    return Actor(id=f"officer-{area}", role="officer", area=area)


def secretary(code: str = CODE) -> Actor:
    return Actor(id="secretary", role="secretary", chamber=code)


def facts(**changes: dict[str, Any]) -> dict[str, Any]:
    """The example's facts, some items changed: `facts(B2_i={…})`."""
    return {**deepcopy(example()["facts"]), **{code.replace("_", "."): fields for code, fields in changes.items()}}


def submitted(given: dict[str, Any], *, revision: int = 1, round_: str = "CN-2020", **profile: Any) -> Any:
    """An application handed in."""
    who = chamber(**profile)
    return ApplicationSubmitted(
        area=who.area,
        application=f"{round_}-{who.code}",
        round=round_,
        revision=revision,
        chamber=who,
        facts=given,
        receipt=Receipt(number="1", digest="0" * 64, at=NOW + timedelta(hours=revision)),
    )


def record(given: dict[str, Any] | None = None, **more: Any) -> Record:
    """The same, scored."""
    change = score_submission(None, Submission(submitted(given or facts(), **more), STANDARD), NOW)
    assert change
    return change.state


def measured(of: Record) -> Measured:
    return measured_of(of, STANDARD)[0]


def standing(given: dict[str, Any] | None = None, **more: Any) -> Standing:
    found = record(given, **more)
    return standing_of(found, measured(found))
