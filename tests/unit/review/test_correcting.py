"""Corrections of a notice: every version stays, and nobody leaves the list but who has ended."""

from datetime import timedelta

import pytest

from services.review.domain.correcting import MOST_VERSIONS, Correct, correct
from services.review.domain.notice import Notice, on_due, open_
from services.review.domain.objecting import Object, Rule, object_, rule
from shared.contracts import Candidate, NoticeClosed, NoticeCorrected
from shared.kernel.change import Due, Refused
from tests.unit.review import given

NOW, DAY = given.NOW, timedelta(days=1)
OFFICE = given.officer("CN")
TYPO = given.text("标题有误", "the title was wrong")
ONE, TWO = given.case(1, "CN"), given.case(2, "CN")


def opened() -> Notice:
    """A notice with two candidates."""
    candidates = tuple(
        Candidate(case=given.case(n, "CN"), chamber=given.chamber(n), points=given.Decimal(80)) for n in (1, 2)
    )
    command = given.open_notice(OFFICE, []).model_copy(update={"candidates": candidates})
    return open_(None, command, NOW).state


def correction(**changes: object) -> Correct:
    """A new title, and what is changed beside it."""
    said = {"by": OFFICE, "reason": TYPO, "title": given.text("更正的标题", "corrected"), "window_days": 7, "ended": ()}
    return Correct.model_validate({**said, **changes})


def test_every_version_stays_with_its_time_and_the_reason_for_the_next() -> None:
    first = opened()
    second = correct(first, correction(), NOW + DAY)
    third = correct(second.state, correction(title=None, strike=(TWO,), ended=(TWO,)), NOW + 2 * DAY)
    [fact] = third.facts
    assert isinstance(fact, NoticeCorrected)
    assert (fact.number, [one.case for one in fact.candidates], fact.at) == (3, [ONE], NOW + 2 * DAY)
    assert fact.title.zh == "更正的标题"
    assert [(one.at, one.title.zh, len(one.candidates)) for one in third.state.versions] == [
        (NOW, first.title.zh, 2),
        (NOW + DAY, "更正的标题", 2),
        (NOW + 2 * DAY, "更正的标题", 1),
    ]
    assert [one.reason for one in third.state.versions] == [None, TYPO, TYPO]
    assert [one.by for one in third.state.versions] == [None, OFFICE, OFFICE]
    assert third.state.closes == first.closes


def test_whoever_is_struck_off_is_not_cleared_and_an_objection_to_them_is_still_ruled_on() -> None:
    objected = object_(opened(), Object(by=given.PUBLIC, case=TWO, text="数字不实"), NOW).state
    struck = correct(objected, correction(strike=(TWO,), ended=(TWO,)), NOW + DAY).state
    with given.refused_as("notice.not-a-candidate"):
        object_(struck, Object(by=given.PUBLIC, case=TWO, text="又一件"), NOW + DAY)
    ruled = rule(struck, Rule(by=OFFICE, number=1, outcome="upheld", reason=TYPO), NOW + DAY).state
    change = on_due(ruled, Due(at=ruled.closes), ruled.closes)
    assert change
    [fact] = change.facts
    assert isinstance(fact, NoticeClosed)
    assert (fact.cleared, fact.excluded) == ((ONE,), ())


def test_a_window_that_begins_anew_is_as_long_as_the_first() -> None:
    first = opened()
    again = correct(first, correction(restart=True, title=None), NOW + 3 * DAY).state
    assert again.closes - first.closes == 3 * DAY
    assert again.due() == again.closes


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": None}, "notice.unchanged"),
        ({"strike": (TWO,)}, "notice.still-stands"),
        ({"strike": ("x@CN",), "ended": ("x@CN",)}, "notice.still-stands"),
    ],
)
def test_what_may_not_be_corrected(changes: dict[str, object], code: str) -> None:
    with given.refused_as(code):
        correct(opened(), correction(**changes), NOW + DAY)


def test_once_the_window_has_passed_or_the_versions_are_many_nothing_is_corrected() -> None:
    notice = opened()
    with given.refused_as("notice.closed"):
        correct(notice, correction(), notice.closes)
    for n in range(MOST_VERSIONS - 1):
        notice = correct(notice, correction(title=given.text(f"第{n}", f"{n}")), NOW + DAY).state
    with pytest.raises(Refused, match="notice has"):
        correct(notice, correction(), NOW + DAY)
