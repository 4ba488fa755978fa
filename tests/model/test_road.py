"""The protocol over the platform's own deciders: one road, every weather."""

from hypothesis.stateful import run_state_machine_as_test

from tests.model.budget import settings_for
from tests.model.road import Road


def test_every_application_ends_in_one_state_everywhere_whatever_happens() -> None:
    run_state_machine_as_test(Road, settings=settings_for(stories=40, steps=30))
    print(Road.tally)  # noqa: T201 - the figures of the run, shown by pytest -s
    assert Road.tally.stories


def test_a_correction_that_was_held_up_reopens_the_case_for_everybody() -> None:
    """Handed in before the deadline, heard of after it: review declines as overdue, then takes the case up again."""
    story = Road()
    story.begin(seed=0, early={0})
    _quiet(story)
    story.decide(which=0, how="return", replica=0)
    _quiet(story)
    story.submit(which=0, replica=0)
    story.turn(days=30)
    story.pass_time(seconds=10)
    case = story.case(0)
    assert case["status"] == "declined"
    assert case["ending"]["code"] == "overdue"
    story.teardown()
    assert story.case(0)["status"] == "open"


def _quiet(story: Road) -> None:
    for _ in range(4):
        story.pass_time(seconds=10)
        story.world.quiet(patiently=False)
