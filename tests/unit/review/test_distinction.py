"""A distinction 十佳: the best of those announced, by its own quota and ties, granted beside the honour."""

from decimal import Decimal

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import announcement
from services.review.domain.case import Case
from services.review.domain.distinction import Ranked, rank
from services.review.domain.following import hear_revoked
from services.review.domain.honour import Register, hear_granted
from services.review.domain.moves import enter
from services.review.domain.outcome import hear_announcement
from services.review.domain.ranking import Contender
from services.review.domain.replay import replayed_announcement
from services.review.domain.sanction import Revoke, revoke
from services.review.domain.stages import Announcement, Distinction
from services.review.domain.status_list import TOLD
from services.review.handlers import table
from services.review.store import ReviewStore
from shared.contracts import AnnouncementMade, HonourGranted, HonourRevoked
from shared.runtime.handlers import Delivery
from tests.unit.review import given

CITY = given.LIBRARY["city-honour@1"]
_LAST = CITY.stages[-1]
assert isinstance(_LAST, Announcement)
assert _LAST.distinction
BEST_TWO: Distinction = _LAST.distinction.model_copy(update={"quota": 2})
LINE = "xiamen-sihao"


def contender(number: int, points: str, c: str = "20") -> Contender:
    """A case that is announced."""
    return Contender(
        case=given.case(number, "3502"),
        code=given.code(number),
        points=Decimal(points),
        dimensions={"A": Decimal(20), "C": Decimal(c)},
        doubts=0,
    )


def announced(ranked: Ranked, *numbers: int) -> AnnouncementMade:
    """The announcement of these cases."""
    command = announcement.Announce(
        by=given.officer("3502"),
        id="XM-2020@3502-1",
        round="CN-2020",
        jurisdiction="3502",
        document="厦演〔2020〕1 号",
        title=given.text("通报", "announcement"),
        cases=tuple(given.case(number, "3502") for number in numbers),
        distinction=ranked,
    )
    change = announcement.announce(None, command, given.NOW)
    assert list(replayed_announcement(change.state)) == []
    [fact] = change.facts
    assert isinstance(fact, AnnouncementMade)
    return fact


def waiting(number: int) -> Case:
    """A case of the city's that awaits the announcement."""
    rules = given.rules("35").model_copy(update={"procedure": CITY, "honour": LINE})
    case = Case(
        id=given.case(number, "3502"),
        application=given.application(number),
        round="CN-2020",
        jurisdiction="3502",
        chamber=given.chamber(number),
        rules=rules,
        score=given.score(pending=False),
    )
    return enter(case, CITY.stage("announcement"), given.NOW)


def test_equal_points_are_decided_by_its_own_ties_and_every_place_says_why() -> None:
    ranked = rank(LINE, BEST_TWO, [contender(1, "80"), contender(2, "90"), contender(3, "80", c="21")], [])
    assert [place.case for place in ranked.places] == [given.case(n, "3502") for n in (2, 3, 1)]
    assert ranked.distinguished == {given.case(2, "3502"), given.case(3, "3502")}
    assert ranked.line == "xiamen-sihao-top10"
    last = ranked.places[-1].why
    assert "服务发展得分较高" in last.zh
    assert "未列入“十佳四好商会”" in last.zh
    assert "not distinguished" in last.en


@drawn(
    points=st.lists(st.integers(50, 100), min_size=1, max_size=12),
    quota=st.integers(1, 8),
    floor=st.none() | st.integers(50, 100),
    cut=st.integers(0, 12),
)
def test_two_announcements_together_give_no_more_than_the_quota_and_none_below_the_floor(
    points: list[int], quota: int, floor: int | None, cut: int
) -> None:
    rule = BEST_TWO.model_copy(update={"quota": quota, "floor": None if floor is None else Decimal(floor)})
    all_ = [contender(number, str(given_)) for number, given_ in enumerate(points, start=1)]
    first = rank(LINE, rule, all_[:cut], [])
    second = rank(LINE, rule, all_[cut:], [first])
    assert len(first.distinguished | second.distinguished) <= quota
    by_case = {one.case: one.points for one in all_}
    assert all(floor is None or by_case[case] >= floor for case in first.distinguished | second.distinguished)
    for ranked in (first, second):
        inside = [place.nominated for place in ranked.places]
        assert inside == sorted(inside, reverse=True)


def test_the_best_are_granted_both_honours_and_the_others_one() -> None:
    ranked = rank(LINE, BEST_TWO, [contender(n, str(90 - n)) for n in (1, 2, 3)], [])
    event = announced(ranked, 1, 2, 3)
    granted = {n: hear_announcement(waiting(n), event, given.NOW) for n in (1, 3)}
    assert granted[1]
    assert granted[3]
    one, further = granted[1].facts
    assert isinstance(one, HonourGranted)
    assert isinstance(further, HonourGranted)
    assert (one.line, one.within, one.called, one.jurisdiction) == (LINE, None, None, "3502")
    assert (further.line, further.within) == ("xiamen-sihao-top10", LINE)
    assert further.called
    assert further.called.zh == "十佳四好商会"
    assert further.honour == f"xiamen-sihao-top10:{given.code(1)}:CN-2020"
    assert [fact.name for fact in granted[3].facts] == ["honour.granted"]


