"""Acts at the desk that read several documents first: drawing, assigning, closing the marking; and done twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from services.review.api import announcements, assignments, cohorts, draws
from services.review.api.announcements import AnnounceBody
from services.review.api.assignments import ApplyBody
from services.review.api.cohorts import CloseBody
from services.review.api.desk import Words
from services.review.api.draws import CommitBody
from services.review.domain.case import Case
from services.review.domain.drawing import commitment
from services.review.domain.expert import Expert
from services.review.domain.marking import Mark, mark
from services.review.domain.recusal import Tie
from services.review.domain.task import Wishes
from services.review.domain.turn import LONGEST, Turn
from services.review.store import CASES, COHORTS, EXPERTS, PROPOSALS, ROUNDS, TURNS
from shared.kernel.change import NotFound, Refused
from tests.unit.review import given
from tests.unit.review.office import Office, open_office
from tests.unit.review.test_task import before_experts

CENTRE = given.officer("CN")
THREE = given.LIBRARY["nation@3"]
TERMS = given.TERMS.model_copy(update={"procedures": {**given.TERMS.procedures, "nation": THREE}})
ONE = before_experts(1).id


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Two cases before the experts, under `nation@3`, and seven experts."""
    async with open_office() as opened:
        await opened.keep(ROUNDS, "CN-2020", TERMS)
        for number in (1, 2):
            case = before_experts(number)
            assert case.rules
            await keep(opened, case.but(rules=case.rules.model_copy(update={"procedure": THREE})))
        for number in range(1, 8):
            await opened.keep(EXPERTS, f"e-{number}", Expert(id=f"e-{number}", fields=("法律",), area="11"))
        yield opened


async def keep(office: Office, *states: Case) -> None:
    """A case, in these states one after the other."""
    await office.keep(CASES, states[0].id, *states)


async def case(office: Office, id_: str = ONE) -> Case:
    """A case, as it is kept."""
    found = await office.store.get(CASES, id_)
    assert found
    return found


def endpoint(of: ModuleType, office: Office, path: str) -> Callable[..., Any]:
    """What answers `POST <path>`."""
    routes: list[Any] = of.router(office.desk).routes
    found: Callable[..., Any] = next(one.endpoint for one in routes if one.path == path and "POST" in one.methods)
    return found


async def test_a_draw_that_is_asked_for_again_answers_as_before_though_its_cases_have_gone_on(office: Office) -> None:
    commit = endpoint(draws, office, "/draws")
    body = CommitBody(round="CN-2020", purpose=Words(zh="试"), commitments=(commitment("种子"),), count=3, cases=(ONE,))
    made = await commit(body, CENTRE, "once")
    await keep(office, await case(office), (await case(office)).but(status="withdrawn"))
    assert await commit(body, CENTRE, "once") == made
    with given.refused_as("draw.exists"):
        await commit(body, CENTRE, "another")


async def propose(office: Office, **wishes: Any) -> Any:
    """Ask for a proposal."""
    asked = Wishes.model_validate({"seed": "s", "capacity": 2, **wishes})
    return await endpoint(assignments, office, "/assignments/{round_}/{area}/proposal")(
        "CN-2020", "CN", asked, CENTRE, "propose"
    )


async def seat(office: Office, proposal: str, key: str = "apply", **changes: Any) -> Any:
    """Seat the experts of a proposal."""
    body = ApplyBody(proposal=proposal, **changes)
    return await endpoint(assignments, office, "/assignments/{round_}/{area}")("CN-2020", "CN", body, CENTRE, key)


async def test_a_proposal_is_kept_and_applied_and_a_repeat_does_nothing_more(office: Office) -> None:
    made = await propose(office)
    kept = await office.store.get(PROPOSALS, made.proposal)
    assert kept
    assert kept.assignment == made.assignment
    done = await seat(office, made.proposal)
    assert (sorted(done.seated), done.refused) == (sorted(made.assignment.seats), {})
    assert {s.expert for s in (await case(office)).seats} == {s.expert for s in made.assignment.seats[ONE]}
    before = await case(office)
    assert await seat(office, made.proposal) == done
    assert await case(office) == before


async def test_what_has_changed_since_it_was_proposed_stops_it_and_nobody_is_seated(office: Office) -> None:
    made = await propose(office)
    expert = made.assignment.seats[ONE][0].expert
    known = await office.store.get(EXPERTS, expert)
    assert known
    tie = Tie(code=given.code(1), kind="kin")
    await office.keep(EXPERTS, expert, known, known.but(ties=(tie,)))
    with pytest.raises(Refused) as refusal:
        await seat(office, made.proposal)
    assert [(one.code, one.field) for one in refusal.value.problems] == [("expert.conflict", expert)]
    assert (await case(office)).seats == ()


