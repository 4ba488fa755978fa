"""Checklist: a set of yes/no facts (S:004 C1.f, five platforms; A3.a, own or joint party organisation).

The set is either several yes/no fields, or one list field measured against a list of wanted names.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal

from services.scoring.domain.case import Case, Finding, Need, needs, parameter_needs, scored
from services.scoring.domain.kinds.rule import Reference, Rule
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

    def find(self, case: Case) -> Finding:
        """How many are there, and which are missing."""
        labels = self._labels(case)
        if self.field is not None and case.listed(self.field) is None:
            return scored(0, not_given(case.label(self.field)))
        answers = self._answers(case, labels)
        there = [name for name, answer in answers.items() if answer is True]
        lacking = [labels[name] for name, answer in answers.items() if answer is False]
        unknown = [not_given(labels[name]) for name, answer in answers.items() if answer is None]
        if self.counts == "any" and there:
            found = joined([labels[name] for name in there], "、", ", ")
            return scored(1, text(f"有：{found.zh}", f"there: {found.en}"))
        parts = []
        if len(labels) > 1:
            parts.append(text(f"{len(there)}/{len(labels)} 项", f"{len(there)} of {len(labels)}"))
        elif there:
            parts.append(text(f"{labels[there[0]].zh}：是", f"{labels[there[0]].en}: yes"))
        if lacking:
            missing = joined(lacking, "、", ", ")
            parts.append(text(f"没有：{missing.zh}", f"not there: {missing.en}"))
        share = Fraction(len(there), len(labels)) if self.counts == "each" else Fraction(0)
        return scored(share, joined([*parts, *unknown]))

    def complete(self, case: Case) -> bool | None:
        """Whether everything demanded is there; None if a fact that decides it is missing."""
        answers = list(self._answers(case, self._labels(case)).values())
        decisive = self.counts == "any"
        return decisive if decisive in answers else None if None in answers else not decisive

    def _answers(self, case: Case, labels: Mapping[str, Text]) -> dict[str, bool | None]:
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
