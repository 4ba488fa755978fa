"""The cheapest path: which items to bring to full marks so that the scorer says the goal is reached, at least effort.

The gates come first: while one excludes, no points help. A rubric has no tiers, so a goal is points in all, points per
dimension, or both, as the scorecard shows them, and no gate that a step can meet left unmet.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm

from services.scoring.domain.effort import Efforts
from services.scoring.domain.knapsack import Clause, Dimension, Option, cheapest
from services.scoring.domain.measured import Measured
from services.scoring.domain.path import Gain, Gains, Goal, NotCounted, OpenGate, Path, Totals, reaches
from services.scoring.domain.scorecard import GateLine, Scorecard
from services.scoring.domain.what_if import Beyond, Lift, lifted, what_if
from shared.contracts.text import text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

_HALF = Fraction(1, 200)
"""Half of the last place a scorecard shows: from there on it is rounded upward."""


def gains(measured: Measured, efforts: Efforts) -> Gains:
    """What every item could gain, each by itself."""
    lifts, beyond = what_if(measured)
    return Gains(items=tuple(_gains(measured.card(), lifts, efforts)), not_counted=tuple(_not_counted(beyond)))


def cheapest_path(measured: Measured, efforts: Efforts, goal: Goal) -> Path:
    """The steps that reach the goal at the least effort, as the scorer itself confirms.

    Raises:
        Refused: the goal names a dimension that the rubric does not have.
    """
    _require_dimensions(measured, goal)
    card, (lifts, beyond) = measured.card(), what_if(measured)
    excluding = _excluding(measured)
    found = cheapest(*_problem(measured, lifts, efforts, goal, excluding))
    chosen = [lift for lift in lifts if lift.position in (found or ())]
    chosen.sort(key=lambda lift: lift.position)
    after = lifted(measured, chosen)
    steps = tuple(_gains(card, chosen, efforts))
    met = excluding - _excluding(after)
    return Path(
        rubric=card.rubric,
        digest=card.digest,
        goal=goal,
        gates=tuple(_open(gate, by_step=gate.code in met) for gate in card.blockers),
        steps=steps,
        effort=sum(step.effort for step in steps),
        before=_totals(measured),
        after=_totals(after),
        best=_totals(lifted(measured, lifts)),
        reached=reaches(_totals(after), goal),
        not_counted=tuple(_not_counted(beyond)),
    )


def _excluding(measured: Measured) -> set[str]:
    """Codes of the gates that are not met, or still to be verified."""
    results = zip(measured.standard.gates, measured.figures.gates, strict=True)
    return {item.code for (item, _), result in results if result in {"not_met", "to_be_verified"}}


def _problem(
    measured: Measured, lifts: Sequence[Lift], efforts: Efforts, goal: Goal, excluding: set[str]
) -> tuple[list[Dimension], int]:
    """The choice in whole numbers: every exact figure over one denominator."""
    exact = measured.figures.exact_clauses
    numbers = [number for own in exact for clause in own for number in clause]
    unit = lcm(*(number.denominator for number in (*numbers, *(lift.earned for lift in lifts))))
    dimensions = [
        Dimension(
            floor=_floor(goal.dimensions.get(dimension.code), unit),
            clauses=tuple(
                Clause(
                    points=int(points * unit),
                    most=int(most * unit),
                    options=tuple(
                        Option(
                            name=lift.position,
                            cost=efforts.items[lift.item.code].effort,
                            gain=int(lift.earned * unit),
                            must=lift.item.code in excluding,
                        )
                        for lift in lifts
                        if own.start <= lift.position < own.stop
                    ),
                )
                for own, (points, most) in zip(places, clauses, strict=True)
            ),
        )
        for dimension, places, clauses in zip(
            measured.standard.rubric.dimensions, measured.standard.clauses, exact, strict=True
        )
    ]
    return dimensions, _floor(goal.total, unit)


def _floor(points: Decimal | None, unit: int) -> int:
    """The least exact number that a scorecard shows as these points."""
    return ceil((Fraction(points) - _HALF) * unit) if points else 0


def _gains(card: Scorecard, lifts: Iterable[Lift], efforts: Efforts) -> Iterator[Gain]:
    causes = {shortfall.item: shortfall for shortfall in card.shortfalls}
    for lift in lifts:
        code, effort = lift.item.code, efforts.items[lift.item.code]
        yield Gain(
            item=code,
            text=lift.item.text,
            gain=lift.gain,
            effort=effort.effort,
            by=effort.by,
            cause=causes[code].cause,
            remedy=causes[code].remedy,
            facts=dict(lift.changes),
        )


def _not_counted(beyond: Iterable[Beyond]) -> Iterator[NotCounted]:
    for one in beyond:
        yield NotCounted(item=one.item.code, why=one.why)


def _open(gate: GateLine, *, by_step: bool) -> OpenGate:
    known = gate.model_dump(include={"text", "result", "reason", "remedy"})
    return OpenGate(item=gate.code, by_step=by_step, **known)


def _totals(measured: Measured) -> Totals:
    brief = measured.brief(shortfalls=0)
    return Totals(total=brief.total, dimensions=brief.dimensions, admitted=brief.admitted)


def _require_dimensions(measured: Measured, goal: Goal) -> None:
    known = [dimension.code for dimension in measured.standard.rubric.dimensions]
    if unknown := sorted(goal.dimensions.keys() - set(known)):
        names = ", ".join(known)
        raise Refused(
            *(
                Problem(
                    code="goal.unknown-dimension",
                    field=f"dimensions.{code}",
                    rule=text(f"标准没有“{code}”这一好", f"the rubric has no dimension {code}"),
                    remedy=text(f"现有：{names}", f"there are: {names}"),
                )
                for code in unknown
            )
        )
