"""Checklist: a set of yes/no facts (S:004 C1.f, five platforms; A3.a, own or joint party organisation).

The set is either several yes/no fields, or one list field measured against a list of wanted names.
"""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Literal

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import FULL, NONE, Figure, Row, Share, Terms, Test
from services.scoring.domain.kinds.rule import Changes, Reference, Rule
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.words import joined, not_given
from shared.contracts.text import Text, text


class Checklist(Rule):
    """`each` gives an equal part of the points, or `any` one gives all of them."""

    kind: Literal["checklist"]
    fields: tuple[str, ...] = ()
    """Yes/no fields."""
    field: str | None = None
    """Or one list field …"""
    wanted: tuple[str, ...] | Reference = ()
    """… and the names wanted in it."""
    counts: Literal["each", "any"]
    """Each counts by itself, or one is enough."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        labels = list(self._labels(case).values())
        if len(labels) == 1:
            return text(f"{labels[0].zh}：是", f"{labels[0].en}: yes")
        listed = joined(labels, "、", ", ")
        if self.counts == "any":
            return text(f"有其一即得满分：{listed.zh}", f"one of these is enough: {listed.en}")
        return text(f"共 {len(labels)} 项，每项等分：{listed.zh}", f"{len(labels)} equal parts: {listed.en}")

    def figure(self, terms: Terms) -> Figure:
        """How many are there."""
        if self.field is None:
            places = self._places(terms)
            shares = self._shares(len(places))
            if len(places) == 1:
                (only,) = places
                return lambda row: shares[row[only] is True]
            answers = itemgetter(*places)
            return lambda row: shares[answers(row).count(True)]
        place, wanted = terms.places[self.field], self._wanted(terms.parameters)
        shares = self._shares(len(wanted))
        return lambda row: shares[len(wanted.intersection(row[place] or ()))]

    def _shares(self, wanted: int) -> list[Share]:
        """By how many are there."""
        if self.counts == "each":
            return [(there, 0, wanted) for there in range(wanted + 1)]
        return [NONE, *[FULL] * wanted]

    def complete(self, terms: Terms) -> Test:
        """The test whether everything demanded is there; unknown if a fact that decides it is missing."""
        if self.field is None:
            places = self._places(terms)
            return lambda row: self._complete([row[place] for place in places])
        place, wanted = terms.places[self.field], self._wanted(terms.parameters)

        def complete(row: Row) -> bool | None:
            listed = row[place]
            return None if listed is None else self._complete([name in listed for name in wanted])

        return complete

    def _complete(self, answers: Iterable[bool | None]) -> bool | None:
        decisive, found = self.counts == "any", list(answers)
        return decisive if decisive in found else None if None in found else not decisive

    def _places(self, terms: Terms) -> list[int]:
        """Where the yes/no fields stand, each once."""
        return [terms.places[name] for name in dict.fromkeys(self.fields)]

    def _wanted(self, parameters: Parameters) -> frozenset[str]:
        """The names wanted in the list field."""
        return frozenset(parameters.names(self.wanted) if isinstance(self.wanted, str) else self.wanted)

    def reason(self, case: Case) -> Text:
        """How many are there, and which are missing."""
        labels = self._labels(case)
        if self.field is not None and case.listed(self.field) is None:
            return not_given(case.label(self.field))
        answers = self._answers(case, labels)
        there = [name for name, answer in answers.items() if answer is True]
        lacking = [labels[name] for name, answer in answers.items() if answer is False]
        unknown = [not_given(labels[name]) for name, answer in answers.items() if answer is None]
        if self.counts == "any" and there:
            found = joined([labels[name] for name in there], "、", ", ")
            return text(f"有：{found.zh}", f"there: {found.en}")
        parts = []
        if len(labels) > 1:
            parts.append(text(f"{len(there)}/{len(labels)} 项", f"{len(there)} of {len(labels)}"))
        elif there:
            parts.append(text(f"{labels[there[0]].zh}：是", f"{labels[there[0]].en}: yes"))
        if lacking:
            missing = joined(lacking, "、", ", ")
            parts.append(text(f"没有：{missing.zh}", f"not there: {missing.en}"))
        return joined([*parts, *unknown])

    def fulfil(self, case: Case) -> Changes | None:
        """All that is wanted; where one is enough and none is there, the first."""
        wanted = list(self._labels(case))
        there = [name for name, answer in self._answers(case, wanted).items() if answer]
        added = wanted if self.counts == "each" else [] if there else wanted[:1]
        if self.field is None:
            return dict.fromkeys(added, True)
        return {self.field: sorted({*(case.listed(self.field) or ()), *added})}

    def _answers(self, case: Case, labels: Iterable[str]) -> dict[str, bool | None]:
        """Name → there, not there, or not given."""
        if self.field is None:
            return {name: value if isinstance(value := case.values.get(name), bool) else None for name in labels}
        listed = case.listed(self.field)
        return {name: None if listed is None else name in listed for name in labels}

    def _labels(self, case: Case) -> dict[str, Text]:
        """What is wanted: name → label."""
        if self.field is None:
            return {name: case.label(name) for name in self.fields}
        if isinstance(self.wanted, str):
            return case.parameters.names(self.wanted)
        choices = case.names(case.fields[self.field].choices)
        return {name: choices[name] for name in self.wanted}

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        for name in self.fields:
            yield from needs("fields", name, "boolean")
        if self.field is not None:
            yield from needs("field", self.field, "list")
        yield from parameter_needs("wanted", [self.wanted], "names")
