"""Run directories: one's own, tidied, and left alone while in use."""

from dev.runs import run_directory


def _leave_things(directory):
    (directory / "data").mkdir()
    (directory / "data" / "big").touch()
    (directory / "logs").mkdir()
    (directory / "logs" / "a.log").touch()


def test_only_the_logs_stay(tmp_path):
    with run_directory("demo", local=tmp_path) as directory:
        _leave_things(directory)
    assert [path.name for path in directory.iterdir()] == ["logs"]
    assert (directory / "logs" / "a.log").exists()


def test_two_runs_at_once_do_not_touch_each_other(tmp_path):
    with run_directory("demo", local=tmp_path) as first:
        _leave_things(first)
        with run_directory("demo", local=tmp_path) as second:
            assert first != second
        assert (first / "data" / "big").exists()


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    killed = tmp_path / "demo-20200101-000000-killed"
    killed.mkdir()
    _leave_things(killed)
    with run_directory("demo", local=tmp_path):
        assert [path.name for path in killed.iterdir()] == ["logs"]


def test_old_logs_go_and_other_kinds_stay(tmp_path):
    old = [tmp_path / f"demo-2020010{day}-000000-x" for day in range(1, 8)]
    other = tmp_path / "test-20200101-000000-x"
    for directory in (*old, other):
        _leave_things_in_new(directory)
    with run_directory("demo", local=tmp_path) as current:
        pass
    assert sorted(tmp_path.iterdir()) == sorted([*old[-5:], current, other])


def _leave_things_in_new(directory):
    directory.mkdir()
    _leave_things(directory)
