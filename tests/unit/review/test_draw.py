"""The draw: promised before, told after, and the same for whoever repeats it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain.draw import SHORTEST, Commit, Draw, Reveal, commit, reveal
from services.review.domain.drawing import Entry, commitment, draw, joined_seed, order, pool_hash, shortage
from shared.contracts.text import text
from shared.kernel.change import Refused
from tests.unit.review import given

OFFICE = given.officer("CN")
PAGE = Path(__file__).parents[3] / "docs" / "draw.md"
ENTRIES = st.builds(Entry, id=st.text(min_size=1, max_size=5), stratum=st.sampled_from(["11", "35"]))
POOLS = st.lists(ENTRIES, min_size=1, max_size=12, unique_by=lambda entry: entry.id)
PARTS = st.text(min_size=1, max_size=8).map(lambda words: words.ljust(SHORTEST, "·"))
SEEDS = st.lists(PARTS, min_size=1, max_size=3, unique=True).map(tuple)


def repeated(pool: list[list[str]], seed: str, count: int) -> tuple[str, list[str]]:
    """The rule of the page in the words of any language: digest of the pool, and who is drawn."""
    written = json.dumps(sorted(pool), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(written.encode()).hexdigest()
    ids = sorted(row[0] for row in pool)
    return digest, sorted(ids, key=lambda id_: hashlib.sha256(f"{seed}|{digest}|{id_}".encode()).hexdigest())[:count]


@settings(deadline=None)
@drawn(POOLS, st.text(), st.data())
def test_anyone_finds_the_same(pool: list[Entry], seed: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(pool)))
    digest, ids = repeated([[entry.id, entry.stratum] for entry in pool], seed, count)
    assert pool_hash(pool) == digest
    assert draw(pool, seed, count) == tuple(ids)
    assert draw(data.draw(st.permutations(pool)), seed, count) == tuple(ids)


@settings(deadline=None)
@drawn(POOLS, st.text(), st.dictionaries(st.sampled_from(["11", "35"]), st.integers(1, 4)), st.integers(1, 8))
def test_strata_have_their_least_and_the_rest_is_in_order(
    pool: list[Entry], seed: str, strata: dict[str, int], count: int
) -> None:
    if shortage(pool, count, strata) or sum(strata.values()) > count:
        with pytest.raises(ValueError, match=r"short of|ask for more"):
            draw(pool, seed, count, strata)
        return
    ids = draw(pool, seed, count, strata)
    ordered = order(pool, seed)
    chosen = [entry for entry in ordered if entry.id in ids]
    assert [entry.id for entry in chosen] == list(ids)
    assert len(ids) == count
    for stratum, least in strata.items():
        of_it = [entry for entry in ordered if entry.stratum == stratum]
        inside = [entry for entry in chosen if entry.stratum == stratum]
        assert len(inside) >= least
        assert inside == of_it[: len(inside)]
    above = [s for s in {entry.stratum for entry in chosen} if sum(e.stratum == s for e in chosen) > strata.get(s, 0)]
    passed_over = [entry for entry in ordered if entry.id not in ids]
    for stratum in above:
        last = max(ordered.index(entry) for entry in chosen if entry.stratum == stratum)
        assert all(ordered.index(entry) > last for entry in passed_over)


def committing(seeds: tuple[str, ...], pool: list[Entry], count: int = 1, **changes: Any) -> Commit:
    """A draw from this pool, to be promised."""
    return Commit(
        by=OFFICE,
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        purpose=text("抽取评审委员", "members of the committee"),
        commitments=tuple(commitment(seed) for seed in seeds),
        count=count,
        strata=changes.get("strata", {}),
        pool=tuple(pool),
        aside=0,
    )


def committed(seeds: tuple[str, ...], pool: list[Entry], count: int = 1) -> Draw:
    """The same, promised."""
    return commit(None, committing(seeds, pool, count), given.NOW).state


@settings(deadline=None)
@drawn(POOLS, SEEDS)
def test_the_promised_seed_decides_from_the_frozen_pool(pool: list[Entry], seeds: tuple[str, ...]) -> None:
    promised = committed(seeds, pool)
    assert not promised.drawn
    assert not promised.order
    change = reveal(promised, Reveal(by=OFFICE, seeds=seeds), given.NOW)
    assert change
    state = change.state
    _, ids = repeated([[entry.id, entry.stratum] for entry in pool], joined_seed(seeds), len(pool))
    assert state.order == tuple(ids)
    assert state.drawn == tuple(ids[:1])
    assert (state.pool, state.commitments) == (promised.pool, promised.commitments)
    assert reveal(state, Reveal(by=OFFICE, seeds=seeds), given.NOW) is None


@settings(deadline=None)
@drawn(POOLS, SEEDS, SEEDS)
def test_any_other_seed_is_refused(pool: list[Entry], seeds: tuple[str, ...], others: tuple[str, ...]) -> None:
    assume(seeds != others)
    promised = committed(seeds, pool)
    with pytest.raises(Refused) as refused:
        reveal(promised, Reveal(by=OFFICE, seeds=others), given.NOW)
    wrong = {problem.field for problem in refused.value.problems}
    longer = max(len(seeds), len(others))
    assert wrong == {f"seeds.{n}" for n in range(longer) if seeds[n : n + 1] != others[n : n + 1]}
    done = reveal(promised, Reveal(by=OFFICE, seeds=seeds), given.NOW)
    assert done
    with pytest.raises(Refused):
        reveal(done.state, Reveal(by=OFFICE, seeds=others), given.NOW)


@settings(deadline=None)
@drawn(POOLS, st.lists(st.text(min_size=1, max_size=2 * SHORTEST), min_size=1, max_size=3, unique=True).map(tuple))
def test_a_part_that_is_too_short_is_refused_though_it_was_promised(pool: list[Entry], seeds: tuple[str, ...]) -> None:
    promised = committed(seeds, pool)
    short = [f"seeds.{n}" for n, seed in enumerate(seeds) if len(seed) < SHORTEST]
    if not short:
        assert reveal(promised, Reveal(by=OFFICE, seeds=seeds), given.NOW)
        return
    with pytest.raises(Refused) as refused:
        reveal(promised, Reveal(by=OFFICE, seeds=seeds), given.NOW)
    assert [problem.field for problem in refused.value.problems] == short
    assert {problem.code for problem in refused.value.problems} == {"draw.seed-short"}
    assert "openssl rand -hex 16" in refused.value.problems[0].remedy.zh


POOL = [Entry(id=f"e-{n}", stratum="35" if n < 2 else "11") for n in range(4)]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (committing(("a", "a"), POOL), "commitments"),
        (committing(("a",), POOL, count=5), "count"),
        (committing(("a",), POOL, count=4, strata={"35": 3}), "strata.35"),
        (committing(("a",), POOL, count=2, strata={"35": 2, "11": 1}), "strata"),
        (committing(("a",), (Entry(id="e", stratum="3502"),), count=1, strata={"3502": 1}), "strata.3502"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_it_is_promised(command: Commit, field: str) -> None:
    with pytest.raises(Refused) as refused:
        commit(None, command, given.NOW)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_draw_is_promised_once() -> None:
    known = committed(("a",), POOL)
    with pytest.raises(Refused, match="number"):
        commit(known, committing(("b",), POOL), given.NOW)


def test_the_example_of_the_page_is_so() -> None:
    blocks = PAGE.read_text("utf-8").split("```")
    example = json.loads(next(block for block in blocks if block.startswith("json")).removeprefix("json"))
    pool = [Entry(id=id_, stratum=stratum) for id_, stratum in example["pool"]]
    assert [commitment(part) for part in example["seeds"]] == example["commitments"]
    assert pool_hash(pool) == example["pool_hash"]
    seed = joined_seed(example["seeds"])
    assert [entry.id for entry in order(pool, seed)] == example["order"]
    assert list(draw(pool, seed, example["count"])) == example["drawn"]
    assert list(draw(pool, seed, example["count"], example["strata"])) == example["drawn_with_strata"]


def test_the_program_of_the_page_finds_the_example() -> None:
    blocks = PAGE.read_text("utf-8").split("```")
    example = json.loads(next(block for block in blocks if block.startswith("json")).removeprefix("json"))
    program = next(block for block in blocks if block.startswith("python")).removeprefix("python")
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - our own page
    assert names["drawn"](example["pool"], example["seeds"], example["count"]) == example["drawn"]
