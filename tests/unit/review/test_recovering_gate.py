"""Nobody acts on a case of which the store is known to have forgotten what was announced."""

from services.review.domain.officer import Pass, decide_pass
from services.review.store import CASES
from shared.kernel.actor import Actor
from tests.unit.review import given
from tests.unit.review.office import Office, open_office
from tests.unit.review.test_recall_cases import opened

OFFICER = Actor(id="officer", role="officer", area="35")


async def act(office: Office, case: str) -> None:
    await office.commands.do(CASES, case, Pass(by=OFFICER), decide_pass, what="pass", by=OFFICER)


async def test_a_forgotten_case_takes_no_decision_until_it_is_back_and_others_do() -> None:
    case, other = opened(), opened().but(id="another@35")
    async with open_office() as office:
        await office.keep(CASES, case.id, case)
        await office.keep(CASES, other.id, other)
        office.commands.forgotten = frozenset({case.id})
        with given.refused_as("store.recovering"):
            await act(office, case.id)
        await act(office, other.id)
        office.commands.forgotten = frozenset()
        await act(office, case.id)
        decided = await office.store.get(CASES, case.id)
        assert decided
        assert decided.stage == "shortlist"
