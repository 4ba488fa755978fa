"""The clock that a file turns keeps going while the file is written, emptied or removed."""

from datetime import timedelta
from pathlib import Path

from shared.runtime.clock import FileClock, SystemClock


def test_the_file_turns_it_and_a_half_written_one_does_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    clock, real = FileClock(path), SystemClock()

    def turned() -> float:
        return round((clock.now() - real.now()) / timedelta(seconds=1))

    assert turned() == 0
    path.write_text('{"offset_seconds": 3600}')
    assert turned() == 3600
    path.write_text("")
    assert turned() == 3600
    path.write_text('{"offset_seconds": 7200')
    assert turned() == 3600
    path.write_text('{"offset_seconds": 86400}')
    assert turned() == 86400
    path.unlink()
    assert turned() == 0
