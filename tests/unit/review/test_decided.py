"""What was decided: one leaf for every opened case, frozen with the announcement, each with a proof that holds."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from random import Random
from typing import Any

import httpx2
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.api.announcements import AnnounceBody
from services.review.api.announcements import router as announcements
from services.review.api.decided import frozen
from services.review.api.decided import router as decisions
from services.review.api.desk import Words
from services.review.domain import decided
from services.review.domain.announcement import Announced, announce
from services.review.domain.case import Case
from services.review.domain.chamber import KnownChamber, Merged
from services.review.domain.decided import Decided, Freeze, Leaf, freeze, leaf_of, listed
from services.review.settings import ReviewSettings
from services.review.store import ANNOUNCEMENTS, CASES, CHAMBERS, DECISIONS, ROUNDS
from shared.contracts import AnnouncementMade, Decisions, text
from shared.kernel import merkle
from shared.kernel.actor import Actor
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import NotFound, Refused
from shared.runtime.health import Health
from shared.runtime.http import PageRequest, create_http
from shared.runtime.problems import Forbidden
from shared.runtime.tokens import Verifier
from sihao.proof import SavedProof
from tests.unit.review import given
from tests.unit.review.certificates import SETTINGS
from tests.unit.review.office import Office, open_office
from tests.unit.review.world import World, play

CENTRE, PROVINCE = given.officer("CN"), given.officer("35")
ID = "CN-2020@CN-1"
SALT = "5a" * 16


def played() -> World:
    """A round with every kind of end."""
    return play(Random(1))  # noqa: S311 - a test's shuffling


def leaf(case: Case, *, granted: tuple[str, ...] = ()) -> Leaf:
    """Its leaf."""
    return leaf_of(read_of(case.model_dump(mode="json")), 3, "e" * 64, granted, SALT)


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
    assert [one.leaf.hash for one in in_order] == sorted(one.hash for one in leaves)
    assert len({one.key for one in in_order}) == size
    assert sorted(in_order, key=lambda one: one.key) == list(in_order), "keys are in the order of the list"
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
        assert {one.leaf.case: one.leaf.outcome for one in page.items} == {
            given.case(1, "CN"): "honoured",
            given.case(2, "CN"): "withheld",
        }
        root = merkle.root(one.leaf.canonical for one in page.items)
        assert (made.decisions.root, made.decisions.size) == (root.hex(), 2)
        histories = {case: await office.database.history(CASES, case) for case in (one.leaf.case for one in page.items)}
        assert all(
            (len(histories[leaf.case]), histories[leaf.case][-1].hash) == (leaf.entries, leaf.head)
            for leaf in (one.leaf for one in page.items)
        )
        assert len({one.leaf.salt for one in page.items}) == 2, "every leaf has a salt of its own"


async def test_the_list_is_read_in_pages_and_every_proof_holds() -> None:
    async with open_office() as office:
        made = await announced(office)
        listing, read = (endpoint(decisions(office.desk), name) for name in ("listing", "read"))
        first = await listing(ID, None, PageRequest(limit=1))
        second = await listing(ID, None, PageRequest(limit=1, after=first.next))
        leaves = [one.leaf for page in (first, second) for one in page.items]
        assert {leaf.case for leaf in leaves} == {given.case(1, "CN"), given.case(2, "CN")}
        for leaf_ in leaves:
            proof = await read(ID, leaf_.case, None)
            path = [bytes.fromhex(beside) for beside in proof.path]
            root = bytes.fromhex(made.decisions.root)
            assert merkle.check(proof.leaf.canonical, proof.index, proof.size, path, root)


LOST = given.case(3, "35")


async def with_lost(office: Office) -> Decisions:
    """A province's list: one case nominated, two declined; none is for anyone."""
    await office.keep(ROUNDS, "CN-2020", given.TERMS)
    await office.take_over(played())
    named = await frozen(office.desk, PROVINCE, "CN-2020", "35", ())
    command = given.announce(PROVINCE, (given.case(1, "35"),)).model_copy(
        update={"id": "CN-2020@35-1", "jurisdiction": "35", "decisions": named}
    )
    await office.keep(ANNOUNCEMENTS, "CN-2020@35-1", announce(None, command, given.NOW).state)
    return named


