"""Dashboards and alerts ask only for metrics and labels that the code has, and every alert has its runbook."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from dev import dashboards
from dev.generate import ROOT
from dev.generated.metrics import defined
from shared.runtime.release import RELEASE

RULES = ROOT / "deploy" / "observe" / "alerts" / "sihao.yml"
RULE_TESTS = sorted((ROOT / "tests" / "observe").glob("*.test.yml"))
SCRAPED = {"service", "instance", "job", "place"}
"""Labels that scraping gives."""
FOREIGN: dict[str, set[str]] = {
    "up": set(),
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
    "rabbitmq_alarms_free_disk_space_watermark": set(),
    "rabbitmq_alarms_memory_used_watermark": set(),
}
"""Prometheus' own, the client library's, and RabbitMQ's (plugin rabbitmq_prometheus)."""
KNOWN = FOREIGN | {
    series: {*one.labels, *(["le"] if series.endswith("_bucket") else [])} for one in defined() for series in one.series
}
BOARDS = dashboards.documents()


def alerts() -> list[dict[str, Any]]:
    """All rules."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All panels, those in rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels") or ()


def queries() -> Iterator[tuple[str, str]]:
    """Everything that is asked: where, and the query."""
    for path, written in BOARDS.items():
        for panel in panels(json.loads(written)):
            for target in panel.get("targets") or ():
                yield f"{path.stem}: {panel['title']}", target["expr"]
    for rule in alerts():
        yield rule["alert"], rule["expr"]


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Every series that a query asks for, with the labels it chooses by; and those it groups by, without a series."""
    plain = expression.replace("$__range", "1h")
    tree = promql.parse(plain)
    todo: list[Any] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, promql.VectorSelector):
            yield node.name or "", {matcher.name for matcher in node.matchers.matchers}
        children = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
        todo += [child for child in (*children, *(getattr(node, "args", None) or ())) if child is not None]


def grouped(expression: str) -> set[str]:
    """The labels that a query groups by."""
    found = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
    return {label.strip() for labels in found for label in labels.split(",") if label.strip()}


@pytest.mark.parametrize(("where", "expression"), list(queries()), ids=lambda value: value[:60])
def test_a_query_asks_for_what_there_is(where: str, expression: str) -> None:
    series = list(asked(expression))
    assert series, f"{where}: asks for nothing"
    labels: set[str] = set()
    for name, chosen in series:
        assert name in KNOWN, f"{where}: no metric {name}"
        assert chosen <= KNOWN[name] | SCRAPED, f"{where}: {name} has no label {chosen - KNOWN[name] - SCRAPED}"
        labels |= KNOWN[name]
    assert grouped(expression) <= labels | SCRAPED, f"{where}: groups by {grouped(expression) - labels - SCRAPED}"


@pytest.mark.parametrize("expression", ["sum(sihao_no_such_thing)", 'sihao_dead_letters{area="35"}'])
def test_a_query_for_what_there_is_not_would_be_noticed(expression: str) -> None:
    with pytest.raises(AssertionError):
        test_a_query_asks_for_what_there_is("nowhere", expression)


@pytest.mark.parametrize("path", list(BOARDS), ids=lambda path: path.stem)
def test_a_dashboards_titles_are_bilingual_and_its_choices_exist(path: Path) -> None:
    board = json.loads(BOARDS[path])
    titles = [board["title"], *(panel["title"] for panel in panels(board))]
    assert [title for title in titles if not re.search(r"[一-鿿].* / .*[a-z]", title)] == []
    for variable in board["templating"].get("list") or ():
        [(name, label)] = re.findall(r"label_values\((\w+), (\w+)\)", str(variable["query"]))
        assert label in KNOWN[name] | SCRAPED
        assert f"${variable['name']}" in BOARDS[path]


def test_every_alert_is_bilingual_and_has_its_runbook() -> None:
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE))
    for rule in alerts():
        summary, runbook = rule["annotations"]["summary"], rule["annotations"]["runbook_url"]
        assert re.search(r"[一-鿿].* / .*[a-z]", summary), rule["alert"]
        assert runbook == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["alert"] in headings, f"docs/operations.md has no section {rule['alert']}"
        assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {name for name in headings if name.startswith("Sihao")} == {rule["alert"] for rule in alerts()}


def test_every_alert_is_seen_firing_by_the_rule_tests() -> None:
    told = "".join(path.read_text("utf-8") for path in RULE_TESTS)
    assert {rule["alert"] for rule in alerts()} == set(re.findall(r'alertname="(\w+)"', told))


def test_promtool_finds_the_rules_right_and_their_tests_pass() -> None:
    """Debian has promtool in its package `prometheus`; without it this fails, and is not skipped."""
    checked = _promtool("check", "rules", str(RULES))
    assert "SUCCESS" in checked
    tested = _promtool("test", "rules", *map(str, RULE_TESTS))
    assert tested.count("SUCCESS") == len(RULE_TESTS) == 2


def _promtool(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own files
        ["promtool", *arguments],  # noqa: S607 - whichever the machine has
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_release_is_that_of_the_project() -> None:
    assert f'\nversion = "{RELEASE}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")
