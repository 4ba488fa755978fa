"""Many applications scored at once: JSON lines in, JSON lines out, in order, on all cores, in little memory.

The file is read in chunks. A few chunks per core are under way at any time and the next is read when one is done, so
that memory does not grow with the file. A line that is wrong is a result like any other and stops nothing.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import Any, NamedTuple

from services.scoring.domain import Standard, fill_parameters, measure
from services.scoring.domain.measured import Measured
from services.scoring.given import Application, application_of
from services.scoring.library import rubric
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

_LINES = 200
"""Lines in a chunk: much more work than it takes to hand them over."""
_WAITING = 3
"""Chunks under way per process."""
Numbered = tuple[int, bytes]
"""A line with its number, from 1."""


@dataclass(frozen=True)
class Terms:
    """By what is scored."""

    rubric: str
    """Its id."""
    parameters: str
    """What the round filled in, as JSON."""

    @cached_property
    def standard(self) -> Standard:
        """The standard.

        Raises:
            Refused: there is no such rubric, or the parameters do not fit it.
        """
        known = rubric(self.rubric)
        return Standard(known, fill_parameters(known.parameters, json.loads(self.parameters)))


class Result(NamedTuple):
    """What became of one line."""

    line: int
    output: bytes
    """The canonical JSON of its figures; empty if the line is wrong."""
    problems: tuple[Problem, ...]
    """Why it could not be scored."""
    differs: bool
    """Whether its digest is not the one that was announced."""


class Scored(NamedTuple):
    """What became of a chunk."""

    read: int
    """Bytes of it."""
    results: list[Result]


def rescore(lines: Iterable[bytes], terms: Terms, processes: int) -> Iterator[Scored]:
    """Score every line, in order; empty lines are passed over."""
    numbered = ((number, line) for number, line in enumerate(lines, start=1))
    chunks = iter(lambda: list(islice(numbered, _LINES)), [])
    if processes == 1:
        yield from (_score(terms, chunk) for chunk in chunks)
        return
    under_way: deque[Future[Scored]] = deque()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            for chunk in chunks:
                under_way.append(pool.submit(_score, terms, chunk))
                if len(under_way) >= _WAITING * processes:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@lru_cache(1)
def _standard(terms: Terms) -> Standard:
    """The standard, compiled once per process."""
    return terms.standard


def _score(terms: Terms, chunk: Sequence[Numbered]) -> Scored:
    standard = _standard(terms)
    return Scored(
        read=sum(len(line) for _, line in chunk),
        results=[_result(number, line, standard) for number, line in chunk if line.strip()],
    )


def _result(number: int, line: bytes, standard: Standard) -> Result:
    try:
        given = application_of(line)
        measured = measure(given.facts, given.profile, standard, given.evidence, given.marks)
    except Refused as refusal:
        return Result(number, b"", refusal.problems, differs=False)
    output = _figures(number, given, measured)
    return Result(number, canonical_bytes(output), (), differs=output.get("same") is False)


def _figures(number: int, given: Application, measured: Measured) -> dict[str, Any]:
    """The figures of an application as they are written: no sentences; the digest stands for the whole card."""
    figures, standard, digest = measured.figures, measured.standard, measured.digest
    gates = zip(standard.gates, figures.gates, strict=True)
    compared = {} if given.digest is None else {"same": digest == given.digest}
    return {
        "line": number,
        "application": given.application,
        "chamber": given.chamber.code,
        "admitted": figures.admitted,
        "total": _points(figures.total.points),
        "pending": _points(figures.total.pending),
        "gates": {item.code: result for (item, _), result in gates if result is not None},
        "points": dict(zip(standard.codes, map(_points, figures.points), strict=True)),
        "digest": digest,
        **compared,
    }


def _points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"
