"""One item against one application: does it apply, what share of its points is earned or pending, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.scoring.domain.case import Case
from services.scoring.domain.facts import Facts, values_of
from services.scoring.domain.fields import Value
from services.scoring.domain.kinds import Checklist
from services.scoring.domain.kinds.gate import verdict
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Item
from services.scoring.domain.words import joined
from shared.contracts.chambers import Chamber
from shared.contracts.scores import GateResult, ItemOutcome
from shared.contracts.text import Text, text


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found about one item."""

    item: Item
    value: Mapping[str, Value]
    rule: Text
    reason: Text
    applies: bool
    share: Fraction = Fraction(0)
    """0…1 of the item's points, earned."""
    pending: Fraction = Fraction(0)
    """0…1 of the item's points, waiting for a mark."""
    bonus: Fraction = Fraction(0)
    """Bonus points, before the clause's limit."""
    gate: GateResult | None = None
    """For gates, and for items that exclude by the round's policy."""

    @property
    def outcome(self) -> ItemOutcome:
        """In a word."""
        if not self.applies:
            return "not_applicable"
        if self.pending:
            return "pending"
        return "full" if self.share == 1 else "partial" if self.share else "none"


def assess(
    item: Item, facts: Facts, chamber: Chamber, parameters: Parameters, mark: Decimal | Fraction | None
) -> Assessment:
    """Judge one item by its rules."""
    case = Case(
        fields=item.fields,
        values=values_of(item, facts),
        chamber=chamber,
        parameters=parameters,
        mark=Fraction(mark) / item.mark_of if mark is not None and item.mark_of else None,
        mark_of=item.mark_of,
    )
    rule = parameters.rules.get(item.code) or parameters.rules.setdefault(item.code, _words(item, case))
    if item.applies_if is not None and item.applies_if.holds(case) is False:
        actual = joined(list(item.applies_if.actual(case)))
        reason = text(f"不适用（{actual.zh}）", f"does not apply ({actual.en})")
        gate: GateResult | None = "not_applicable" if item.gate else None
        return Assessment(item, case.values, rule, reason, applies=False, gate=gate)
    if item.gate is not None:
        result, reason = item.gate.judge(case)
        if result == "met" and item.applies_if is not None and item.applies_if.holds(case) is None:
            result = "to_be_verified"
        return Assessment(item, case.values, rule, reason, applies=True, gate=result)
    return _points(item, case, rule)


def _points(item: Item, case: Case, rule: Text) -> Assessment:
    """The shares of an item's rules; a rule that does not apply leaves its share to the others."""
    found = [(one.share, one.find(case)) for one in item.point_rules]
    weight = sum(share for share, finding in found if finding.status != "not_applicable")
    bonus, why = item.bonus.earned(case) if item.bonus else (Fraction(0), None)
    reasons = [finding.reason for _, finding in found]
    reason = joined(reasons if why is None else [*reasons, why])
    if not weight:
        return Assessment(item, case.values, rule, reason, applies=False)
    return Assessment(
        item,
        case.values,
        rule,
        reason,
        applies=True,
        share=found[0][1].share
        if len(found) == 1
        else sum(share * one.share for share, one in found) / Fraction(weight),
        pending=Fraction(sum(share for share, finding in found if finding.status == "pending"), weight),
        bonus=bonus,
        gate=_policy(item, case),
    )


def _policy(item: Item, case: Case) -> GateResult | None:
    """The gate that the round makes of a flat demand, if its policy says so."""
    if item.excludes_if is None or case.parameters.of(item.excludes_if) != "excludes":
        return None
    return next((verdict(rule.complete(case)) for rule in item.rules if isinstance(rule, Checklist)), None)


def _words(item: Item, case: Case) -> Text:
    """All rules of an item in words, its condition first."""
    rules = joined([rule.words(case) for rule in item.rules])
    if item.excludes_if is not None and case.parameters.of(item.excludes_if) == "excludes":
        rules = text(f"{rules.zh}；否则一票否决", f"{rules.en}; otherwise excluded")
    if item.applies_if is None:
        return rules
    when = item.applies_if.words(case)
    return text(f"仅当{when.zh}：{rules.zh}", f"only if {when.en}: {rules.en}")
