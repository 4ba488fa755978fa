"""How looks at clauses become a verdict."""

import pytest

from conformance.verdicts import Broken, Verdicts


def status(verdicts: Verdicts, clause: str) -> str:
    return next(one.status for one in verdicts.results() if one.clause.id == clause)


def test_what_nobody_looked_at_is_not_passed() -> None:
    verdicts = Verdicts()
    assert {one.status for one in verdicts.results()} == {"not_checked"}
    assert all(one.findings for one in verdicts.results())


def test_one_failure_outweighs_every_success_and_is_told() -> None:
    verdicts = Verdicts()
    verdicts.hold("C-SCH-1", True, "好", "fine")
    assert status(verdicts, "C-SCH-1") == "passed"
    verdicts.hold("C-SCH-1", False, "坏", "wrong")
    [found] = [one for one in verdicts.results() if one.status == "failed"]
    assert (found.checks, found.failures, str(found.findings[0])) == (2, 1, "坏 / wrong")


def test_a_clause_without_what_it_needs_is_not_passed_whatever_was_seen() -> None:
    verdicts = Verdicts(missing={"keys"})
    verdicts.hold("C-SIG-1", True, "", "")
    [why] = next(one.findings for one in verdicts.results() if one.clause.id == "C-SIG-1")
    assert status(verdicts, "C-SIG-1") == "not_checked"
    assert "--keys" in why.zh


def test_a_need_ends_the_check_and_a_wrong_number_is_a_mistake_of_ours() -> None:
    verdicts = Verdicts()
    with pytest.raises(Broken):
        verdicts.need("C-CAS-1", [], "没有", "nothing")
    with pytest.raises(KeyError):
        verdicts.hold("C-XXX-1", True, "", "")


def test_findings_are_bounded_and_counted() -> None:
    verdicts = Verdicts()
    for n in range(500):
        verdicts.hold("C-ENV-1", False, str(n), str(n))
    found = next(one for one in verdicts.results() if one.clause.id == "C-ENV-1")
    assert (found.failures, len(found.findings)) == (500, 20)
