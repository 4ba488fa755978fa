"""One item against one application: its rules as functions over a row of facts, and the same in words."""

from collections.abc import Callable

from services.scoring.domain.case import Case
from services.scoring.domain.figure import Figure, Row, Share, Terms, combined
from services.scoring.domain.kinds import Checklist
from services.scoring.domain.kinds.gate import verdict
from services.scoring.domain.rubric import Item
from services.scoring.domain.words import joined
from shared.contracts.scores import GateResult
from shared.contracts.text import Text, text

Verdict = Callable[[Row], GateResult | None]
"""How a gate comes out in a row; None if there is no gate here."""


def figure_of(item: Item, terms: Terms) -> Figure:
    """What share of its points an item earns; an unmet condition makes it not apply."""
    figure = combined([(rule.share, rule.figure(terms)) for rule in item.point_rules])
    if item.applies_if is None:
        return figure
    applies = item.applies_if.test(terms)

    def conditional(row: Row) -> Share | None:
        return None if applies(row) is False else figure(row)

    return conditional


def verdict_of(item: Item, terms: Terms) -> Verdict | None:
    """The gate that an item is, or that the round's policy makes of it; None if it is none."""
    applies = item.applies_if.test(terms) if item.applies_if else None
    if item.gate is not None:
        holds = item.gate.test(terms)

        def gate(row: Row) -> GateResult:
            concerned = applies is None or applies(row)
            if concerned is False:
                return "not_applicable"
            result = verdict(holds(row))
            return "to_be_verified" if concerned is None and result == "met" else result

        return gate
    if not _excludes(item, terms.parameters.of):
        return None
    complete = next(rule.complete(terms) for rule in item.rules if isinstance(rule, Checklist))

    def policy(row: Row) -> GateResult | None:
        return None if applies is not None and applies(row) is False else verdict(complete(row))

    return policy


def reason_of(item: Item, case: Case) -> Text:
    """Why an item comes out as it does, with the facts."""
    if item.applies_if is not None and item.applies_if.holds(case) is False:
        actual = joined(list(item.applies_if.actual(case)))
        return text(f"不适用（{actual.zh}）", f"does not apply ({actual.en})")
    if item.gate is not None:
        return item.gate.reason(case)
    reasons = [rule.reason(case) for rule in item.point_rules]
    extra = item.bonus.reason(case) if item.bonus else None
    return joined(reasons if extra is None else [*reasons, extra])


def rule_of(item: Item, case: Case) -> Text:
    """All rules of an item in words, its condition first."""
    rules = joined([rule.words(case) for rule in item.rules])
    if _excludes(item, case.parameters.of):
        rules = text(f"{rules.zh}；否则一票否决", f"{rules.en}; otherwise excluded")
    if item.applies_if is None:
        return rules
    when = item.applies_if.words(case)
    return text(f"仅当{when.zh}：{rules.zh}", f"only if {when.en}: {rules.en}")


def _excludes(item: Item, value_of: Callable[[str], str]) -> bool:
    """Whether the round makes a gate of this flat demand."""
    return item.excludes_if is not None and value_of(item.excludes_if) == "excludes"
