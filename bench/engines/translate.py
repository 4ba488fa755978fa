"""The rubric as expressions: what a user would type into an engine, derived from the rubric's data item by item.

The two languages differ in little: how “and”, “or” and cutting to a whole number are written. Whatever is settled by
rubric and parameters is settled here, so that an engine computes nothing twice: the points of clauses whose items
always apply, thresholds, years. Points are whole hundredths, halves upward; the small addition makes up for inexact
fractions in an engine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from bench.engines.inputs import Inputs, day, name_of
from services.scoring.domain import Clause, Item, Standard
from services.scoring.domain.conditions import Check, Condition, Either, Every
from services.scoring.domain.kinds import Checklist, Count, Deduction, Judged, Ratio, Threshold, Trend


@dataclass(frozen=True)
class Dialect:
    """How a language writes what they do not write alike."""

    land: str
    lor: str
    whole: str
    """The function that cuts a positive number to a whole one."""
    share_of_list: str
    """The share of the entries of `{list}` that meet `{test}`; 0 if it is empty."""
    entry: str
    """What an entry is called in that test."""


class Part(NamedTuple):
    """What one rule finds: all of them expressions, None where it is always so."""

    percent: int
    earned: str
    applies: str | None = None
    pending: str | None = None


@dataclass(frozen=True)
class ItemExpressions:
    """One item."""

    name: str
    points: str
    """Exact points earned; reads the factor of its clause, and its own flag, by the names below."""
    pending: str | None
    applies: str | None


@dataclass(frozen=True)
class ClauseExpressions:
    """One clause."""

    name: str
    items: tuple[ItemExpressions, ...]
    points: Fraction
    factor: str | None
    """By what the points of its items grow because of those that do not apply; None if all always apply."""
    bonus: str | None
    """Points offered."""


class Translator:
    """Derives expressions from a standard."""

    def __init__(self, standard: Standard, dialect: Dialect, flags: str = "") -> None:
        """`flags` is written before the name of a flag or factor computed earlier."""
        self.inputs = Inputs(standard)
        self._standard, self._parameters = standard, standard.parameters
        self._dialect, self._flags = dialect, flags

    def clauses(self) -> list[ClauseExpressions]:
        """Every clause, in order."""
        return [self._clause(c) for dimension in self._standard.rubric.dimensions for c in dimension.clauses]

    def gates(self) -> Mapping[str, str]:
        """Code of a gate → its result in a word."""
        return {name_of(item): self._gate(item) for item, _ in self._standard.gates}

    def hundredths(self, points: str) -> str:
        """Rounded."""
        return f"{self._dialect.whole}(({points}) * 100.0 + 0.500001)"

    def _clause(self, clause: Clause) -> ClauseExpressions:
        parts = {item.code: self._parts(item) for item in clause.items if item.gate is None}
        applying = {item.code: self._applies(item, parts[item.code]) for item in clause.items if item.gate is None}
        own = [item for item in clause.items if item.gate is None]
        always = sum((item.weight for item in own if applying[item.code] is None), Fraction(0))
        if not always:
            raise ValueError(f"{clause.code}: every item may not apply; this benchmark knows no such clause")
        flags = [
            f"({self._flags}{name_of(item)} ? {constant(item.weight)} : 0.0)" for item in own if applying[item.code]
        ]
        factor = f"{constant(Fraction(clause.points))} / ({' + '.join([constant(always), *flags])})" if flags else None
        items = tuple(
            self._item(item, parts[item.code], applying[item.code], clause.code if flags else None) for item in own
        )
        bonuses = [(item, item.bonus) for item in own if item.bonus]
        offered = None
        for item, rule in bonuses:
            number, cap = self.inputs.number(item, rule.field), Fraction(rule.cap)
            each, most = constant(Fraction(rule.each)), constant(cap / Fraction(rule.each))
            offered = f"({number} >= {most} ? {constant(cap)} : {number} > 0.0 ? {number} * {each} : 0.0)"
        return ClauseExpressions(clause.code, items, Fraction(clause.points), factor, offered)

    def _item(self, item: Item, parts: Sequence[Part], applies: str | None, factor: str | None) -> ItemExpressions:
        earned, pending = self._earned(parts), self._pending(parts)
        weight = constant(item.weight) + (f" * {self._flags}{factor}" if factor else "")

        def points(share: str) -> str:
            whole = f"{share} * {weight}"
            return f"({self._flags}{name_of(item)} ? {whole} : 0.0)" if applies else whole

        return ItemExpressions(name_of(item), points(earned), points(pending) if pending else None, applies)

    def _applies(self, item: Item, parts: Sequence[Part]) -> str | None:
        demands = []
        if item.applies_if is not None:
            demands.append(f"!({self._fails(item, item.applies_if)})")
        if all(part.applies for part in parts):
            demands.append(self._any([part.applies for part in parts if part.applies]))
        return self._all(demands) if demands else None

    def _earned(self, parts: Sequence[Part]) -> str:
        if len(parts) == 1:
            return f"({parts[0].earned})"
        if all(part.applies is None for part in parts):
            return "(" + " + ".join(f"({p.earned}) * {constant(Fraction(p.percent, 100))}" for p in parts) + ")"
        above = " + ".join(_if(p.applies, f"({p.earned}) * {p.percent}.0") for p in parts)
        below = " + ".join(_if(p.applies, f"{p.percent}.0") for p in parts)
        return f"(({above}) / ({below}))"

    def _pending(self, parts: Sequence[Part]) -> str | None:
        for part in parts:
            if part.pending is not None:
                below = " + ".join(_if(p.applies, f"{p.percent}.0") for p in parts)
                return f"({part.pending} * {part.percent}.0 / ({below}))"
        return None

    def _parts(self, item: Item) -> list[Part]:
        return [self._part(item, rule) for rule in item.point_rules]

    def _part(self, item: Item, rule: Any) -> Part:  # noqa: PLR0911 - one per kind
        match rule:
            case Count():
                return Part(rule.share, self._count(item, rule))
            case Checklist():
                return Part(rule.share, self._checklist(item, rule))
            case Trend():
                years = self._parameters.years(rule.years)
                counts = [self.inputs.in_year(item, rule.field, str(y)) for y in (years[0] - 1, *years)]
                return Part(rule.share, _mean([self._all_as_number(a, b) for a, b in pairwise(counts)]))
            case Deduction():
                number, each = self.inputs.number(item, rule.field), self._parameters.percent(rule.each) / 100
                most = constant(1 / each)
                left = f"1.0 - {number} * {constant(each)}"
                return Part(rule.share, f"{number} < 0.0 ? 0.0 : {number} >= {most} ? 0.0 : {left}")
            case Ratio():
                return self._ratio(item, rule)
            case Threshold():
                return self._threshold(item, rule)
            case Judged():
                mark = self.inputs.mark(item)
                earned = f"{mark} < 0.0 ? 0.0 : {mark} / {constant(item.mark_of)}"
                return Part(rule.share, earned, pending=f"({mark} < 0.0 ? 1.0 : 0.0)")
        raise TypeError(rule.kind)

    def _count(self, item: Item, rule: Count) -> str:
        steps = sorted((self._parameters.whole(least), share) for least, share in rule.steps.items())

        def earned(number: str) -> str:
            found, best = "0.0", 0
            for least, share in steps:
                if share > best:
                    found, best = f"{number} >= {least}.0 ? {constant(Fraction(share, 100))} : {found}", share
            return f"({found})"

        if rule.years is None:
            return earned(self.inputs.number(item, rule.field))
        return _mean([earned(self.inputs.in_year(item, rule.field, y)) for y in self._years(rule.years)])

    def _checklist(self, item: Item, rule: Checklist) -> str:
        if rule.field is None:
            there = [f"{self.inputs.plain(item, name)} == true" for name in dict.fromkeys(rule.fields)]
        else:
            listed = self.inputs.listed(item, rule.field)
            wanted = self._parameters.names(rule.wanted) if isinstance(rule.wanted, str) else rule.wanted
            there = [f'"{name}" in {listed}' for name in wanted]
        if rule.counts == "any":
            return f"{self._any(there)} ? 1.0 : 0.0"
        return _mean([f"({one} ? 1.0 : 0.0)" for one in there])

    def _ratio(self, item: Item, rule: Ratio) -> Part:
        goal = self._parameters.percent(rule.full_at) / 100
        if rule.years is None:
            pairs = [(self.inputs.number(item, rule.of), self.inputs.number(item, rule.by))]
        else:
            pairs = [
                (self.inputs.in_year(item, rule.of, y), self.inputs.in_year(item, rule.by, y))
                for y in self._years(rule.years)
            ]

        def earned(of: str, by: str) -> str:
            within = self._all([f"{of} >= 0.0", f"{by} > 0.0", f"{of} <= {by}"])
            above, below = f"{of} * {goal.denominator}.0", f"{by} * {goal.numerator}.0"
            return f"({within} ? ({above} >= {below} ? 1.0 : ({above}) / ({below})) : 0.0)"

        return self._over_periods(rule.share, [(earned(of, by), by) for of, by in pairs], skip=rule.zero == "skip")

    def _threshold(self, item: Item, rule: Threshold) -> Part:
        wanted = self._parameters.percent(rule.percent)

        def reached(of: str, by: str) -> str:
            demands = [f"{of} >= 0.0", f"{by} > 0.0", *([f"{of} <= {by}"] if rule.within else [])]
            return self._all([*demands, f"{of} * {100 * wanted.denominator}.0 >= {by} * {wanted.numerator}.0"])

        if rule.years is None:
            if rule.zero == "skip":
                raise ValueError(f"{item.code}: this benchmark knows no events that are left out")
            events, entry = self.inputs.events(item, rule.of, rule.by), self._dialect.entry
            test = reached(f"{entry}.of", f"{entry}.by")
            return Part(rule.share, self._dialect.share_of_list.format(list=events, test=test))
        periods = [
            (self.inputs.in_year(item, rule.of, y), self.inputs.in_year(item, rule.by, y))
            for y in self._years(rule.years)
        ]
        found = [(f"({reached(of, by)} ? 1.0 : 0.0)", by) for of, by in periods]
        return self._over_periods(rule.share, found, skip=rule.zero == "skip")

    def _over_periods(self, percent: int, found: Sequence[tuple[str, str]], *, skip: bool) -> Part:
        if not skip:
            return Part(percent, _mean([earned for earned, _ in found]))
        applies = self._any([f"{by} != 0.0" for _, by in found])
        if len(found) == 1:
            return Part(percent, found[0][0], applies)
        judged = " + ".join(f"({by} != 0.0 ? 1.0 : 0.0)" for _, by in found)
        return Part(percent, f"{applies} ? ({' + '.join(e for e, _ in found)}) / ({judged}) : 0.0", applies)

    def _gate(self, item: Item) -> str:
        applies = item.applies_if
        if item.gate is not None:
            holds, fails = self._holds(item, item.gate.require), self._fails(item, item.gate.require)
        else:
            rule = next(rule for rule in item.rules if isinstance(rule, Checklist))
            if rule.field is not None:
                raise ValueError(f"{item.code}: this benchmark knows no list that excludes")
            names = [self.inputs.plain(item, name) for name in dict.fromkeys(rule.fields)]
            yes, no = [f"{name} == true" for name in names], [f"{name} == false" for name in names]
            holds, fails = self._any(yes), self._all(no)
            if rule.counts == "each":
                holds, fails = self._all(yes), self._any(no)
        met = f'{holds} ? "met"'
        if applies is not None and item.gate is not None:
            met = f'{self._all([holds, self._holds(item, applies)])} ? "met"'
        result = f'{met} : {fails} ? "not_met" : "to_be_verified"'
        if applies is None:
            return result
        left_out = '"not_applicable"' if item.gate is not None else '"none"'
        return f"{self._fails(item, applies)} ? {left_out} : {result}"

    def _holds(self, item: Item, condition: Condition) -> str:
        match condition:
            case Check():
                known, test = self._check(item, condition)
                return self._all([known, test])
            case Every():
                return self._all([self._holds(item, one) for one in condition.conditions])
            case Either():
                return self._any([self._holds(item, one) for one in condition.conditions])

    def _fails(self, item: Item, condition: Condition) -> str:
        match condition:
            case Check():
                known, test = self._check(item, condition)
                return self._all([known, f"!({test})"])
            case Every():
                return self._any([self._fails(item, one) for one in condition.conditions])
            case Either():
                return self._all([self._fails(item, one) for one in condition.conditions])

    def _check(self, item: Item, check: Check) -> tuple[str, str]:
        """Whether the fact is given, and what it must pass."""
        of = self._parameters.of
        numeric = check.field in item.fields and item.fields[check.field].type == "integer"
        if check.none_since is not None:
            last, since = self.inputs.last_day(item, check.field), of(check.none_since)
            return f"{last} >= 0.0", f"{last} == 0.0" if since == "ever" else f"{last} < {day(since)}"
        if check.equals is not None and not numeric:
            name, value = self.inputs.plain(item, check.field), of(check.equals)
            return f"{name} != null", f"{name} == {_literal(value)}"
        if check.one_of is not None:
            name = self.inputs.plain(item, check.field)
            return f"{name} != null", f"{name} in [{', '.join(map(_literal, of(check.one_of)))}]"
        name = self.inputs.number(item, check.field) if numeric else self.inputs.day(item, check.field)
        bounds = ((check.equals, "=="), (check.at_least, ">="), (check.at_most, "<="))
        bound, sign = next((of(bound), sign) for bound, sign in bounds if bound is not None)
        return f"{name} >= 0.0", f"{name} {sign} {float(bound) if numeric else day(bound)}"

    def _all_as_number(self, before: str, after: str) -> str:
        """1 if a count is known and grew."""
        return f"({self._all([f'{before} >= 0.0', f'{after} > {before}'])} ? 1.0 : 0.0)"

    def _all(self, demands: Iterable[str]) -> str:
        return _joined(demands, self._dialect.land)

    def _any(self, demands: Iterable[str]) -> str:
        return _joined(demands, self._dialect.lor)

    def _years(self, reference: str) -> list[str]:
        return [str(year) for year in self._parameters.years(reference)]


def _joined(demands: Iterable[str], sign: str) -> str:
    found = list(demands)
    return found[0] if len(found) == 1 else "(" + f" {sign} ".join(found) + ")"


def _if(applies: str | None, value: str) -> str:
    return f"({applies} ? {value} : 0.0)" if applies else value


def _mean(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)}) / {len(parts)}.0"


def constant(exact: Fraction) -> str:
    """A constant, always with a point: one of these languages tells whole numbers from others."""
    decimal = float(exact)
    return repr(decimal) if Fraction(repr(decimal)) == exact else f"({exact.numerator}.0 / {exact.denominator}.0)"


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
