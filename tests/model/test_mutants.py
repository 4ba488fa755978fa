"""Without any one of its guards, the runtime is caught losing, doubling or inventing something."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.model.budget import hunt
from tests.model.machine import Tally
from tests.model.mutants import MUTANTS, Mutant, random_command_ids, random_deadline_ids
from tests.model.toys import Toys

NOT_COMPARED = (random_command_ids, random_deadline_ids)
"""Their ids differ from those of the same story told again, which would be too cheap: here only effects count."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant: Mutant) -> None:
    class Hunted(Toys):
        tally = Tally()
        comparable = mutant not in NOT_COMPARED

    with mutant(), pytest.raises(AssertionError) as found:
        run_state_machine_as_test(Hunted, settings=hunt(stories=600, steps=40))
    print(f"{mutant.__name__}: story {Hunted.tally.stories}: {str(found.value)[:160]}")  # noqa: T201 - for pytest -s
