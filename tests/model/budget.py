"""How much is explored: a fixed, repeatable part at every run, as much as wished with `SIHAO_MODEL_STORIES=20`.

The factor multiplies the number of stories; above 1 they are drawn at random instead of derived, and a failing one
prints its steps and the line (`@reproduce_failure`) that brings it back.
"""

import os

from hypothesis import HealthCheck, Phase, settings

FACTOR = int(os.environ.get("SIHAO_MODEL_STORIES", "1"))


def settings_for(*, stories: int, steps: int) -> settings:
    """Explore, and make a failing story as short as possible."""
    return settings(
        max_examples=stories * FACTOR,
        stateful_step_count=steps,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )


def hunt(*, stories: int, steps: int) -> settings:
    """Explore until something is found; how it looks at its shortest is of no interest."""
    return settings(settings_for(stories=stories, steps=steps), phases=[Phase.generate])
