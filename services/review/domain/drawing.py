"""A draw that anyone can repeat 可重现的抽签: the order of a pool follows from a seed and from nothing else.

    key of an entry = SHA-256( seed "|" digest of the pool "|" id ),  smallest first

The seed is promised by its SHA-256 before the draw and told afterwards. `docs/draw.md` has the rule with an example.
That two or more parties choose a part of the seed each, so that nobody alone can try seeds beforehand, is ours.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.event import Sha256
from shared.kernel.canonical import digest


class Entry(BaseModel):
    """Who may be drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(min_length=1)
    """Id of the expert."""
    stratum: str
    """The group that quotas speak of: the province they come from."""


def commitment(seed: str) -> Sha256:
    """The promise of a seed: SHA-256 of its UTF-8 bytes, in hexadecimal."""
    return _sha256(seed)


def joined_seed(parts: Sequence[str]) -> str:
    """The seed of the draw: its parts in their order, a line each."""
    return "\n".join(parts)


def pool_hash(entries: Iterable[Entry]) -> Sha256:
    """The digest of a pool: SHA-256 of the canonical JSON of `[[id, stratum], …]`, by id. The order given is none."""
    return digest(sorted([entry.id, entry.stratum] for entry in entries))


def order(pool: Iterable[Entry], seed: str) -> list[Entry]:
    """The whole pool as the seed orders it; who declines is replaced by the next."""
    entries = sorted(pool, key=lambda entry: entry.id)
    pool_ = pool_hash(entries)
    return sorted(entries, key=lambda entry: _sha256(f"{seed}|{pool_}|{entry.id}"))


def draw(pool: Iterable[Entry], seed: str, count: int, strata: Mapping[str, int] | None = None) -> tuple[str, ...]:
    """The ids that are drawn, in order.

    Args:
        pool: Who may be drawn, each id once.
        seed: What the order follows from.
        count: How many are drawn.
        strata: Of which stratum at least how many. They come first in the order of their own stratum; what is left to
            draw is filled in the order of all.

    Raises:
        ValueError: the pool cannot give so many (`shortage` says where), or the strata ask for more than are drawn.
    """
    ordered = order(pool, seed)
    wanted = dict(strata or {})
    if lacking := shortage(ordered, count, wanted):
        raise ValueError(f"the pool is short of {lacking}")
    if sum(wanted.values()) > count:
        raise ValueError(f"the strata ask for more than {count}")
    drawn: set[str] = set()
    for stratum, least in wanted.items():
        drawn.update([entry.id for entry in ordered if entry.stratum == stratum][:least])
    rest = [entry.id for entry in ordered if entry.id not in drawn]
    drawn.update(rest[: count - len(drawn)])
    return tuple(entry.id for entry in ordered if entry.id in drawn)


def shortage(pool: Sequence[Entry], count: int, strata: Mapping[str, int]) -> dict[str, int]:
    """How many more a draw would need, by stratum; under "" in the whole pool. Empty: it can be drawn."""
    sizes = Counter(entry.stratum for entry in pool)
    missing = {stratum: least - sizes[stratum] for stratum, least in strata.items()}
    return {where: more for where, more in {"": count - len(pool), **missing}.items() if more > 0}


def _sha256(words: str) -> Sha256:
    return hashlib.sha256(words.encode()).hexdigest()
