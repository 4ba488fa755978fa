"""What a document becomes is decided message by message, and one that fails leaves no trace in it."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.kernel.actor import CLOCK
from shared.kernel.change import Change
from shared.kernel.history import Entry, verify
from shared.runtime.fold import FENCED, Fold, Stored
from shared.runtime.work import Applied, Rejected, Unchanged, Work
from tests.support.toy import COUNTERS, Add, Counter, add

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def work(by: int, **command: object) -> Work:
    return Work(
        COUNTERS, "a", Add.model_validate({"by": by, **command}), add, "add", CLOCK, str(uuid.uuid4()), "0" * 64
    )


def hollow(state: Counter | None, message: Add, now: datetime) -> Change[Counter]:
    """Decides well, but for something that has no bytes: half of a surrogate pair."""
    del message, now
    return Change((state or Counter()).but(total=999, notes={"half": "\ud800"}))


def test_a_change_that_cannot_be_written_down_leaves_the_earlier_ones_whole() -> None:
    fold = Fold("a", None)
    bad = Work(COUNTERS, "a", Add(by=1), hollow, "add", CLOCK, "bad", "0" * 64)
    outcomes = [fold.step(one, NOW) for one in (work(1), bad, work(2))]
    assert [type(outcome) for outcome in outcomes] == [Applied, Rejected, Applied]
    write = fold.write(COUNTERS)
    assert write is not None
    assert write.state["total"] == 3
    assert verify([Entry.model_validate(entry) for entry in write.entries], write.state) is None

    fold = Fold("a", None)
    for one in (work(1), bad):
        fold.step(one, NOW)
    write = fold.write(COUNTERS)
    assert write is not None
    assert write.state["total"] == 1
    assert verify([Entry.model_validate(entry) for entry in write.entries], write.state) is None


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_a_deadline_is_stored_to_the_millisecond_and_never_earlier_than_it_is(zone: timezone) -> None:
    exact = datetime(2026, 1, 1, 23, 59, 59, 999_001, tzinfo=zone)
    fold = Fold("a", None)
    fold.step(work(1, rings_at=exact), NOW)
    write = fold.write(COUNTERS)
    assert write is not None
    assert write.due == datetime(2026, 1, 2, tzinfo=zone)


def test_a_deadline_without_a_zone_is_the_deciders_fault() -> None:
    fold = Fold("a", None)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the fault
    assert isinstance(fold.step(work(1, rings_at=naive), NOW), Rejected)
    assert fold.write(COUNTERS) is None


def test_a_document_that_is_handed_over_stays_as_it_is_and_knows_a_repeat() -> None:
    known = work(1)
    sealed = Stored(1, Counter(total=1), frozenset({known.cause}), "0" * 64, sealed=True)
    fold = Fold("a", sealed)
    repeated = fold.step(known, NOW)
    assert isinstance(repeated, Unchanged)
    assert repeated.repeated
    assert fold.step(work(2), NOW) is FENCED
    assert fold.write(COUNTERS) is None
