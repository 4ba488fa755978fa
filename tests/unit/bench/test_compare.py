"""What is compared between two runs, and what counts as a loss."""

from typer.testing import CliRunner

from bench import aggregation, compare
from bench.__main__ import app
from bench.ratios import of_accept, of_aggregation, of_pipeline, of_promise, of_scale, of_scoring


def drained(contender: str, rate: float, cpu: float, p99: float) -> dict[str, object]:
    return {"contender": contender, "round": 0, "rate": rate, "cpu_us": {"scoring-1": cpu}, "p99_ms": p99}


def result(ours: float) -> dict[str, object]:
    return {"records": [drained("floor", 1000, 100, 10), drained("sihao", ours, 200, 12.5)]}


def test_a_contender_stands_beside_the_floor_of_its_own_run():
    assert of_pipeline([drained("floor", 1000, 100, 10), drained("sihao", 600, 200, 12.5)]) == {
        "sihao: rate ÷ floor": 0.6,
        "sihao: floor's CPU ÷ its own": 0.5,
        "sihao: floor's p99 ÷ its own": 0.8,
    }
    assert of_pipeline([drained("sihao", 600, 200, 12.5)]) == {}


def test_a_variation_stands_beside_the_first_of_its_kind():
    def record(varied: str, value: int, rate: float, rss: int) -> dict[str, object]:
        steps = {"scoring-1": rss, "review-1": rss, "notify-1": rss, "broker": 9}
        return {"varied": varied, "value": value, "rate": rate, "rss": steps}

    records = [record("backlog", 10, 100, 10), record("backlog", 100, 90, 20), record("processes", 1, 100, 10)]
    assert of_scale(records) == {"backlog 100: rate ÷ first": 0.9, "backlog 100: first memory ÷ its own": 0.5}


def test_scoring_stands_beside_the_fastest_engine():
    costs = {"zen": 900, "cel": 450, "figures": 150}
    assert of_scoring([{"contender": name, "us": us} for name, us in costs.items()]) == {
        "figures: fastest engine ÷ ours": 3
    }


def test_the_gain_of_the_shared_commit_and_the_share_of_a_part():
    accepted = [
        {"road": "http", "callers": 8, "way": way, "rate": rate} for way, rate in (("group", 80), ("single", 20))
    ]
    assert of_accept(accepted) == {"http, 8 callers: group ÷ single": 4}
    parts = [{"stage": "scoring", "part": part, "us": us} for part, us in (("all", 100), ("digest", 20), ("span", 1))]
    assert of_promise(parts) == {"scoring: all ÷ digest": 5}


def test_settling_marks_stands_beside_floats_and_is_exact_at_any_size():
    records = [
        {"scene": "trimmed", "contender": name, "seconds": s} for name, s in (("sihao", 2), ("floats", 1), ("sihao", 4))
    ]
    assert of_aggregation(records) == {"trimmed: floats' CPU ÷ its own": 1 / 3}
    measured = aggregation.measure(aggregation.Plan(cases=4, experts=6, rounds=1))
    assert [(one["scene"], one["contender"], one["marks"]) for one in measured] == [
        (scene, contender, 4 * 42) for scene in ("trimmed", "normalised") for contender in ("sihao", "floats")
    ]
    assert [one["off"] for one in measured if one["contender"] == "sihao"] == [0, 0]


def test_what_fell_by_more_than_the_tolerance_is_told():
    before, same, lost = ({"pipeline": result(rate)} for rate in (600, 500, 400))
    assert [one.fell for one in compare.compared(before, same, 0.2)] == [False, False, False]
    fell = [one for one in compare.compared(before, lost, 0.2) if one.fell]
    assert [one.name for one in fell] == ["pipeline: sihao: rate ÷ floor"]
    assert "× 0.67" in fell[0].line
    assert compare.compared(before, {}, 0.2) == []


def test_the_command_fails_when_a_figure_fell(monkeypatch):
    monkeypatch.setattr("bench.__main__.committed", lambda: {"pipeline": result(600)})
    for rate, code in ((590, 0), (300, 1)):
        monkeypatch.setattr("bench.__main__.kept", lambda rate=rate: {"pipeline": result(rate)})
        assert CliRunner().invoke(app, ["compare"]).exit_code == code
