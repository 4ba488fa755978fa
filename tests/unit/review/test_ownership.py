"""Whose a fact is: a restore gives a deployment back its own, and no other's."""

import pytest

from services.review.recalling import restorable
from shared.contracts import CATALOGUE
from shared.contracts.event import Event
from shared.contracts.honours import HonourEvent
from tests.support.platform import example
from tests.unit.review.restored import Deployment

HONOURS = [event for event in CATALOGUE if issubclass(event, HonourEvent)]


def owns(jurisdiction: str, event: Event) -> bool:
    ours = Deployment({}, [])
    return restorable(ours.table, ours.store, (jurisdiction,)).owns(event)


@pytest.mark.parametrize("kind", HONOURS)
def test_a_fact_about_an_honour_belongs_to_whoever_granted_it(kind: type[HonourEvent]) -> None:
    event = kind.model_validate_json(example(kind, round_="CN-2020")).model_copy(update={"area": "3502"})
    granted_by_fujian = event.model_copy(update={"jurisdiction": "35"})
    assert owns("35", granted_by_fujian)
    assert not owns("CN", granted_by_fujian)
    granted_by_the_centre = event.model_copy(update={"jurisdiction": "CN"})
    assert owns("CN", granted_by_the_centre)
    assert not owns("35", granted_by_the_centre)
