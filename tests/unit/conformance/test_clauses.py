"""The clauses as data: well numbered, all of them checked, and most of them known to be able to fail."""

from itertools import groupby
from pathlib import Path

import pytest

import conformance
from conformance.clauses import clauses, groups
from tests.support.broken_reviews import BROKEN

KIT = Path(conformance.__file__).parent
CODE = "\n".join(path.read_text("utf-8") for path in KIT.rglob("*.py"))


def test_clauses_are_numbered_from_one_in_their_group() -> None:
    for group in groups():
        assert [clause.id for clause in group.clauses] == [f"C-{group.id}-{n + 1}" for n in range(len(group.clauses))]
    assert len(clauses()) == sum(len(group.clauses) for group in groups())


@pytest.mark.parametrize("clause", clauses())
def test_a_clause_is_checked_somewhere(clause: str) -> None:
    assert f'"{clause}"' in CODE


def test_every_group_that_the_software_can_break_has_a_broken_service() -> None:
    broken = {clause.split("-")[1] for wanted, _, _ in BROKEN.values() for clause in wanted}
    assert {group.id for group in groups()} - broken == {"LOA"}  # a matter of size


def test_reports_follow_the_order_of_the_groups() -> None:
    assert [key for key, _ in groupby(clauses(), key=lambda id_: id_.split("-")[1])] == [g.id for g in groups()]
