"""A store that was tampered with: which document, which entry, and what does not fit. And one that was not."""

from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from services.review.api.decided import frozen
from services.review.domain.announcement import announce
from services.review.domain.decided import Decided, Leaf
from services.review.store import ANNOUNCEMENTS, CASES, DECISIONS, KINDS, ROUNDS
from shared.contracts import Decisions
from shared.kernel import merkle
from sihao.findings import KEPT, Findings
from sihao.verification import Verification
from tests.unit.review import given
from tests.unit.review.office import Office, open_office
from tests.unit.review.world import play

ID = "CN-2020@CN-1"
HONOURED, WITHHELD = given.case(1, "CN"), given.case(2, "CN")
Document = dict[str, Any]


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """A round that was announced."""
    async with open_office() as opened:
        await opened.announced()
        yield opened


def spoil(office: Office, collection: str, key: str, change: Callable[[Document], object]) -> None:
    """Change a stored document, past everything that would record it."""
    document = deepcopy(office.shelves[collection][key])
    change(document)
    office.shelves[collection][key] = document


def root_of(office: Office) -> str:
    """The root that was announced."""
    root: str = office.shelves[ANNOUNCEMENTS.collection][ID]["state"]["decisions"]["root"]
    return root


def key_of(office: Office, case: str) -> str:
    """Where the leaf of a case is kept."""
    shelf = office.shelves["decisions"]
    return next(key for key, document in shelf.items() if document["state"]["leaf"]["case"] == case)


async def store(office: Office) -> Findings:
    """Everything checked."""
    verification = Verification(office.database)
    await verification.store(KINDS)
    return verification.found


async def round_(office: Office) -> Findings:
    """The round checked."""
    verification = Verification(office.database)
    await verification.round("CN-2020")
    return verification.found


async def case(office: Office, id_: str) -> Findings:
    """One case checked."""
    verification = Verification(office.database)
    await verification.case(id_)
    return verification.found


def said(found: Findings) -> list[tuple[str, int | None, str]]:
    """Document, entry and reason of every break."""
    assert found.breaks == len(found.broken)
    assert all(one.why.zh for one in found.broken)
    return [(one.document, one.entry, one.why.en) for one in found.broken]


async def test_what_was_only_written_by_the_runtime_is_whole(office: Office) -> None:
    for found in (await store(office), await round_(office), await case(office, HONOURED)):
        assert said(found) == []
        assert [(one.announcement, one.root, one.size) for one in found.lists] == [(ID, root_of(office), 2)]
        assert found.as_json()["whole"] is True
    everything = await store(office)
    assert everything.documents == {name: len(shelf) for name, shelf in office.shelves.items() if shelf}
    assert everything.entries == everything.documents.total() + 1


async def test_progress_is_told_document_by_document(office: Office) -> None:
    told: list[int] = []
    verification = Verification(office.database, told.append)
    await verification.store(KINDS)
    assert sum(told) == verification.found.documents.total()


@pytest.mark.parametrize(
    ("change", "entry", "words"),
    [
        (lambda d: d["state"].update(document="另一文号"), 2, "the state was changed"),
        (lambda d: d["history"][0].update(what="forged"), 1, "changed after it was written"),
        (lambda d: d["history"].pop(0), 1, "missing or moved"),
        (lambda d: d["history"].pop(), 1, "version 2, but 1 entries"),
        (lambda d: d["history"].reverse(), 1, "missing or moved"),
        (lambda d: d.update(version=7), 2, "version 7"),
        (lambda d: d["heard"].pop(), 2, "what was heard"),
        (lambda d: d.update(history="none"), 0, "no history"),
    ],
)
async def test_a_spoilt_case_is_named_with_its_first_broken_entry(
    office: Office, change: Callable[[Document], object], entry: int, words: str
) -> None:
    spoil(office, "cases", HONOURED, change)
    for found in (await store(office), await round_(office), await case(office, HONOURED)):
        document, at, why = said(found)[0]
        assert (document, at) == (f"cases/{HONOURED}", entry)
        assert words in why


async def test_only_the_round_and_the_case_that_are_asked_for_are_looked_at(office: Office) -> None:
    spoil(office, "cases", WITHHELD, lambda d: d.update(version=7))
    assert said(await case(office, HONOURED)) == []
    assert [document for document, _, _ in said(await round_(office))] == [f"cases/{WITHHELD}"]
    elsewhere = Verification(office.database)
    await elsewhere.round("CN-2018")
    assert not elsewhere.found.documents


async def test_a_history_that_was_written_anew_is_found_by_what_was_frozen(office: Office) -> None:
    """Whole by itself, every hash right: only the announced list knows better."""
    other = await _rewritten()
    office.shelves["cases"][WITHHELD] = other.shelves["cases"][WITHHELD]
    place = f"decisions/{key_of(office, WITHHELD)}"
    for found in (await store(office), await round_(office), await case(office, WITHHELD)):
        [(document, entry, why)] = said(found)
        assert (document, entry) == (place, None)
        assert f"the history of case {WITHHELD} does not have the entry 1" in why


async def _rewritten() -> Office:
    """The withheld case as somebody would rather have it."""
    async with open_office() as other:
        decided = play(Random(1)).case(2, "CN")  # noqa: S311 - a test's shuffling
        await other.keep(CASES, WITHHELD, decided.but(status="honoured", ending=None))
        return other


