"""A report in its four forms."""

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from conformance import badge
from conformance.clauses import clauses
from conformance.junit import as_junit
from conformance.report import as_json, tell, verdict
from conformance.run import Report
from conformance.verdicts import Verdicts


def report(*, fail: str = "", missing: bool = False) -> Report:
    verdicts = Verdicts(missing={"keys"} if missing else ())
    for clause in clauses():
        verdicts.hold(clause, clause != fail, "所见\x00坏", "seen \x00 wrong")
    return Report("35", "KIT-1", datetime(2026, 11, 26, tzinfo=UTC), 12.34, 99, verdicts.results())


@pytest.mark.parametrize(
    ("given", "word", "said", "colour"),
    [
        (report(), "passed", f"{len(clauses())}/{len(clauses())} passed", "brightgreen"),
        (report(missing=True), "not_checked", f"{len(clauses()) - 2}/{len(clauses())} passed", "yellow"),
        (report(missing=True, fail="C-DUP-1"), "failed", "1 failed", "red"),
    ],
)
def test_the_badge_says_no_more_than_the_report(
    given: Report, word: str, said: str, colour: str, tmp_path: Path
) -> None:
    assert verdict(given) == json.loads(as_json(given))["verdict"] == word
    badge.write(given, tmp_path / "b.json")
    endpoint = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert (endpoint["schemaVersion"], endpoint["message"], endpoint["color"]) == (1, said, colour)
    badge.write(given, tmp_path / "b.svg")
    assert said in ET.parse(tmp_path / "b.svg").getroot().attrib["aria-label"]  # noqa: S314 - our own


def test_junit_has_a_case_per_clause_and_holds_whatever_was_said() -> None:
    root = ET.fromstring(as_junit(report(fail="C-DUP-1", missing=True)).encode())  # noqa: S314 - our own
    cases = list(root.iter("testcase"))
    assert len(cases) == len(clauses())
    assert [case.attrib["name"].split()[0] for case in cases if case.find("failure") is not None] == ["C-DUP-1"]
    assert sum(case.find("skipped") is not None for case in cases) == 2
    suite = next(one for one in root if "Duplicates" in one.attrib["name"])
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "0")


def test_the_table_names_rule_finding_and_remedy_in_both_languages() -> None:
    out = Console(record=True, width=200)
    tell(report(fail="C-DUP-1"), out)
    told = out.export_text()
    clause = clauses()["C-DUP-1"]
    for words in ("C-DUP-1", "未通过 failed", clause.remedy.zh, clause.remedy.en, "seen"):
        assert words in told
    assert f"{len(clauses()) - 1} passed, 1 failed, 0 not checked" in told