def test_what_becomes_of_a_distinction_is_told_as_such() -> None:
    ranked = rank(LINE, BEST_TWO, [contender(1, "90")], [])
    change = hear_announcement(waiting(1), announced(ranked, 1), given.NOW)
    assert change
    further = change.facts[1]
    assert isinstance(further, HonourGranted)
    register = hear_granted(None, further, given.NOW)
    assert register
    command = Revoke(
        by=given.officer("3502"),
        round="CN-2020",
        reason=given.text("材料不实", "false material"),
        document="d",
        plaque=15,
    )
    [revoked] = revoke(register.state, command, given.NOW).facts
    assert (revoked.name, revoked.model_dump()["within"]) == ("honour.revoked", LINE)


def both(number: int = 1) -> tuple[Register, Register]:
    """The honour and the distinction of one chamber, as they were granted."""
    ranked = rank(LINE, BEST_TWO, [contender(number, "90")], [])
    change = hear_announcement(waiting(number), announced(ranked, number), given.NOW)
    assert change
    states = []
    for fact in change.facts:
        assert isinstance(fact, HonourGranted)
        entered = hear_granted(None, fact, given.NOW)
        assert entered
        states.append(entered.state)
    return states[0], states[1]


def revoking() -> Revoke:
    """Of the honour."""
    said = {"reason": given.text("材料不实", "false material"), "document": "撤〔1〕", "cause": "false_material"}
    return Revoke(by=given.officer("3502"), round="CN-2020", plaque=15, **said)


def test_a_distinction_is_revoked_with_the_honour_it_singles_out_and_says_so() -> None:
    honour, best = both()
    [revoked] = revoke(honour, revoking(), given.NOW).facts
    assert isinstance(revoked, HonourRevoked)
    change = hear_revoked(best, revoked, given.NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, HonourRevoked)
    assert (fact.honour, fact.within, fact.follows) == (best.terms[0].honour, LINE, honour.terms[0].honour)
    same = {"reason", "document", "cause", "plaque_due", "round", "chamber"}
    assert fact.model_dump(include=same) == revoked.model_dump(include=same)
    [term] = change.state.terms
    assert term.status == "revoked"
    assert term.status in TOLD
    assert term.revocation
    assert term.revocation.follows == honour.terms[0].honour
    assert hear_revoked(change.state, revoked, given.NOW) is None, "heard again, under whatever id, it changes nothing"
    with given.refused_as("honour.standing"):
        revoke(change.state, revoking(), given.NOW)


def test_the_revocation_of_another_round_line_or_of_the_distinction_itself_touches_nothing() -> None:
    honour, best = both()
    [revoked] = revoke(honour, revoking(), given.NOW).facts
    assert isinstance(revoked, HonourRevoked)
    assert hear_revoked(None, revoked, given.NOW) is None
    assert hear_revoked(honour, revoked, given.NOW) is None
    assert hear_revoked(best, revoked.model_copy(update={"round": "CN-2018"}), given.NOW) is None
    assert hear_revoked(best, revoked.model_copy(update={"line": "national-sihao"}), given.NOW) is None
    alone = revoke(best, revoking(), given.NOW)
    assert hear_revoked(alone.state, revoked, given.NOW) is None
    lapsed = alone.state.terms[0].valid_until
    assert hear_revoked(best, revoked, lapsed) is None, "what has ended stays as it ended"


async def test_only_who_gave_a_distinction_takes_it_back() -> None:
    honour, best = both()
    [revoked] = revoke(honour, revoking(), given.NOW).facts

    class Known(ReviewStore):
        def __init__(self) -> None:
            pass

        async def within(self, chamber: str, line: str) -> list[Register]:
            return [best] if (chamber, line) == (honour.code, LINE) else []

    for areas, keys in ((("35", "3502"), [f"{best.line}:{best.code}"]), (("35",), []), (("CN",), [])):
        heard = table(Known(), given.LIBRARY, areas, areas[0])
        [subscription] = [one for one in heard if one.event is HonourRevoked]
        [reaction] = subscription.reactions
        found = await reaction.route(revoked, Delivery("id", "review", given.NOW))
        assert [target.key for target in found] == keys


def test_a_place_that_was_changed_afterwards_differs() -> None:
    ranked = rank(LINE, BEST_TWO, [contender(n, str(90 - n)) for n in (1, 2, 3)], [])
    places = tuple(
        place.model_copy(update={"nominated": not place.nominated, "rank": place.rank}) for place in ranked.places
    )
    made = announcement.Announced(
        id="x",
        round="CN-2020",
        jurisdiction="3502",
        document="d",
        title=given.text("通报", "announcement"),
        cases=tuple(given.case(n, "3502") for n in (1, 2, 3)),
        distinction=ranked.model_copy(update={"places": places}),
        at=given.NOW,
        by=given.officer("3502"),
    )
    assert [one.where for one in replayed_announcement(made)] == ["announcements/x"]
    fewer = made.but(cases=made.cases[:2])
    assert len(list(replayed_announcement(fewer))) == 2
