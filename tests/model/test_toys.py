"""The protocol over toy services: no order of faults loses a message or counts it twice."""

from hypothesis.stateful import run_state_machine_as_test

from tests.model.budget import settings_for
from tests.model.toys import Toys


def test_nothing_is_lost_or_counted_twice_whatever_happens() -> None:
    run_state_machine_as_test(Toys, settings=settings_for(stories=120, steps=40))
    print(Toys.tally)  # noqa: T201 - the figures of the run, shown by pytest -s
    assert Toys.tally.stories
