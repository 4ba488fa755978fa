"""Scoring: facts in, scorecard out. Pure; the same input gives the same bytes.

How N/A costs nothing: an item that does not apply leaves both the points given and the maximum, and its points are
spread over the items of its clause that do apply, in proportion to theirs (an item of 1.5 takes three times what an
item of 0.5 takes). A clause of which nothing applies spreads its points over its dimension in the same way, a dimension
over the rubric; so the total stays out of 100. The same holds for the rules inside an item. All of it in exact
fractions; figures are rounded once, at the end, one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.scoring.domain.assess import Assessment, assess
from services.scoring.domain.facts import Facts, File, check_facts
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Clause, Dimension, Rubric
from services.scoring.domain.scorecard import ClauseLine, DimensionLine, GateLine, ItemLine, Scorecard
from services.scoring.domain.words import rounded
from shared.contracts.chambers import Chamber
from shared.contracts.scores import Shortfall
from shared.contracts.text import text
from shared.kernel.canonical import digest
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

Marks = Mapping[str, Decimal | Fraction]
"""Item code → experts' mark, 0 to `Rubric.judged_maxima()[code]`."""
_NOTHING = Fraction(0)
Tied = Mapping[str, tuple[str, ...]]
"""Item code → hashes of the files tied to it."""


def score(  # noqa: PLR0917 - six different things, each of its own type
    facts: Facts,
    chamber: Chamber,
    rubric: Rubric,
    parameters: Parameters,
    evidence: Iterable[File] = (),
    marks: Marks | None = None,
) -> Scorecard:
    """The scorecard of one application. Items without a mark in `marks` have their judged points pending, not lost.

    Raises:
        Refused: facts, evidence or marks do not fit the rubric; every place is named.
    """
    files, given = tuple(evidence), marks or {}
    problems = [*check_facts(facts, rubric, parameters, files), *check_marks(given, rubric)]
    if problems:
        raise Refused(*problems)
    tied: dict[str, tuple[str, ...]] = {
        code: tuple(sorted({file.sha256 for file in files if code in file.items}))
        for code in {code for file in files for code in file.items}
    }
    assessed = {code: assess(item, facts, chamber, parameters, given.get(code)) for code, item in rubric.items.items()}
    exact = _exact(rubric, assessed)
    gates = tuple(_gate(one, tied) for one in assessed.values() if one.gate is not None)
    clauses = {c.code: _clause(c, exact, tied) for d in rubric.dimensions for c in d.clauses}
    dimensions = tuple(_dimension(d, clauses) for d in rubric.dimensions)
    totals = [clause for clause, _ in clauses.values()]
    card = Scorecard(
        rubric=rubric.key,
        rubric_digest=rubric.digest,
        parameters=dict(parameters.data),
        chamber=chamber,
        admitted=all(gate.result in {"met", "not_applicable"} for gate in gates),
        gates=gates,
        dimensions=dimensions,
        maximum=rounded(_total(c.maximum for c in totals)),
        total=rounded(_total(c.points for c in totals)),
        pending=rounded(_total(c.pending for c in totals)),
        shortfalls=_shortfalls(exact),
        digest="",
    )
    return card.model_copy(update={"digest": digest(card.model_dump(mode="json", exclude={"digest"}))})


def check_marks(marks: Marks, rubric: Rubric) -> list[Problem]:
    """Marks for items that are not judged, and marks outside 0…maximum."""
    problems = []
    for code in sorted(marks):
        most = rubric.items[code].mark_of if code in rubric.items else Fraction(0)
        if not most:
            rule = text(f"指标 {code} 不由专家评分", f"item {code} is not marked by experts")
            remedy = text("删去该评分", "remove the mark")
        elif not 0 <= Fraction(marks[code]) <= most:
            rule = text(f"评分应在 0 至 {rounded(most)} 之间", f"the mark must lie between 0 and {rounded(most)}")
            remedy = text("更正评分", "correct the mark")
        else:
            continue
        problems.append(Problem(code="marks.invalid", field=f"marks.{code}", rule=rule, remedy=remedy))
    return problems


@dataclass(frozen=True, slots=True)
class _Exact:
    """An item's or a clause's figures before rounding."""

    maximum: Fraction
    points: Fraction
    pending: Fraction

    @property
    def lost(self) -> Fraction:
        return self.maximum - self.points - self.pending if self.maximum != self.points else _NOTHING


