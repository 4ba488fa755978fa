"""Merkle trees: as the RFC defines them, every leaf proves, and nothing else does."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.merkle import Growing, Tree, check, leaf_hash, node_hash, proof, root

Leaves = st.lists(st.binary(max_size=6), min_size=1, max_size=70)
KNOWN = tuple(
    bytes.fromhex(leaf)
    for leaf in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
)
"""The leaves on which the implementations of Certificate Transparency are tested."""


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = _split(len(leaves))
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def path_by_definition(leaves: Sequence[bytes], m: int) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*path_by_definition(leaves[:k], m), by_definition(leaves[k:])]
    return [*path_by_definition(leaves[k:], m - k), by_definition(leaves[:k])]


def _split(n: int) -> int:
    """The largest power of two below n."""
    return max(2**power for power in range(n.bit_length()) if 2**power < n)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_the_roots_that_are_known_elsewhere(count: int, expected: str) -> None:
    assert root(KNOWN[:count]).hex() == expected


@pytest.mark.parametrize("count", range(9))
def test_every_size_up_to_eight_is_as_defined(count: int) -> None:
    assert root(KNOWN[:count]) == by_definition(KNOWN[:count])


@settings(max_examples=50, deadline=None)
@given(Leaves)
def test_roots_and_paths_are_as_defined(leaves: list[bytes]) -> None:
    tree = Tree(leaves)
    assert (tree.root, tree.size) == (by_definition(leaves), len(leaves))
    for index in range(len(leaves)):
        assert list(tree.proof(index)) == path_by_definition(leaves, index)


@settings(max_examples=50, deadline=None)
@given(Leaves)
def test_leaves_that_come_one_by_one_have_the_same_root(leaves: list[bytes]) -> None:
    growing = Growing()
    assert growing.root == root([])
    for size, leaf in enumerate(leaves, start=1):
        growing.add(leaf)
        assert (growing.root, growing.size) == (root(leaves[:size]), size)


@settings(max_examples=50, deadline=None)
@given(Leaves)
def test_every_leaf_proves(leaves: list[bytes]) -> None:
    top = root(leaves)
    for index, leaf in enumerate(leaves):
        assert check(leaf, index, len(leaves), proof(leaves, index), top)


@settings(max_examples=50, deadline=None)
@given(Leaves, st.data())
def test_any_changed_bit_fails(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    parts = [leaves[index], *proof(leaves, index), root(leaves)]
    changed = data.draw(st.sampled_from([n for n, part in enumerate(parts) if part]))
    bit = data.draw(st.integers(0, len(parts[changed]) * 8 - 1))
    parts[changed] = (int.from_bytes(parts[changed], "big") ^ (1 << bit)).to_bytes(len(parts[changed]), "big")
    leaf, *path, top = parts
    assert not check(leaf, index, len(leaves), path, top)


@settings(max_examples=50, deadline=None)
@given(Leaves, st.data())
def test_another_place_or_another_length_of_the_path_fails(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    leaf, path, top = leaves[index], list(proof(leaves, index)), root(leaves)
    elsewhere = data.draw(st.integers(-2, size + 2).filter(lambda n: not 0 <= n < size or leaves[n] != leaf))
    assert not check(leaf, elsewhere, size, path, top)
    assert not check(leaf, index, size, [*path, leaf_hash(b"")], top)
    assert not path or not check(leaf, index, size, path[:-1], top)


@settings(max_examples=50, deadline=None)
@given(Leaves, st.data())
def test_a_size_that_would_shape_the_way_up_otherwise_fails(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, 200).filter(lambda n: _way(index, n) != _way(index, size)))
    assert not check(leaves[index], index, other, proof(leaves, index), root(leaves))


def _way(index: int, size: int) -> list[str] | None:
    """On which side a neighbour stands, level by level, from the definition; None outside of the tree."""
    if not 0 <= index < size:
        return None
    if size == 1:
        return []
    k = _split(size)
    return [*(_way(index, k) or []), "right"] if index < k else [*(_way(index - k, size - k) or []), "left"]


def test_a_node_cannot_be_passed_off_as_a_leaf() -> None:
    leaves = [b"a", b"b", b"c", b"d"]
    forged = leaf_hash(b"a") + leaf_hash(b"b")
    assert leaf_hash(forged) != node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    assert not check(forged, 0, 2, [node_hash(leaf_hash(b"c"), leaf_hash(b"d"))], root(leaves))


@pytest.mark.parametrize("index", [-1, 2])
def test_there_is_no_proof_of_what_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        proof([b"a", b"b"], index)
