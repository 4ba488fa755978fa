"""Merkle trees as in Certificate Transparency: one hash stands for a list, a short path proves that a leaf is in it.

    leaf   SHA-256(00 ‖ bytes)              node   SHA-256(01 ‖ left ‖ right)

The two prefixes keep a node from being passed off as a leaf. A tree of n leaves splits at the largest power of two
below n (RFC 6962 §2.1, unchanged in RFC 9162 §2.1); level by level that means: pairs are joined, one left over at the
right end rises as it is.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import reduce

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves (RFC 6962 §2.1)."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf: 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two nodes joined: 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The tree over some leaves, in their order. In memory are 64 bytes of hashes for every leaf."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = _levels([leaf_hash(leaf) for leaf in leaves])

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves."""
        return self._levels[-1][0] if self.size else EMPTY

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The audit path of a leaf (RFC 6962 §2.1.1): its neighbours on the way up, lowest first.

        Raises:
            IndexError: there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        path = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                path.append(level[beside])
            index //= 2
        return tuple(path)


class Growing:
    """The root of leaves that come one by one (RFC 9162 §2.1.2). In memory is one hash for each level of the tree."""

    def __init__(self) -> None:
        self.size = 0
        """How many leaves have come."""
        self._whole: list[bytes] = []
        """The full subtrees from left to right, as many as the size has binary ones."""

    def add(self, leaf: bytes) -> None:
        """The next leaf."""
        node, full = leaf_hash(leaf), self.size
        while full % 2:
            node, full = node_hash(self._whole.pop(), node), full // 2
        self._whole.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves so far."""
        return reduce(lambda right, left: node_hash(left, right), reversed(self._whole)) if self.size else EMPTY


def root(leaves: Iterable[bytes]) -> bytes:
    """The hash that stands for all leaves."""
    return Tree(leaves).root


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """The same, of leaves of which only the hashes are known."""
    level = list(hashes)
    return _levels(level)[-1][0] if level else EMPTY


def proof(leaves: Iterable[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf; of many take them from one `Tree`.

    Raises:
        IndexError: there is no such leaf.
    """
    return Tree(leaves).proof(index)


def check(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that this leaf stands at this index in the tree of this size and root.

    Walks up as the tree was built (to the same end as RFC 9162 §2.1.3.2). The root does not hold the size: at the right
    edge two sizes may give a leaf the same way up. So whoever publishes a root publishes the size beside it.
    """
    if not 0 <= index < size:
        return False
    found, rest, last = leaf_hash(leaf), list(path), size - 1
    while last:
        if index % 2 or index < last:  # else it stands alone at the right end, and rises as it is
            if not rest:
                return False
            beside = rest.pop(0)
            found = node_hash(beside, found) if index % 2 else node_hash(found, beside)
        index, last = index // 2, last // 2
    return not rest and found == root


def _levels(level: list[bytes]) -> list[list[bytes]]:
    """The hashes of the leaves, then those of every level above, up to the root."""
    levels = [level]
    while len(level) > 1:
        joined = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[len(joined) * 2 :]
        levels.append(level)
    return levels
