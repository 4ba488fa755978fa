"""The hand that turns the platform's clock, for demonstrations and tests.

The services read the same file through `SIHAO_CLOCK_FILE`: a JSON object `{"offset_seconds": N}`, N a whole number of
seconds that is added to the real time; a missing file means 0.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

_SECOND = timedelta(seconds=1)


class TurnedClock:
    """A clock that runs at the usual speed, some whole seconds away from the real time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def offset(self) -> timedelta:
        """How far this clock is from the real time; negative when behind."""
        try:
            seconds = json.loads(self.path.read_text("utf-8"))["offset_seconds"]
        except FileNotFoundError:
            seconds = 0
        return timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The platform's time, in UTC."""
        return datetime.now(UTC) + self.offset

    def turn_by(self, step: timedelta) -> datetime:
        """Turn by `step`, a whole number of seconds (negative: back), and return the new time."""
        if step % _SECOND:
            raise ValueError(f"时钟只能按整秒调整，得到 {step} / the clock turns by whole seconds, got {step}")
        self._write(self.offset + step)
        return self.now()

    def turn_to(self, instant: datetime) -> datetime:
        """Turn so that it is `instant` now, or less than a second later, and return the new time."""
        if instant.tzinfo is None:
            raise ValueError(f"时间须带时区，得到 {instant} / the instant needs a time zone, got {instant}")
        distance = instant - datetime.now(UTC)
        self._write(-(-distance // _SECOND) * _SECOND)
        return self.now()

    def _write(self, offset: timedelta) -> None:
        """Replace the file in one step, so that no reader ever sees half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=self.path.parent, delete=False) as new:
            json.dump({"offset_seconds": offset // _SECOND}, new)
        Path(new.name).replace(self.path)
