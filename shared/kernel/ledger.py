"""Comparing two sets of facts by what is told of them: counts, digests, and the ids of what differs.

Nobody sends all ids of a day. One side tells digests of buckets (`tally`); the other finds the buckets that differ and
names what it has in them (`itemise`); that is enough for the first to know exactly what only one of them has (`name`).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from shared.contracts.ledgers import Itemised, LedgerLine, Named
from shared.kernel.calendar import CHINA

Kind = tuple[str, str]
"""Source and event."""
Facts = Mapping[Kind, Collection[str]]
"""Ids of facts, by kind."""
_FEW, _MANY = 16, 1024
_SHORT = 16


class Differing(NamedTuple):
    """What only one side has."""

    only_told: tuple[str, ...]
    """Ids that the other side names and we do not have."""
    only_ours: tuple[str, ...]
    """Ids that we have and the other side does not name."""


def day_of(instant: datetime) -> date:
    """The day of an instant, in China."""
    return instant.astimezone(CHINA).date()


def end_of_ledger(day: date) -> datetime:
    """The instant at which a day ends in China."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def digest_of(ids: Iterable[str]) -> str:
    """One hash for a set of ids, whatever their order."""
    return hashlib.sha256("".join(f"{id_}\n" for id_ in sorted(ids)).encode()).hexdigest()


def bucket_of(id_: str, of: int) -> int:
    """The bucket of an id, if there are so many."""
    return int(hashlib.sha256(id_.encode()).hexdigest()[:4], 16) % of


def buckets_for(count: int) -> int:
    """Into how many buckets so many ids are told: so that one that differs names few others. Our default."""
    return 1 if count <= _FEW else 16 if count <= _MANY else 256


def tally(kind: Kind, ids: Collection[str], of: int | None = None) -> LedgerLine:
    """What is told of a set of facts; with `of` buckets, or as many as fit."""
    source, event = kind
    number = buckets_for(len(ids)) if of is None else of
    return LedgerLine(source=source, event=event, count=len(ids), digest=digest_of(ids), buckets=_buckets(ids, number))


def brief(kind: Kind, ids: Collection[str]) -> LedgerLine:
    """The same without buckets."""
    return tally(kind, ids, of=0)


def _buckets(ids: Iterable[str], of: int) -> tuple[str, ...]:
    if not of:
        return ()
    held: list[list[str]] = [[] for _ in range(of)]
    for id_ in ids:
        held[bucket_of(id_, of)].append(id_)
    return tuple(digest_of(group)[:_SHORT] for group in held)


def itemise(told: LedgerLine, subjects: Mapping[str, str], room: int) -> tuple[Itemised | None, bool]:
    """What we have where the other side's tally differs from ours, and whether that is all.

    Args:
        told: The other side's tally.
        subjects: Our facts of that kind: subjects by id.
        room: How many facts may be named; a bucket is named wholly or not at all, the first one always.
    """
    of = max(1, len(told.buckets))
    kind = (told.source, told.event)
    ours = tally(kind, subjects, of)
    if ours.digest == told.digest:
        return None, True
    differing = [n for n in range(of) if not told.buckets or told.buckets[n] != ours.buckets[n]] or list(range(of))
    held: dict[int, list[str]] = {n: [] for n in differing}
    for id_ in subjects:
        if (number := bucket_of(id_, of)) in held:
            held[number].append(id_)
    taken: list[int] = []
    for number in differing:
        if taken and len(held[number]) > room:
            break
        taken.append(number)
        room -= len(held[number])
    facts = tuple(Named(id=id_, subject=subjects[id_]) for number in taken for id_ in sorted(held[number]))
    told_of = Itemised(source=told.source, event=told.event, of=of, buckets=tuple(taken), facts=facts)
    return told_of, len(taken) == len(differing)


def name(told: Itemised, ours: Collection[str]) -> Differing:
    """Exactly which facts in these buckets only one side has."""
    theirs = {fact.id for fact in told.facts}
    here = {id_ for id_ in ours if bucket_of(id_, told.of) in told.buckets}
    return Differing(tuple(sorted(theirs - here)), tuple(sorted(here - theirs)))
