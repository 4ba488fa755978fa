"""What if: the facts of an item brought to full marks, and what the scorer then says.

A lift changes only facts that this item alone reads, so that lifts never touch each other: what several give together
is what each gives its own item, up to what their clauses can hold. Nothing is counted on that only experts give, and
nothing that has happened and cannot be undone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import chain

from services.scoring.domain.figures import Figures
from services.scoring.domain.kinds import Judged
from services.scoring.domain.kinds.rule import Changes
from services.scoring.domain.measured import Measured
from services.scoring.domain.rubric import Item
from services.scoring.domain.standard import Standard
from services.scoring.domain.words import rounded
from shared.contracts.text import Text, text

_STANDARDS = 8
"""Of how many standards it is kept which item reads what."""


@dataclass(frozen=True, slots=True)
class Lift:
    """One item, brought as far as facts can bring it."""

    position: int
    """Its position in `Standard.items`."""
    item: Item
    """The item."""
    changes: Changes
    """Its facts that differ, as they would have to be."""
    earned: Fraction
    """Points that it earns more, exact, before its clause's limit."""
    gain: Decimal
    """Points that the total gains if this alone is done."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """An item that lost points which no fact of its own can bring back."""

    item: Item
    """The item."""
    why: Text
    """Why it is not counted on."""


def what_if(measured: Measured) -> tuple[tuple[Lift, ...], tuple[Beyond, ...]]:
    """For every item that lost points or waits for experts, what its own facts can still earn; costliest first."""
    found: list[Lift] = []
    beyond: list[Beyond] = []
    figures, items = measured.figures, measured.standard.items
    lost = [position for position, _ in figures.losses]
    waiting = [n for n, outcome in enumerate(figures.outcomes) if outcome == "pending" and n not in lost]
    for position in lost:
        one = _lift(measured, position)
        if isinstance(one, Lift):
            found.append(one)
        else:
            beyond.append(Beyond(items[position], one))
    beyond += [Beyond(items[position], _EXPERTS) for position in waiting]
    return tuple(found), tuple(beyond)


def lifted(measured: Measured, lifts: Iterable[Lift]) -> Measured:
    """The application as it would be with these lifts: measured again by the scorer."""
    row = list(measured.row)
    for lift in lifts:
        places = measured.standard.columns.terms(lift.item).places
        for name, value in lift.changes.items():
            row[places[name]] = value
    return replace(measured, row=row, figures=Figures(measured.standard, row))


def _lift(measured: Measured, position: int) -> Lift | Text:
    """The lift of an item, or why there is none."""
    item = measured.standard.items[position]
    changes = _changes(measured, item)
    if borrowed := sorted(changes.keys() - _own(measured.standard)[item.code]):
        return _elsewhere(item, borrowed[0])
    before = measured.figures
    lift = Lift(position, item, changes, Fraction(0), Decimal(0))
    after = lifted(measured, [lift]).figures
    earned = after.exact(position) - before.exact(position)
    if earned <= 0:
        return _HAPPENED if _happened(measured, item) else _EXPERTS
    return replace(lift, earned=earned, gain=rounded(after.exact_total - before.exact_total))


def _changes(measured: Measured, item: Item) -> Changes:
    """What every rule of the item asks, one after the other, as far as it differs from what is given."""
    case = measured.standard.case(item, measured.row, measured.chamber)
    given = case.values
    for rule in item.point_rules:
        case = replace(case, values={**case.values, **(rule.fulfil(case) or {})})
    return {name: value for name, value in case.values.items() if value != given.get(name)}


def _happened(measured: Measured, item: Item) -> bool:
    """Whether one of its rules, other than a mark, can be met by no fact any more."""
    case = measured.standard.case(item, measured.row, measured.chamber)
    return any(rule.fulfil(case) is None for rule in item.point_rules if not isinstance(rule, Judged))


@lru_cache(_STANDARDS)
def _own(standard: Standard) -> Mapping[str, frozenset[str]]:
    """Item code → its fields that no other item and no condition reads."""
    terms = {item.code: standard.columns.terms(item) for item in standard.rubric.items.values()}
    readers: Counter[int] = Counter()
    for item in standard.rubric.items.values():
        places = terms[item.code].places
        rules = {need.name for rule in item.rules for need in rule.needs()}
        condition = {need.name for need in item.applies_if.needs()} if item.applies_if else set()
        readers.update(places[name] for name in chain(rules, condition) if name in places)
    return {
        item.code: frozenset(
            name
            for name, field in item.fields.items()
            if field.origin is None and readers[terms[item.code].places[name]] == 1
        )
        for item in standard.rubric.items.values()
    }


def _elsewhere(item: Item, name: str) -> Text:
    field = item.fields[name]
    place = field.origin or f"{item.code}.{name}"
    return text(
        f"须先核实“{field.zh}”（{place}）：其他指标或适用条件也用此数据",
        f"“{field.en}” ({place}) must be settled first: other items or a condition read it, too",
    )


_EXPERTS = text("余下的分只由专家评定，不计入", "what is left only experts give; not counted on")
_HAPPENED = text("事实已发生，不能以填报挽回", "what has happened cannot be made good by facts")
