"""What was decided: one leaf for every opened case, frozen with the announcement, each with a proof that holds."""

from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.api.announcements import AnnounceBody
from services.review.api.announcements import router as announcements
from services.review.api.decided import router as decisions
from services.review.api.desk import Words
from services.review.domain import decided
from services.review.domain.announcement import Announced, announce
from services.review.domain.case import Case
from services.review.domain.decided import Freeze, Leaf, freeze, leaf_of, listed
from services.review.store import ANNOUNCEMENTS, CASES, DECISIONS, ROUNDS
from shared.contracts import AnnouncementMade, Decisions
from shared.kernel import merkle
from shared.kernel.change import NotFound, Refused
from shared.runtime.http import PageRequest
from tests.unit.review import given
from tests.unit.review.office import Office, open_office
from tests.unit.review.world import World, play

CENTRE = given.officer("CN")
ID = "CN-2020@CN-1"


def played() -> World:
    """A round with every kind of end."""
    return play(Random(1))  # noqa: S311 - a test's shuffling


def leaf(case: Case, *, granted: tuple[str, ...] = ()) -> Leaf:
    """Its leaf."""
    return leaf_of(read_of(case.model_dump(mode="json")), 3, "e" * 64, granted)


def read_of(stored: Any, at: str = "") -> Any:
    """What a query for `FIELDS` gives of a stored state."""
    if isinstance(stored, list):
        return [read_of(one, at) for one in stored]
    if not isinstance(stored, dict):
        return stored
    places = {name: f"{at}.{name}".lstrip(".") for name in stored}
    wanted = {n: p for n, p in places.items() if any(f"{f}.".startswith(f"{p}.") for f in decided.FIELDS)}
    return {name: read_of(stored[name], place) for name, place in wanted.items()}


@cache
def of_the_first() -> Leaf:
    """The leaf of the first case."""
    return leaf(played().case(1, "CN"))


def a_leaf(number: int) -> Leaf:
    """Some leaf."""
    return of_the_first().model_copy(update={"case": given.case(number, "CN"), "entries": number})


@pytest.mark.parametrize(
    ("number", "jurisdiction", "outcome"),
    [
        (1, "CN", "honoured"),
        (2, "CN", "withheld"),
        (1, "35", "nominated"),
        (3, "35", "declined"),
        (4, "35", "declined"),
    ],
)
def test_the_outcome_is_what_became_of_the_case(number: int, jurisdiction: str, outcome: str) -> None:
    case = played().case(number, jurisdiction)
    assert leaf(case).outcome == outcome
    assert leaf(case.but(status="withdrawn")).outcome == "withdrawn"


def test_what_is_under_way_is_undecided_unless_this_announcement_grants_it() -> None:
    before = played().case(1, "CN").but(status="open", document="")
    assert leaf(before).outcome == leaf(before.but(status="returned")).outcome == "undecided"
    assert leaf(before, granted=(before.id,)).outcome == "honoured"


def test_a_leaf_is_codes_and_figures_and_names_nobody() -> None:
    case = played().case(1, "CN")
    content = leaf(case)
    assert case.score
    assert (content.points, content.scorecard, content.rubric) == (
        case.score.total,
        case.score.digest,
        case.score.rubric,
    )
    assert (content.chamber, content.procedure, content.entries) == (given.code(1), "nation@1", 3)
    assert case.chamber.name.encode() not in content.canonical
    assert content.canonical.isascii()


@settings(max_examples=30, deadline=None)
@drawn(st.integers(1, 40), st.randoms())
def test_every_leaf_of_a_list_proves_whatever_order_they_came_in(size: int, chance: Random) -> None:
    leaves = [a_leaf(number) for number in range(1, size + 1)]
    in_order = listed(leaves)
    chance.shuffle(leaves)
    assert listed(leaves) == in_order
    assert [one.leaf.case for one in in_order] == sorted(one.case for one in leaves)
    root = merkle.root(one.leaf.canonical for one in in_order)
    for one in in_order:
        path = [bytes.fromhex(beside) for beside in one.path]
        assert (one.root, one.size) == (root.hex(), size)
        assert merkle.check(one.leaf.canonical, one.index, one.size, path, root)


def test_a_leaf_is_kept_once() -> None:
    [one] = listed([a_leaf(1)])
    command = Freeze(by=CENTRE, decided=one)
    kept = freeze(None, command, given.NOW)
    assert kept
    assert kept.state == one
    assert freeze(one, command, given.NOW) is None


def test_the_announcement_says_the_root_and_a_repeat_of_it_need_not() -> None:
    named = Decisions(root="a" * 64, size=2)
    command = given.announce(CENTRE, (given.case(1, "CN"),))
    made = announce(None, command.model_copy(update={"decisions": named}), given.NOW)
    [fact] = made.facts
    assert isinstance(fact, AnnouncementMade)
    assert made.state.decisions == fact.decisions == named
    assert "decisions" not in command.model_dump()


