"""An export comes to an end, whatever its workers do, and only the present try counts."""

from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import booleans, integers

from services.review.domain import export as exports
from services.review.domain.export import (
    KEPT,
    LEASE,
    STANDING,
    TRIES,
    Ask,
    Asked,
    Cleaned,
    Export,
    Finish,
    Progress,
    Remove,
    Stumble,
    Take,
    Workbook,
)
from shared.contracts import text
from shared.kernel.change import Change, Due, NotFound, Refused
from tests.unit.review import given

WHO = given.officer("35")
WHY = text("磁盘已满", "the disk is full")


def asked(*, standing: int = 0) -> Ask:
    return Ask(by=WHO, id="x", area="35", asked=Asked(round="CN-2020"), standing=standing)


def after(change: Change[Export] | None) -> Export:
    assert change
    return change.state


def queued() -> Export:
    return after(exports.ask(None, asked(), given.NOW))


def running() -> Export:
    return after(exports.take(queued(), Take(), given.NOW))


def finished(export: Export, attempt: int = 1) -> Change[Export] | None:
    book = Workbook(key=export.key, name="cases.xlsx", size=1, sha256="a" * 64)
    return exports.finish(export, Finish(attempt=attempt, rows=7, workbook=book), given.NOW)


def lapsed(export: Export, now: datetime) -> Change[Export] | None:
    return exports.on_due(export, Due(at=now), now)


def test_a_person_can_have_only_some_under_way() -> None:
    assert exports.ask(None, asked(standing=STANDING - 1), given.NOW)
    with pytest.raises(Refused, match=str(STANDING)):
        exports.ask(None, asked(standing=STANDING), given.NOW)


def test_how_many_are_under_way_is_no_part_of_what_was_asked() -> None:
    assert asked(standing=2).model_dump() == asked().model_dump()


def test_only_one_worker_gets_it() -> None:
    assert exports.take(running(), Take(), given.NOW) is None


def test_progress_renews_the_lease() -> None:
    later = given.NOW + LEASE - timedelta(seconds=1)
    export = after(exports.progress(running(), Progress(attempt=1, rows=5, expected=9), later))
    assert (export.rows, export.expected) == (5, 9)
    assert lapsed(export, given.NOW + LEASE) is None
    assert export.due() == later + LEASE


def test_a_silent_worker_loses_it_and_its_report_counts_no_more() -> None:
    waiting = after(lapsed(running(), given.NOW + LEASE))
    assert waiting.status == "waiting"
    again = after(exports.take(waiting, Take(), given.NOW))
    for export in (waiting, again):
        assert finished(export) is None
        assert exports.progress(export, Progress(attempt=1, rows=1, expected=1), given.NOW) is None
        assert exports.stumble(export, Stumble(attempt=1, reason=WHY), given.NOW) is None
    assert finished(again, 2)


def test_after_the_last_try_it_has_failed_and_says_why() -> None:
    export = queued()
    for attempt in range(1, TRIES + 1):
        export = after(exports.take(export, Take(), given.NOW))
        export = after(exports.stumble(export, Stumble(attempt=attempt, reason=WHY), given.NOW))
    assert (export.status, export.reason) == ("failed", WHY)


def test_what_would_end_the_same_is_not_tried_again() -> None:
    export = after(exports.stumble(running(), Stumble(attempt=1, reason=WHY, for_good=True), given.NOW))
    assert (export.status, export.reason) == ("failed", WHY)


def test_a_finished_file_is_removed_by_the_clock() -> None:
    export = after(finished(running()))
    assert (export.status, export.rows, export.due()) == ("done", 7, given.NOW + KEPT)
    assert lapsed(export, given.NOW + KEPT - timedelta(seconds=1)) is None
    gone = after(lapsed(export, given.NOW + KEPT))
    assert (gone.status, gone.workbook, gone.files) == ("removed", None, True)
    assert after(exports.cleaned(gone, Cleaned(), given.NOW)).files is False


def test_one_that_was_removed_stays_so() -> None:
    gone = after(exports.remove(running(), Remove(by=WHO), given.NOW))
    assert finished(gone) is None
    assert exports.remove(gone, Remove(by=WHO), given.NOW) is None
    with pytest.raises(NotFound):
        exports.remove(None, Remove(by=WHO), given.NOW)


class Life(RuleBasedStateMachine):
    """Workers that report, die and come back late; a person; the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = given.NOW
        self.export = queued()

    def apply(self, change: Change[Export] | None) -> None:
        """Keep what was decided, as the store gives it back."""
        if change:
            self.export = Export.model_validate(change.state.model_dump(mode="json"))

    @rule()
    def take(self) -> None:
        """A worker begins."""
        self.apply(exports.take(self.export, Take(), self.now))

    @rule(attempt=integers(0, TRIES), rows=integers(0, 9))
    def progress(self, attempt: int, rows: int) -> None:
        """A worker reports, perhaps late."""
        self.apply(exports.progress(self.export, Progress(attempt=attempt, rows=rows, expected=9), self.now))

    @rule(attempt=integers(0, TRIES))
    def finish(self, attempt: int) -> None:
        """A worker has finished, perhaps late."""
        self.apply(finished(self.export, attempt))

    @rule(attempt=integers(0, TRIES), for_good=booleans())
    def stumble(self, attempt: int, *, for_good: bool) -> None:
        """A worker stumbles, perhaps late."""
        command = Stumble(attempt=attempt, reason=WHY, for_good=for_good)
        self.apply(exports.stumble(self.export, command, self.now))

    @precondition(lambda self: self.export.due())
    @rule()
    def time_passes(self) -> None:
        """The clock acts."""
        due = self.export.due()
        assert due
        self.now = max(self.now, due)
        self.apply(lapsed(self.export, self.now))

    @rule()
    def remove(self) -> None:
        """The person deletes it."""
        self.apply(exports.remove(self.export, Remove(by=WHO), self.now))

    @rule()
    def clean(self) -> None:
        """Files are cleared away."""
        self.apply(exports.cleaned(self.export, Cleaned(), self.now))

    @invariant()
    def holds(self) -> None:
        """Always."""
        export = self.export
        assert export.tries <= TRIES
        assert (export.workbook is not None) == (export.status == "done")
        assert (export.until is not None) == (export.status == "running")
        assert export.reason is not None or export.status != "failed"
        assert export.files or export.tries == 0 or export.status in ("failed", "removed")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
