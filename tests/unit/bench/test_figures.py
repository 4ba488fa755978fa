"""Figures, charts, and the page made of results."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from bench.chart import Bar, bars
from bench.figures import Spread, percentile, ratio
from bench.pipeline import by_stage, code_of
from bench.report import table, write_report
from bench.results import keep, kept
from bench.scale import Plan

MACHINE = {
    "cpu": "a processor",
    "cores": 2,
    "memory_gib": 24.0,
    "system": "Linux",
    "python": "3.11.7",
    "packages": {"pymongo": "4.20.0"},
}


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_percentiles_are_by_nearest_rank(percent, value):
    assert percentile(list(range(1, 101)), percent) == value


def test_the_percentile_of_one_value_is_that_value():
    assert [percentile([7.0], percent) for percent in (0, 50, 99)] == [7.0, 7.0, 7.0]


def test_ratios_are_taken_round_by_round():
    assert ratio([10, 30, 90], [10, 10, 10]) == Spread(median=3, least=1, most=9, times=3)


def test_copies_of_a_stage_count_together():
    assert by_stage({"scoring-1": 2.0, "scoring-2": 3.0, "broker": 1.0}) == {"scoring": 5.0, "broker": 1.0}


def test_a_chart_is_an_svg_with_the_longest_bar_widest():
    drawn = fromstring(bars("速率 <rate>", [Bar("a", 10, "10/s"), Bar("b", 40, "40/s", "ours")]))
    widths = [int(r.attrib["width"]) for r in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[1] == 4 * widths[0]


def test_letters_name_the_chamber_they_are_about():
    assert code_of({"_id": "f00", "state": {"draft": {"about": "CN-2024-51350200YY0000017H@35"}}}) == (
        "51350200YY0000017H"
    )
    assert code_of({"_id": "notify-51350200YY0000017H-00000002"}) == "51350200YY0000017H"


def test_a_table_has_as_many_columns_everywhere():
    assert {line.count("|") for line in table(["", "a", "b"], [["x", "1", "2"]]).splitlines()} == {4}


def _drained(contender: str, number: int, rate: float) -> dict[str, object]:
    cpu = {"scoring-1": 1.0, "review-1": 2.0, "notify-1": 3.0, "broker": 4.0, "mongod": 5.0}
    return {"contender": contender, "round": number, "load": 1.0, "rate": rate, "cpu_us": cpu}


def test_the_page_shows_ratios_within_a_round(tmp_path: Path):
    records = [
        _drained("floor", 0, 1000),
        _drained("sihao", 0, 600),
        _drained("sihao", 1, 80),
        _drained("floor", 1, 100),
    ]
    result = {"at": "2026-11-21", "machine": MACHINE, "plan": {"seed": 1}, "records": records}
    write_report({"pipeline": result}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| sihao ")]
    assert row.split("|")[2:6] == [" 340 [80–600] ", " — ", " 0.70 ", " 1 / 2 / 3 "]
    assert (tmp_path / "benchmarks.svg").exists()


def test_results_are_kept_with_machine_plan_and_seed(tmp_path: Path):
    plan = Plan(backlogs=[1], stocks=[], processes=[], count=1, rounds=1, seconds=1, seed=7)
    keep("scale", [{"rate": 1.0, "load": 0.5}], plan, tmp_path)
    found = kept(tmp_path)["scale"]
    assert found["plan"]["seed"] == 7
    assert found["records"] == [{"rate": 1.0, "load": 0.5}]
    assert {"cpu", "cores", "packages"} <= found["machine"].keys()
