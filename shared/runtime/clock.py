"""The platform's clock: the one place where “now” comes from, so that the demo and the tests can turn it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the platform's time."""

    def now(self) -> datetime:
        """UTC, cut to the millisecond."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """UTC, cut to the millisecond."""
        return _cut(datetime.now(UTC))


class FileClock:
    """The machine's clock plus the offset that stands in a file (`{"offset_seconds": 86400}`); no file, no offset."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        """UTC, cut to the millisecond, turned by the file's offset."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._offset = timedelta(seconds=int(json.loads(self._path.read_text())["offset_seconds"]))
                self._stamp = stamp
        except FileNotFoundError:
            self._stamp, self._offset = -1, timedelta()
        except ValueError:
            """It is just being written: the offset stays until it can be read."""
        return _cut(datetime.now(UTC) + self._offset)


def make_clock(path: Path | None) -> Clock:
    """The machine's clock, or the turned one where a file is named."""
    return FileClock(path) if path else SystemClock()


def _cut(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