async def test_a_case_that_was_taken_away_is_missed(office: Office) -> None:
    del office.shelves["cases"][WITHHELD]
    assert [document for document, _, _ in said(await round_(office))] == [f"decisions/{key_of(office, WITHHELD)}"]


async def test_who_asks_for_a_case_that_was_taken_away_is_told_that_it_was_announced(office: Office) -> None:
    del office.shelves["cases"][WITHHELD]
    [(document, _, why)] = said(await case(office, WITHHELD))
    assert document == f"decisions/{key_of(office, WITHHELD)}"
    assert f"the history of case {WITHHELD} does not have" in why


async def test_a_leaf_that_was_taken_away_is_missed(office: Office) -> None:
    del office.shelves["decisions"][min(office.shelves["decisions"])]
    breaks = said(await round_(office))
    assert "stands at position 1" in breaks[0][2]
    assert breaks[-1][0] == f"announcements/{ID}"
    assert "1 leaves and another root" in breaks[-1][2]


async def test_a_leaf_that_was_changed_with_its_record_does_not_lead_to_the_root(office: Office) -> None:
    key = key_of(office, WITHHELD)

    async def anew() -> Document:
        async with open_office() as other:
            kept = await office.desk.store.decision(root_of(office), WITHHELD)
            assert kept
            better = kept.leaf.model_copy(update={"outcome": "honoured"})
            await other.keep(DECISIONS, key, kept.but(leaf=better))
            return other.shelves["decisions"][key]

    office.shelves["decisions"][key] = await anew()
    breaks = said(await round_(office))
    assert [document for document, _, _ in breaks] == [f"decisions/{key}", f"announcements/{ID}"]
    assert "do not lead to the announced root" in breaks[0][2]
    assert "another root than announced" in breaks[1][2]


async def test_a_list_of_before_there_were_salts_is_whole_and_a_changed_leaf_is_found() -> None:
    """Such a list is in the order of the cases, and its keys are the cases' ids."""
    async with open_office() as office:
        await office.announced()
        salted = await office.desk.store.decisions(root_of(office), limit=9, after=-1)
        former = [
            Leaf.model_validate(one.leaf.model_dump(exclude={"salt"}) | {"form": "sihao.decision.v1"}) for one in salted
        ]
        former.sort(key=lambda leaf: leaf.case)
        tree = merkle.Tree(leaf.canonical for leaf in former)
        office.shelves["decisions"].clear()
        for n, leaf in enumerate(former):
            path = tuple(beside.hex() for beside in tree.proof(n))
            kept = Decided(root=tree.root.hex(), size=2, index=n, leaf=leaf, path=path)
            await office.keep(DECISIONS, f"{tree.root.hex()}/{leaf.case}", kept)
        announced = await office.desk.store.need(ANNOUNCEMENTS, ID, "", "")
        del office.shelves["announcements"][ID]
        named = Decisions(root=tree.root.hex(), size=2)
        await office.keep(ANNOUNCEMENTS, ID, announced.but(decisions=named))
        for found in (await store(office), await round_(office), await case(office, HONOURED)):
            assert said(found) == []
            assert found.lists[0].root == tree.root.hex()
        spoil(office, "decisions", key_of(office, WITHHELD), lambda d: d["state"]["leaf"].update(points="99.00"))
        assert len(said(await case(office, WITHHELD))) == 2


async def test_a_state_that_no_version_wrote_is_named_and_the_rest_is_looked_at(office: Office) -> None:
    spoil(office, "decisions", key_of(office, HONOURED), lambda d: d["state"].pop("leaf"))
    reasons = [why for _, _, why in said(await round_(office))]
    assert "the state was changed after the last entry" in reasons
    assert "the state cannot be read by this version" in reasons


def test_breaks_beyond_what_is_kept_are_counted() -> None:
    found = Findings()
    for n in range(KEPT + 5):
        found.note(f"cases/{n}", 1, 1, given.text("坏", "broken"))
    assert (found.breaks, len(found.broken)) == (KEPT + 5, KEPT)


async def test_a_list_of_many_pages_is_recounted_whole_and_one_leaf_among_them_is_found() -> None:
    async with open_office() as office:
        await office.keep(ROUNDS, "CN-2020", given.TERMS)
        one = play(Random(1)).case(1, "CN")  # noqa: S311 - a test's shuffling
        cases = [one.but(id=given.case(n, "CN"), application=given.application(n)) for n in range(230)]
        for case_ in cases:
            await office.keep(CASES, case_.id, case_)
        named = await frozen(office.desk, given.officer("CN"), "CN-2020", "CN", ())
        command = given.announce(given.officer("CN"), (cases[0].id,)).model_copy(update={"decisions": named})
        await office.keep(ANNOUNCEMENTS, ID, announce(None, command, given.NOW).state)
        whole = await round_(office)
        assert said(whole) == []
        assert (whole.documents["cases"], whole.documents["decisions"]) == (230, 230)

        place = key_of(office, cases[150].id)
        spoil(office, "decisions", place, lambda d: d["state"]["leaf"].update(points="1.00"))
        assert [(document, entry) for document, entry, _ in said(await round_(office))] == [
            (f"decisions/{place}", 1),
            (f"decisions/{place}", None),
            (f"announcements/{ID}", None),
        ]