async def test_a_proposal_that_cannot_be_made_is_not_kept(office: Office) -> None:
    made = await propose(office, capacity=1, experts=("e-1", "e-2"))
    assert (made.proposal, made.assignment) == (None, None)
    assert made.infeasible.missing == 8
    assert not office.shelves.get(PROPOSALS.collection)


async def test_who_is_asked_by_name_must_be_known(office: Office) -> None:
    with pytest.raises(NotFound, match="experts"):
        await propose(office, experts=("e-1", "e-77"))


async def test_a_proposal_of_elsewhere_is_refused(office: Office) -> None:
    made = await propose(office)
    kept = await office.store.get(PROPOSALS, made.proposal)
    assert kept
    await office.keep(PROPOSALS, "x", kept.but(id="x", round="CN-2018"))
    with given.refused_as("proposal.elsewhere"):
        await seat(office, "x")


async def test_two_officers_at_the_same_instant_give_nobody_more_cases_than_they_take(office: Office) -> None:
    """Each plan is within what experts take; together they are not, and neither officer sees the other's seats yet."""
    for number in range(8, 11):
        await office.keep(EXPERTS, f"e-{number}", Expert(id=f"e-{number}", fields=("法律",), area="11"))
    made = await propose(office, capacity=1)
    first, second = sorted(made.assignment.seats)
    row = tuple(one.expert for one in made.assignment.seats[first])
    why = Words(zh="调整")
    plans: list[dict[str, Any]] = [{second: ()}, {first: (), second: row}]
    answers = await asyncio.gather(
        *(seat(office, made.proposal, f"key-{n}", changes=plan, reason=why) for n, plan in enumerate(plans)),
        return_exceptions=True,
    )
    cases = [await case(office, id_) for id_ in (first, second)]
    load = Counter(seat.expert for one in cases for seat in one.seats)
    assert set(load.values()) == {1}, load
    [refusal] = [one for one in answers if isinstance(one, Refused)]
    assert refusal.problems[0].code in ("turn.taken", "assignment.capacity")
    late = plans[answers.index(refusal)]
    with given.refused_as("assignment.capacity"):
        await seat(office, made.proposal, "later", changes=late, reason=why)


async def test_an_announcement_waits_its_turn(office: Office) -> None:
    other = given.officer("CN").model_copy(update={"id": "another"})
    await office.keep(TURNS, "announce:CN-2020@CN", Turn(holder="other key", by=other, until=given.NOW + LONGEST))
    announce = endpoint(announcements, office, "/announcements")
    body = AnnounceBody(round="CN-2020", document="1", title=Words(zh="通报"))
    with given.refused_as("turn.taken"):
        await announce(body, CENTRE, "mine")
    turn = await office.store.get(TURNS, "announce:CN-2020@CN")
    assert turn
    assert turn.holder == "other key"


async def marked(office: Office, number: int) -> None:
    """All who sit there mark a case."""
    found = [await case(office, before_experts(number).id)]
    for one in found[0].seats:
        invited = given.expert(int(one.expert[2:]))
        marks = dict.fromkeys(given.SETTLES, Decimal(number))
        found.append(mark(found[-1], Mark(by=given.as_expert(invited), expert=invited, marks=marks), given.NOW).state)
    await keep(office, *found)


async def test_the_marking_is_closed_over_what_is_complete(office: Office) -> None:
    close = endpoint(cohorts, office, "/cohorts")
    await seat(office, (await propose(office)).proposal)
    with given.refused_as("cohort.empty"):
        await close(CloseBody(round="CN-2020"), CENTRE, "none")
    await marked(office, 1)
    with given.refused_as("cohort.unfinished"):
        await close(CloseBody(round="CN-2020"), CENTRE, "too early")
    await marked(office, 2)
    made = await close(CloseBody(round="CN-2020"), CENTRE, "once")
    assert made.cases == tuple(sorted((ONE, before_experts(2).id)))
    assert await office.store.get(COHORTS, "CN-2020@CN-1") == made
    assert await close(CloseBody(round="CN-2020"), CENTRE, "once") == made


async def test_where_the_procedure_does_not_ask_nothing_is_closed(office: Office) -> None:
    await office.keep(ROUNDS, "CN-2018", given.TERMS)
    with given.refused_as("cohort.not-asked"):
        await endpoint(cohorts, office, "/cohorts")(CloseBody(round="CN-2018"), CENTRE, "once")