def _exact(rubric: Rubric, assessed: Mapping[str, Assessment]) -> dict[str, tuple[Assessment, _Exact]]:
    """Every item with its re-based figures."""
    exact: dict[str, tuple[Assessment, _Exact]] = {}

    def applies(clause: Clause) -> bool:
        return any(assessed[item.code].applies and item.points for item in clause.items)

    weights = [(Fraction(d.points), any(applies(c) for c in d.clauses)) for d in rubric.dimensions]
    for dimension, whole in zip(rubric.dimensions, _spread(Fraction(rubric.points), weights), strict=True):
        parts = _spread(whole, [(Fraction(c.points), applies(c)) for c in dimension.clauses])
        for clause, part in zip(dimension.clauses, parts, strict=True):
            maxima = _spread(part, [(i.weight, assessed[i.code].applies) for i in clause.items])
            for item, most in zip(clause.items, maxima, strict=True):
                one = assessed[item.code]
                exact[item.code] = one, _Exact(most, _part(most, one.share), _part(most, one.pending))
    return exact


def _spread(whole: Fraction, weights: Sequence[tuple[Fraction, bool]]) -> list[Fraction]:
    """The whole, divided by weight among those that apply."""
    total = _total(weight for weight, applies in weights if applies)
    factor = whole / total if total else _NOTHING
    return [(weight if factor == 1 else weight * factor) if applies else _NOTHING for weight, applies in weights]


def _part(whole: Fraction, share: Fraction) -> Fraction:
    """A share of the whole; all and nothing, which are frequent, need no arithmetic."""
    return whole if share == 1 else whole * share if share else _NOTHING


def _total(parts: Iterable[Fraction]) -> Fraction:
    """The exact sum; zeros, which are frequent, cost nothing."""
    return sum((part for part in parts if part), _NOTHING)


def _gate(one: Assessment, tied: Tied) -> GateLine:
    item = one.item
    return GateLine(
        code=item.code,
        text=item.text,
        source=item.source,
        value=dict(one.value),
        rule=one.rule,
        result=one.gate or "to_be_verified",
        reason=one.reason,
        remedy=item.remedy,
        evidence=tied.get(item.code, ()),
    )


def _item(one: Assessment, figures: _Exact, tied: Tied) -> ItemLine:
    item = one.item
    return ItemLine(
        code=item.code,
        text=item.text,
        source=item.source,
        value=dict(one.value),
        rule=one.rule,
        maximum=rounded(figures.maximum),
        points=rounded(figures.points),
        pending=rounded(figures.pending),
        bonus=rounded(one.bonus),
        outcome=one.outcome,
        reason=one.reason,
        evidence=tied.get(item.code, ()),
    )


def _clause(clause: Clause, exact: Mapping[str, tuple[Assessment, _Exact]], tied: Tied) -> tuple[_Exact, ClauseLine]:
    """A clause with its bonus credited: no more than the clause has lost for certain."""
    own = [exact[item.code] for item in clause.items if item.gate is None]
    plain = _Exact(
        _total(figures.maximum for _, figures in own),
        _total(figures.points for _, figures in own),
        _total(figures.pending for _, figures in own),
    )
    bonus = min(plain.lost, _total(one.bonus for one, _ in own if one.applies))
    whole = _Exact(plain.maximum, plain.points + bonus, plain.pending)
    return whole, ClauseLine(
        code=clause.code,
        text=clause.text,
        maximum=rounded(whole.maximum),
        points=rounded(whole.points),
        pending=rounded(whole.pending),
        bonus=rounded(bonus),
        items=tuple(_item(one, figures, tied) for one, figures in own),
    )


def _dimension(dimension: Dimension, clauses: Mapping[str, tuple[_Exact, ClauseLine]]) -> DimensionLine:
    own = [clauses[clause.code] for clause in dimension.clauses]
    return DimensionLine(
        code=dimension.code,
        text=dimension.text,
        maximum=rounded(_total(figures.maximum for figures, _ in own)),
        points=rounded(_total(figures.points for figures, _ in own)),
        pending=rounded(_total(figures.pending for figures, _ in own)),
        clauses=tuple(line for _, line in own),
    )


def _shortfalls(exact: Mapping[str, tuple[Assessment, _Exact]]) -> tuple[Shortfall, ...]:
    """Every item that lost points, costliest first; equal losses in the order of the text."""
    lost = [(one, figures.lost) for one, figures in exact.values() if figures.lost > 0]
    return tuple(
        Shortfall(item=one.item.code, lost=rounded(points), cause=one.reason, remedy=one.item.remedy)
        for one, points in sorted(lost, key=lambda pair: -pair[1])
    )
