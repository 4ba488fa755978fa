"""Live progress: what happens now, how far it is, how long it took."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Tally:
    """Counts what is done in a step."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def done(self, count: int = 1) -> None:
        """So many more are done."""
        self._progress.advance(self._task, count)


class Show:
    """Prints steps as they happen; keeps the time each took."""

    def __init__(self, *, silent: bool = False) -> None:
        self.console = Console(quiet=silent, highlight=False, soft_wrap=True)
        self.times: dict[str, float] = {}

    def say(self, words: str) -> None:
        """A line."""
        self.console.print(words)

    @contextmanager
    def step(self, zh: str, en: str, total: int) -> Iterator[Tally]:
        """A step of `total` things; its line stays when it is done."""
        started = monotonic()
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=18),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        live = sys.stdout.isatty()
        with Progress(*columns, console=self.console, transient=not live, disable=not live) as progress:
            yield Tally(progress, progress.add_task(f"{zh} / {en}", total=total))
        seconds = self.times[f"{zh} / {en}"] = monotonic() - started
        if not live:
            self.say(f"✓ {seconds:5.1f} s  {zh} / {en}")
