"""A proposal is applied only as far as it still holds: capacity, ties and provinces are looked at again."""

import pytest

from services.review.domain.assignment import assign
from services.review.domain.demand import Assignment, Task
from services.review.domain.proposal import Apply, Proposal, Propose, apply, proposal_id, propose, to_seat
from services.review.domain.recusal import Invited, Tie
from shared.kernel.change import Refused
from tests.unit.review import given, tasks

NOW = given.NOW
OFFICE = given.officer("CN")
TASK = tasks.plain(cases=2, experts=4)
WHY = given.text("临时有事", "called away")


def kept(task: Task = TASK) -> Proposal:
    """Its proposal."""
    found = assign(task)
    assert isinstance(found, Assignment)
    id_ = proposal_id("CN-2020", "CN", task)
    command = Propose(by=OFFICE, id=id_, round="CN-2020", jurisdiction="CN", task=task, assignment=found)
    change = propose(None, command, NOW)
    assert change
    return change.state


def applying(
    changes: dict[str, tuple[str, ...]] | None = None,
    *,
    seated: dict[str, tuple[str, ...]] | None = None,
    pool: tuple[Invited, ...] = (),
    reason: object = WHY,
) -> Apply:
    """Apply it, as things stand."""
    known = {one.expert: one for one in pool}
    return Apply.model_validate(
        {
            "by": OFFICE,
            "changes": changes or {},
            "reason": reason,
            "waiting": {"case-0": (), "case-1": ()} if seated is None else seated,
            "pool": tuple(known.get(f"e-{n}", Invited(expert=f"e-{n}")) for n in range(4)),
        }
    )


def problems(proposal: Proposal, command: Apply) -> list[tuple[str, str]]:
    """What is against it."""
    with pytest.raises(Refused) as refusal:
        apply(proposal, command, NOW)
    return [(one.code, one.field) for one in refusal.value.problems]


def with_capacity(capacity: int) -> Task:
    """The task, for experts who take so many cases."""
    reviewers = tuple(one.model_copy(update={"capacity": capacity}) for one in TASK.reviewers)
    return TASK.model_copy(update={"reviewers": reviewers})


def test_it_is_applied_as_proposed_and_that_is_noted() -> None:
    proposal = kept()
    after = apply(proposal, applying(), NOW).state
    assert to_seat(proposal, {}) == {
        case: tuple(one.expert for one in row) for case, row in proposal.assignment.seats.items()
    }
    [applied] = after.applied
    assert (applied.changes, applied.by, applied.at) == ({}, OFFICE, NOW)
    assert after.but(applied=()) == proposal


def test_the_same_inputs_have_the_same_id_whatever_their_order() -> None:
    turned = TASK.model_copy(update={"demands": TASK.demands[::-1], "reviewers": TASK.reviewers[::-1]})
    assert proposal_id("CN-2020", "CN", turned) == kept().id
    assert proposal_id("CN-2020", "CN", TASK.model_copy(update={"seed": "b"})) != kept().id


def test_a_change_has_a_reason_and_an_empty_one_seats_nobody() -> None:
    changes = {"case-0": ("e-0",), "case-1": ()}
    assert problems(kept(), applying(changes, reason=None)) == [("assignment.reason-missing", "reason")]
    assert apply(kept(), applying(changes), NOW).state.applied[0].changes == changes
    assert to_seat(kept(), changes) == {"case-0": ("e-0",)}


def test_who_has_more_cases_by_now_is_not_given_too_many() -> None:
    proposal = kept(with_capacity(1))
    [busy] = {one.expert for one in proposal.assignment.seats["case-0"]} - {
        one.expert for one in proposal.assignment.seats["case-0"][1:]
    }
    seated = {"case-0": (), "case-1": (), "case-9": (busy,)}
    assert problems(proposal, applying(seated=seated)) == [("assignment.capacity", busy)]
    roomy = kept(with_capacity(2))
    assert apply(roomy, applying(seated=seated), NOW)


def test_a_seat_that_is_taken_already_counts_once() -> None:
    proposal = kept(with_capacity(1))
    assert apply(proposal, applying(seated=to_seat(proposal, {})), NOW)


def test_a_tie_that_has_become_known_stops_it_and_so_does_who_may_not_be_invited() -> None:
    changes = {"case-0": ("e-0", "e-1")}
    tied = Invited(expert="e-0", ties=(Tie(code=given.code(0), kind="kin"),))
    idle = Invited(expert="e-1", active=False)
    found = problems(kept(), applying(changes, pool=(tied, idle)))
    assert found[:2] == [("expert.conflict", "e-0"), ("expert.inactive", "e-1")]


def test_what_was_not_asked_is_refused() -> None:
    assert ("assignment.not-asked", "case-0") in problems(kept(), applying({"case-0": ("stranger",)}))
    assert problems(kept(), applying({"case-7": ()})) == [("cases.not-available", "case-7")]
    assert problems(kept(), applying({"case-7": ("e-0",)})) == [("cases.not-available", "case-7")]
    assert problems(kept(), applying(seated={"case-0": ()})) == [("cases.not-available", "case-1")]


def test_the_province_is_looked_at_again_unless_it_was_waived() -> None:
    near = TASK.reviewers[0].model_copy(update={"area": "3501"})
    task = TASK.model_copy(update={"reviewers": (near, *TASK.reviewers[1:])})
    change = {"case-0": ("e-0", "e-1")}
    assert problems(kept(task), applying(change)) == [("assignment.province", "case-0")]
    waived = task.model_copy(update={"limits": task.limits.model_copy(update={"waived": frozenset({"case-0"})})})
    assert apply(kept(waived), applying(change), NOW)


def test_there_must_be_a_proposal() -> None:
    with given.refused_as("proposal.unknown"):
        apply(None, applying(), NOW)