def test_an_announcement_of_before_there_were_lists_is_still_read() -> None:
    made = announce(None, given.announce(CENTRE, (given.case(1, "CN"),)), given.NOW).state
    stored = made.model_dump(mode="json", exclude={"decisions"})
    assert Announced.model_validate(stored).decisions is None


# --- over a store ---------------------------------------------------------------------------------------------------


def endpoint(router: Any, name: str) -> Any:
    """The function behind a route."""
    return next(route.endpoint for route in router.routes if route.name == name)


async def announced(office: Office) -> Any:
    """A round that was played, up to its announcement, announced over HTTP."""
    await office.keep(ROUNDS, "CN-2020", given.TERMS)
    world = played()
    first = world.case(1, "CN").but(status="open", document="")
    world.documents[first.id] = first
    await office.take_over(world)
    body = AnnounceBody(round="CN-2020", document="演示〔2021〕1号", title=Words(zh="通报"))
    return await endpoint(announcements(office.desk), "announce")(body, CENTRE, "a-key-of-ours")


async def test_the_list_holds_every_opened_case_of_the_jurisdiction_and_no_other() -> None:
    async with open_office() as office:
        made = await announced(office)
        page = await endpoint(decisions(office.desk), "listing")(ID, None, PageRequest(limit=50))
        assert {one.case: one.outcome for one in page.items} == {
            given.case(1, "CN"): "honoured",
            given.case(2, "CN"): "withheld",
        }
        root = merkle.root(one.canonical for one in page.items)
        assert (made.decisions.root, made.decisions.size) == (root.hex(), 2)
        histories = {case: await office.database.history(CASES, case) for case in (one.case for one in page.items)}
        assert all(
            (len(histories[one.case]), histories[one.case][-1].hash) == (one.entries, one.head) for one in page.items
        )


async def test_the_list_is_read_in_pages_and_every_proof_holds() -> None:
    async with open_office() as office:
        made = await announced(office)
        listing, read = (endpoint(decisions(office.desk), name) for name in ("listing", "read"))
        first = await listing(ID, None, PageRequest(limit=1))
        second = await listing(ID, None, PageRequest(limit=1, after=first.next))
        cases = [one.case for page in (first, second) for one in page.items]
        assert cases == [given.case(1, "CN"), given.case(2, "CN")]
        for case in cases:
            proof = await read(ID, case, None)
            path = [bytes.fromhex(beside) for beside in proof.path]
            root = bytes.fromhex(made.decisions.root)
            assert merkle.check(proof.leaf.canonical, proof.index, proof.size, path, root)


async def test_what_becomes_of_a_case_later_changes_no_list() -> None:
    async with open_office() as office:
        await announced(office)
        read = endpoint(decisions(office.desk), "read")
        before = await read(ID, given.case(1, "CN"), None)
        honoured = played().case(1, "CN")
        await office.keep(CASES, honoured.id, played().case(1, "CN"), honoured.but(status="withdrawn"))
        assert await read(ID, given.case(1, "CN"), None) == before


async def test_the_same_request_again_is_answered_the_same_and_freezes_nothing() -> None:
    async with open_office() as office:
        made = await announced(office)
        kept = dict(office.shelves[DECISIONS.collection])
        body = AnnounceBody(round="CN-2020", document="演示〔2021〕1号", title=Words(zh="通报"))
        assert await endpoint(announcements(office.desk), "announce")(body, CENTRE, "a-key-of-ours") == made
        with pytest.raises(Refused, match="number"):
            await endpoint(announcements(office.desk), "announce")(body, CENTRE, "another-key")
        assert office.shelves[DECISIONS.collection] == kept


async def test_who_asks_for_what_is_not_there_is_told_so() -> None:
    async with open_office() as office:
        await announced(office)
        read, listing = (endpoint(decisions(office.desk), name) for name in ("read", "listing"))
        for call in (read(ID, given.case(3, "CN"), None), read("x", given.case(1, "CN"), None)):
            with pytest.raises(NotFound):
                await call
        old = announce(None, given.announce(CENTRE, ("c",)), given.NOW).state
        await office.keep(ANNOUNCEMENTS, "CN-2018@CN-1", old)
        with pytest.raises(NotFound, match="decisions"):
            await listing("CN-2018@CN-1", None, PageRequest())


def test_the_key_keeps_lists_apart() -> None:
    one, other = listed([a_leaf(1)]), listed([a_leaf(1), a_leaf(2)])
    assert {x.key for x in one}.isdisjoint(x.key for x in other)
    assert one[0].key == decided.key_of(one[0].root, given.case(1, "CN"))
