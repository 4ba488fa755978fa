"""The figures once more, slowly and plainly, straight from the rubric's definitions: what the fast ones must equal.

One function per kind, exact fractions, nothing compiled, nothing shared with the engine but the rubric's own data.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from services.scoring.domain import Item, Parameters, Rubric

Found = tuple[Fraction, Fraction] | None
"""Earned and pending, 0…1; None if it does not apply."""


def points(
    rubric: Rubric, parameters: Parameters, facts: Mapping[str, Any], absent: set[str], marks: Mapping[str, Decimal]
) -> tuple[dict[str, tuple[Decimal, Decimal, Decimal]], Decimal]:
    """Item → maximum, points, pending; and the total. `absent` are the items whose condition does not hold."""
    found = {
        item.code: None if item.code in absent else share(item, given(item, facts), parameters, marks.get(item.code))
        for item in rubric.items.values()
        if item.gate is None
    }
    lines, total = {}, Fraction(0)
    for dimension in rubric.dimensions:
        for clause in dimension.clauses:
            own = [item for item in clause.items if found.get(item.code) is not None]
            weight = sum(Fraction(item.points) for item in own)
            lost = Fraction(0)
            offered = Fraction(0)
            for item in clause.items:
                if item.gate is None:
                    earned, pending = found[item.code] or (Fraction(0), Fraction(0))
                    most = Fraction(item.points) * Fraction(clause.points) / weight if item in own else Fraction(0)
                    lines[item.code] = tuple(round_half_up(part) for part in (most, most * earned, most * pending))
                    total += most * earned
                    lost += most * (1 - earned - pending)
                    offered += bonus(item, given(item, facts)) if item in own else 0
            total += min(lost, offered)
    return lines, round_half_up(total)


def given(item: Item, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Field → fact, references followed."""
    places = {name: (field.origin or f"{item.code}.{name}").rpartition(".") for name, field in item.fields.items()}
    return {name: facts.get(code, {}).get(origin) for name, (code, _, origin) in places.items()}


def share(item: Item, values: Mapping[str, Any], parameters: Parameters, mark: Decimal | None) -> Found:
    """An item: its rules by their percentages, without those that do not apply."""
    found = []
    for rule in item.point_rules:
        if rule.kind == "judged":
            one = (Fraction(0), Fraction(1)) if mark is None else (Fraction(mark) / item.mark_of, Fraction(0))
        else:
            earned = _KINDS[rule.kind](rule, values, parameters)
            one = None if earned is None else (Fraction(earned), Fraction(0))
        if one is not None:
            found.append((rule.share, one))
    whole = sum(percent for percent, _ in found)
    if not whole:
        return None
    return tuple(sum(percent * one[part] for percent, one in found) / Fraction(whole) for part in (0, 1))


def bonus(item: Item, values: Mapping[str, Any]) -> Fraction:
    """Bonus points offered."""
    rule = item.bonus
    return min(Fraction(rule.cap), (values[rule.field] or 0) * Fraction(rule.each)) if rule else Fraction(0)


def round_half_up(exact: Fraction) -> Decimal:
    """To two places; far more digits than any figure here needs are kept before."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _threshold(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction | int | None:
    part, whole = values[rule.of] or {}, values[rule.by] or {}
    periods = [str(y) for y in parameters.years(rule.years)] if rule.years else [*{**part, **whole}]
    if not periods:
        return 0
    judged = [period for period in periods if not (rule.zero == "skip" and whole.get(period) == 0)]
    if not judged:
        return None

    def reached(period: str) -> bool:
        a, b = part.get(period), whole.get(period)
        return bool(
            a is not None
            and b
            and (a <= b or not rule.within)
            and Fraction(a, b) * 100 >= parameters.percent(rule.percent)
        )

    return Fraction(sum(map(reached, judged)), len(judged))


def _trend(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction:
    counts, years = values[rule.field] or {}, parameters.years(rule.years)
    grew = [str(y - 1) in counts and str(y) in counts and counts[str(y)] > counts[str(y - 1)] for y in years]
    return Fraction(sum(grew), len(grew))


def _ratio(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction | None:
    part, whole = values[rule.of], values[rule.by]
    if rule.years:
        years = [str(y) for y in parameters.years(rule.years)]
        pairs = [((part or {}).get(year), (whole or {}).get(year)) for year in years]
    else:
        pairs = [(part, whole)]
    judged = [(a, b) for a, b in pairs if not (rule.zero == "skip" and b == 0)]
    if not judged:
        return None
    goal = parameters.percent(rule.full_at) / 100
    earned = [min(Fraction(1), Fraction(a, b) / goal) if a is not None and b and a <= b else 0 for a, b in judged]
    return sum(earned, Fraction(0)) / len(earned)


def _checklist(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction | int:
    if rule.field is None:
        there = [values[name] is True for name in rule.fields]
    else:
        wanted = parameters.names(rule.wanted) if isinstance(rule.wanted, str) else rule.wanted
        there = [name in (values[rule.field] or ()) for name in wanted]
    return Fraction(sum(there), len(there)) if rule.counts == "each" else any(there)


def _count(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction:
    value = values[rule.field]
    years = [str(y) for y in parameters.years(rule.years)] if rule.years else []
    numbers = [(value or {}).get(year) for year in years] if rule.years else [value]
    steps = {parameters.whole(least): percent for least, percent in rule.steps.items()}
    earned = [max([0, *(p for least, p in steps.items() if n is not None and n >= least)]) for n in numbers]
    return Fraction(sum(earned), 100 * len(earned))


def _deduction(rule: Any, values: Mapping[str, Any], parameters: Parameters) -> Fraction | int:
    number = values[rule.field]
    return 0 if number is None else max(Fraction(0), 1 - number * parameters.percent(rule.each) / 100)


_KINDS = {
    "threshold": _threshold,
    "trend": _trend,
    "ratio": _ratio,
    "checklist": _checklist,
    "count": _count,
    "deduction": _deduction,
}
