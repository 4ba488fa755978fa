"""Rounds: frozen only when complete, then never changed again; opened and closed once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import rubric
from services.intake.domain.round import (
    CloseRound,
    DraftRound,
    FreezeRound,
    OpenRound,
    PlannedRound,
    close,
    draft,
    freezing,
    open_,
    require_line,
)
from shared.contracts import Round
from shared.kernel.change import Change, NotFound, Refused
from shared.lines import WrongLines, load
from tests.unit.intake.given import NOW, PUBLISHED, ROUND, START, UNTIL, after, known_rubric, open_round


def drafted(round_: Round = ROUND) -> PlannedRound:
    return after(draft(None, DraftRound(round=round_), NOW))


def frozen() -> PlannedRound:
    return after(freezing(known_rubric())(drafted(), FreezeRound(), NOW))


def codes(refusal: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(p.code, p.field) for p in refusal.value.problems}


LINES = {"national-sihao": "CN", "fujian-sihao": "35", "xiamen-sihao": "3502"}


@pytest.mark.parametrize(
    ("area", "line", "words"),
    [
        ("35", "national-sihao", "由 CN 授予，不能由 35 主办"),
        ("35", "xiamen-sihao", "由 3502 授予"),
        ("3502", "fujian-sihao", "可用：xiamen-sihao"),
        ("35", "jiangxi-sihao", "未登记"),
        ("36", "jiangxi-sihao", "36 尚无称号系列"),
    ],
)
def test_a_round_grants_a_line_of_its_own_federation_and_no_other(area: str, line: str, words: str) -> None:
    wrong = ROUND.model_copy(update={"area": area, "honour": line})
    with pytest.raises(Refused) as refusal:
        require_line(wrong, LINES)
    assert codes(refusal) == {("round.honour-line", "honour")}
    [said] = refusal.value.problems
    assert words in said.rule.zh + said.remedy.zh
    assert said.rule.en
    assert said.remedy.en


def test_the_lines_that_come_with_the_platform_are_each_of_one_federation() -> None:
    granting = {name: line.area for name, line in load().items()}
    for line, area in LINES.items():
        assert granting[line] == area
        require_line(ROUND.model_copy(update={"area": area, "honour": line}), granting)


@pytest.mark.parametrize("written", [None, "[", "just words", "a-line: {area: '35'}", "a-line: 3"])
def test_a_file_of_lines_that_cannot_be_used_is_told_of_in_words(tmp_path: Path, written: str | None) -> None:
    path = tmp_path / "lines.yaml"
    if written is not None:
        path.write_text(written)
    with pytest.raises(WrongLines, match=r"SIHAO_LINES .* → .* / .* → "):
        load(path)


def test_a_draft_may_be_drafted_anew() -> None:
    again = after(draft(drafted(), DraftRound(round=ROUND.model_copy(update={"quotas": {"35": 9}})), NOW))
    assert again.status == "draft"
    assert again.round.quotas == {"35": 9}
    assert draft(again, DraftRound(round=again.round), NOW) is None


def test_freezing_asks_for_exactly_the_rubrics_parameters() -> None:
    wrong = drafted(ROUND.model_copy(update={"parameters": {"growth": "0.2", "flor": 3}}))
    with pytest.raises(Refused) as refusal:
        freezing(known_rubric())(wrong, FreezeRound(), NOW)
    assert codes(refusal) == {
        ("round.parameter-missing", "parameters.floor"),
        ("round.parameter-extra", "parameters.flor"),
    }


def test_freezing_asks_for_a_published_rubric() -> None:
    other = known_rubric().but(id="sihao-2021@1")
    for known in (None, other):
        with pytest.raises(Refused) as refusal:
            freezing(known)(drafted(), FreezeRound(), NOW)
        assert codes(refusal) == {("round.rubric-unknown", "rubric")}


rounds = st.builds(
    lambda quota, days, parameter: ROUND.model_copy(
        update={
            "quotas": {"35": quota},
            "parameters": {"growth": parameter, "floor": 3},
            "calendar": ROUND.calendar.model_copy(update={"nominate_until": UNTIL + timedelta(days=days)}),
        }
    ),
    st.integers(0, 50),
    st.integers(1, 90),
    st.sampled_from(["0.1", "0.2", "0.3"]),
)


def acted(state: PlannedRound, act: Any, now: datetime) -> Change[PlannedRound] | None:
    """The outcome of an act; None also where it is refused."""
    with suppress(Refused):
        match act:
            case "freeze":
                return freezing(known_rubric())(state, FreezeRound(), now)
            case "open":
                return open_(state, OpenRound(), now)
            case "close":
                return close(state, CloseRound(applications=3), now)
            case _:
                return draft(state, DraftRound(round=act), now)
    return None


@given(st.lists(st.one_of(rounds, st.sampled_from(["freeze", "open", "close"])), max_size=8))
def test_what_is_frozen_never_changes(acts: list[Any]) -> None:
    state = frozen()
    content, proof = state.round, state.digest
    for number, act in enumerate(acts):
        change = acted(state, act, NOW + timedelta(days=number * 5))
        state = change.state if change else state
        assert (state.round, state.digest) == (content, proof)
        assert state.status != "draft"


def test_contradictions_are_named() -> None:
    calendar = ROUND.calendar.model_copy(update={"apply_until": START, "valid_until": START})
    bad = ROUND.model_copy(
        update={"calendar": calendar, "years": (2020, 2019), "area": "35", "quotas": {"44": 1, "3502": -1}}
    )
    with pytest.raises(Refused) as refusal:
        draft(None, DraftRound(round=bad), NOW)
    assert codes(refusal) == {
        ("round.calendar", "calendar.apply_until"),
        ("round.calendar", "calendar.valid_until"),
        ("round.years", "years"),
        ("round.quota", "quotas.44"),
        ("round.quota", "quotas.3502"),
        ("round.procedures", "procedures.nation"),
    }


def test_a_round_stays_with_its_owner() -> None:
    with pytest.raises(Refused) as refusal:
        draft(drafted(), DraftRound(round=ROUND.model_copy(update={"area": "35"})), NOW)
    assert codes(refusal) == {("round.owner", "area")}


def test_opening_tells_everybody_once() -> None:
    change = open_(frozen(), OpenRound(), NOW)
    assert change is not None
    assert [fact.routing_key for fact in change.facts] == ["round.opened.v1.CN"]
    assert change.state.status == "open"
    assert open_(change.state, OpenRound(), NOW) is None


def test_a_draft_and_a_past_round_cannot_be_opened() -> None:
    with pytest.raises(Refused) as refusal:
        open_(drafted(), OpenRound(), NOW)
    assert codes(refusal) == {("round.not-frozen", "status")}
    with pytest.raises(Refused) as refusal:
        open_(frozen(), OpenRound(), UNTIL)
    assert codes(refusal) == {("round.over", "calendar.apply_until")}


def test_a_round_closes_by_the_clock_and_says_how_many_applied() -> None:
    command = CloseRound(applications=7)
    assert close(open_round(), command, UNTIL - timedelta(milliseconds=1)) is None
    change = close(open_round(), command, UNTIL)
    assert change is not None
    assert change.state.status == "closed"
    assert [(fact.wire(), fact.model_dump()["applications"]) for fact in change.facts] == [("round.closed.v1", 7)]
    assert close(change.state, command, UNTIL) is None


def test_a_round_that_does_not_exist_is_not_found() -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: open_(None, OpenRound(), NOW),
        lambda: close(None, CloseRound(applications=0), NOW),
        lambda: freezing(known_rubric())(None, FreezeRound(), NOW),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_a_published_rubric_never_changes() -> None:
    known = known_rubric()
    assert rubric.hear(known, PUBLISHED, NOW) is None
    with pytest.raises(Refused):
        rubric.hear(known, PUBLISHED.model_copy(update={"digest": "1" * 64}), NOW)


def test_a_frozen_round_refuses_another_draft() -> None:
    other = ROUND.model_copy(update={"quotas": {"35": 9}})
    with pytest.raises(Refused) as refusal:
        draft(frozen(), DraftRound(round=other), NOW)
    assert codes(refusal) == {("round.frozen", "status")}
    assert draft(frozen(), DraftRound(round=ROUND), NOW) is None
