"""Scoring: facts in, figures out, and a scorecard where one is asked for. Pure; the same input gives the same bytes."""

from collections.abc import Iterable

from services.scoring.domain.facts import Facts, File, check_facts
from services.scoring.domain.figures import Figures
from services.scoring.domain.marks import Marks, check_marks
from services.scoring.domain.measured import Measured
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Rubric
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.standard import Standard
from shared.contracts.chambers import Chamber
from shared.kernel.change import Refused


def score(  # noqa: PLR0917 - six different things, each of its own type
    facts: Facts,
    chamber: Chamber,
    rubric: Rubric,
    parameters: Parameters,
    evidence: Iterable[File] = (),
    marks: Marks | None = None,
) -> Scorecard:
    """The scorecard of one application. Items without a mark in `marks` have their judged points pending, not lost.

    Raises:
        Refused: facts, evidence or marks do not fit the rubric; every place is named.
    """
    return measure(facts, chamber, Standard(rubric, parameters), evidence, marks or {}).card()


def measure(
    facts: Facts, chamber: Chamber, standard: Standard, evidence: Iterable[File] = (), marks: Marks | None = None
) -> Measured:
    """The figures of one application, without a sentence; where there are many, by one standard compiled once.

    Raises:
        Refused: as `score`.
    """
    rubric, files, given = standard.rubric, tuple(evidence), marks or {}
    row = standard.columns.row(facts, chamber, given)
    tied: dict[str, set[str]] = {}
    for file in files:
        for code in file.items:
            tied.setdefault(code, set()).add(file.sha256)
    if row is None or not tied.keys() <= rubric.items.keys():
        raise Refused(*check_facts(facts, rubric, standard.parameters, files), *check_marks(given, rubric))
    return Measured(
        standard=standard,
        chamber=chamber,
        row=row,
        marks=given,
        evidence={code: tuple(sorted(hashes)) for code, hashes in tied.items()},
        figures=Figures(standard, row),
    )
