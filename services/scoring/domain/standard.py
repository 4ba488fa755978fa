"""By what applications are scored: a rubric and what the round filled in, compiled once, used for every application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import lcm

from services.scoring.domain.assess import Verdict, figure_of, rule_of, verdict_of
from services.scoring.domain.case import Case
from services.scoring.domain.figure import Figure, Row
from services.scoring.domain.parameters import Parameters, fill_parameters
from services.scoring.domain.row import Columns
from services.scoring.domain.rubric import Item, Rubric
from services.scoring.domain.spread import Maxima, Spread
from shared.contracts.chambers import Chamber
from shared.contracts.rounds import Round
from shared.contracts.text import Text
from shared.kernel.canonical import digest


@dataclass(frozen=True, eq=False)
class Standard:
    """A rubric version and a round's parameters."""

    rubric: Rubric
    parameters: Parameters

    @classmethod
    def of(cls, rubric: Rubric, round_: Round) -> "Standard":
        """The standard of a round.

        Raises:
            Refused: the round's parameters do not fit the rubric.
        """
        return cls(rubric, fill_parameters(rubric.parameters, round_.model_dump(mode="json")["parameters"]))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rubric's digest and the parameters."""
        return digest([self.rubric.digest, dict(self.parameters.data)])

    @cached_property
    def columns(self) -> Columns:
        """Where every fact stands in a row."""
        return Columns(self.rubric, self.parameters)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items that give points, in the order of the text."""
        return tuple(item for item in self.rubric.items.values() if item.gate is None)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The code of each of `items`."""
        return tuple(item.code for item in self.items)

    @cached_property
    def scales(self) -> tuple[Decimal | None, ...]:
        """The scale of the experts' mark of each of `items`; None where it is not judged."""
        return tuple(map(self.rubric.judged_maxima.get, self.codes))

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """What each of `items` earns in a row."""
        return tuple(figure_of(item, self.columns.terms(item)) for item in self.items)

    @cached_property
    def conditional(self) -> tuple[int, ...]:
        """Positions in `items` of those that may not apply."""
        return tuple(n for n, item in enumerate(self.items) if item.may_lack)

    @cached_property
    def bonus_whole(self) -> int:
        """Into how many equal parts a bonus point is divided."""
        return lcm(*[item.bonus.whole for item in self.items if item.bonus])

    @cached_property
    def bonuses(self) -> Mapping[int, Callable[[Row], int]]:
        """Position in `items` → the bonus it offers in a row, in these parts."""
        return {
            position: item.bonus.figure(self.columns.terms(item), self.bonus_whole)
            for position, item in enumerate(self.items)
            if item.bonus
        }

    @cached_property
    def bonus_clauses(self) -> tuple[slice, ...]:
        """Which of `items` belong to the clauses that offer a bonus, clause by clause."""
        own = [clause for dimension in self.clauses for clause in dimension]
        return tuple(clause for clause in own if any(item.bonus for item in self.items[clause]))

    @cached_property
    def gates(self) -> tuple[tuple[Item, Verdict], ...]:
        """The gates and how they come out in a row, the scope first, then in the order of the text."""
        found = ((item, verdict_of(item, self.columns.terms(item))) for item in self.rubric.items.values())
        return tuple((item, verdict) for item, verdict in found if verdict is not None)

    @cached_property
    def clauses(self) -> tuple[tuple[slice, ...], ...]:
        """Dimension by dimension, clause by clause: which of `items` belong to it."""
        start, found = 0, []
        for dimension in self.rubric.dimensions:
            own = []
            for clause in dimension.clauses:
                stop = start + sum(item.gate is None for item in clause.items)
                own.append(slice(start, stop))
                start = stop
            found.append(tuple(own))
        return tuple(found)

    @cached_property
    def maxima(self) -> Callable[[tuple[int, ...]], Maxima]:
        """The maxima when the items at these positions do not apply."""
        return Spread(self.rubric).maxima

    @cached_property
    def rules(self) -> Mapping[str, Text]:
        """The rules of every item in words."""
        return {
            item.code: rule_of(item, Case(item.fields, {}, None, self.parameters, None, item.mark_of))
            for item in self.rubric.items.values()
        }

    def case(self, item: Item, row: Row, chamber: Chamber) -> Case:
        """One item of one application, for words."""
        return Case(
            fields=item.fields,
            values=self.columns.values(item, row),
            chamber=chamber,
            parameters=self.parameters,
            mark=self.columns.mark(item, row),
            mark_of=item.mark_of,
        )
