"""Capacity is cost times rate, part by part."""

import pytest

from bench.capacity import PARTS, Demand, costs, rows

ACCEPTING = {
    "records": [
        {"road": "http", "way": "group", "cpu_us": {"intake": us, "client": 9.0}} for us in (6_000.0, 8_000.0, 7_000.0)
    ]
    + [{"road": "http", "way": "single", "cpu_us": {"intake": 1.0}}, {"road": "direct", "way": "group", "cpu_us": {}}]
}
DRAINING = {
    "records": [
        {
            "contender": "sihao-telemetry",
            "cpu_us": {"scoring-1": 1_000.0, "scoring-2": 1_000.0, "review-1": 3_000.0, "notify-1": 1_000.0}
            | {"broker": 2_000.0, "mongod": 4_000.0},
        },
        {"contender": "celery", "cpu_us": {"scoring-1": 1.0}},
    ]
}


def test_an_application_costs_what_was_measured() -> None:
    found = costs(ACCEPTING, DRAINING)
    assert tuple(found) == PARTS
    assert found["intake"] == pytest.approx(0.007), "the median of what clients do, committed together"
    assert found["scoring"] == pytest.approx(0.002), "both processes"


def test_cores_are_cost_times_rate() -> None:
    (row,) = rows(costs(ACCEPTING, DRAINING), [Demand("much", 36_000, 3_600)])
    assert row == ["much", "10.00", "0.07", "0.02", "0.03", "0.01", "0.02", "0.04", "0.19"]