async def test_who_lost_is_told_to_nobody_and_the_root_can_still_be_computed_again() -> None:
    async with open_office() as office, served(office) as web:
        named = await with_lost(office)
        page = (await web.get("/announcements/CN-2020@35-1/decisions")).text
        entries = json.loads(page)["items"]
        assert [entry["leaf"] for entry in entries] == [None] * named.size
        assert merkle.root_of_hashes(bytes.fromhex(entry["hash"]) for entry in entries).hex() == named.root
        assert not any(given.code(number) in page for number in range(1, 9))
        for case in (LOST, given.case(99, "35")):
            answer = await web.get(f"/announcements/CN-2020@35-1/decisions/{case}")
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "decisions.not-public")


async def test_who_lost_gets_the_opening_and_nobody_elses() -> None:
    async with open_office() as office:
        named = await with_lost(office)
        opening = endpoint(decisions(office.desk), "opening")
        own = Actor(id="s", role="secretary", chamber=given.code(3))
        other = Actor(id="s", role="secretary", chamber=given.code(4))
        for reader in (own, PROVINCE):
            proof = await opening("CN-2020@35-1", LOST, reader)
            path = [bytes.fromhex(beside) for beside in proof.path]
            assert merkle.check(proof.leaf.canonical, proof.index, proof.size, path, bytes.fromhex(named.root))
            assert proof.leaf.outcome == "declined"
        with pytest.raises(NotFound) as refusal:
            await opening("CN-2020@35-1", LOST, other)
        with pytest.raises(NotFound) as nothing:
            await opening("CN-2020@35-1", given.case(99, "35"), other)
        assert refusal.value.problems[0].code == nothing.value.problems[0].code
        with pytest.raises(Forbidden):
            await opening("CN-2020@35-1", LOST, CENTRE)


async def test_a_list_of_before_there_were_salts_is_read_as_it_was_hashed() -> None:
    first = a_leaf(1).model_dump(exclude={"salt"}) | {"form": "sihao.decision.v1"}
    former = Leaf.model_validate(first)
    assert b"salt" not in former.canonical
    root = merkle.root([former.canonical]).hex()
    kept = Decided(root=root, size=1, index=0, leaf=former, path=())
    async with open_office() as office, served(office) as web:
        await office.keep(DECISIONS, f"{root}/{former.case}", kept)
        command = given.announce(CENTRE, (former.case,))
        named = command.model_copy(update={"decisions": Decisions(root=root, size=1)})
        await office.keep(ANNOUNCEMENTS, ID, announce(None, named, given.NOW).state)
        proof = (await web.get(f"/announcements/{ID}/decisions/{former.case}")).json()
        [entry] = (await web.get(f"/announcements/{ID}/decisions")).json()["items"]
        assert SavedProof.model_validate(proof).holds()
        assert entry["leaf"] == proof["leaf"]
        assert merkle.root([canonical_bytes(proof["leaf"])]).hex() == root


@asynccontextmanager
async def served(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    """The endpoints, over HTTP."""

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield

    app = create_http(
        text("审核", "review"),
        "1",
        routers=[decisions(office.desk)],
        lifespan=life,
        verifier=Verifier(ReviewSettings(**SETTINGS)),
        health=Health(),
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://review.example") as web:
        yield web


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


async def test_a_chamber_that_was_merged_meanwhile_is_not_announced() -> None:
    async with open_office() as office:
        merged = Merged(into=given.chamber(2), document="合并〔1〕", since=given.NOW)
        await office.keep(CHAMBERS, given.code(1), KnownChamber(code=given.code(1), merged=merged))
        with given.refused_as("cases.merged"):
            await announced(office)
        assert not office.shelves[ANNOUNCEMENTS.collection]


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
    assert one[0].key == decided.key_of(one[0].root, 0)
