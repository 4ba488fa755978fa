"""The deciders of scoring: what each message does to a record.

Order does not matter: a withdrawal that overtakes its submission leaves a tombstone, an older revision changes nothing,
marks that overtake the submission wait for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.scoring.domain.measured import Measured
from services.scoring.domain.record import Publication, Record, Terms
from services.scoring.domain.rubric import Rubric
from services.scoring.domain.score import measure
from services.scoring.domain.standard import Standard
from shared.contracts.applications import ApplicationSubmitted, ApplicationWithdrawn
from shared.contracts.area import CENTRE
from shared.contracts.cases import MarksSettled
from shared.contracts.chambers import Evidence
from shared.contracts.rounds import RoundOpened
from shared.contracts.scores import ApplicationScored, IgnoredFact, RubricPublished
from shared.kernel.change import Change, NotYet, Refused
from shared.kernel.problem import Problem


@dataclass(frozen=True)
class Submission:
    """A submission, with the standard of its round."""

    event: ApplicationSubmitted
    standard: Standard


@dataclass(frozen=True)
class Marks:
    """Settled marks, with the standard of their round."""

    event: MarksSettled
    standard: Standard


def remember_terms(state: Terms | None, event: RoundOpened, now: datetime) -> Change[Terms] | None:
    """A round's terms are fixed when it opens."""
    del now
    return None if state else Change(Terms(round=event.round))


def publish_rubric(state: Publication | None, event: RubricPublished, now: datetime) -> Change[Publication] | None:
    """A rubric version is announced once."""
    del now
    return None if state else Change(Publication(announced=event), (event,))


def announcement_of(rubric: Rubric) -> RubricPublished:
    """The fact that a rubric version is available."""
    return RubricPublished(
        area=CENTRE,
        rubric=rubric.key,
        title=rubric.title,
        digest=rubric.digest,
        items=len(rubric.items),
        parameters=tuple(sorted(rubric.parameters)),
    )


def score_submission(state: Record | None, message: Submission, now: datetime) -> Change[Record] | None:
    """Score what was handed in, unless it is withdrawn or a later revision is scored already."""
    del now
    event = message.event
    before = state or Record(application=event.application, area=event.area)
    if before.withdrawn or (before.submission and before.submission.revision >= event.revision):
        return None
    return _scored(before.but(submission=event, marks={}), message.standard)


def score_marks(state: Record | None, message: Marks, now: datetime) -> Change[Record] | None:
    """Score again with the experts' marks.

    Raises:
        NotYet: the submission has not arrived here.
    """
    del now
    event = message.event
    if state is None or (state.submission and state.submission.revision < event.revision):
        raise NotYet(f"{event.application} r{event.revision}")
    if state.withdrawn or state.submission is None or state.submission.revision > event.revision:
        return None
    return _scored(state.but(marks={mark.item: mark.points for mark in event.marks}), message.standard)


def withdraw(state: Record | None, event: ApplicationWithdrawn, now: datetime) -> Change[Record] | None:
    """A withdrawn application is not scored any more."""
    del now
    before = state or Record(application=event.application, area=event.area)
    return None if before.withdrawn else Change(before.but(withdrawn=True))


def measured_of(record: Record, standard: Standard) -> tuple[Measured, tuple[Problem, ...]]:
    """A record measured, and the problems of the declared facts that are left out because they do not fit.

    Raises:
        NotYet: nothing was handed in yet.
        Refused: the marks do not fit the rubric.
    """
    event = record.submission
    if event is None:
        raise NotYet(record.application)
    try:
        return measure(event.facts, event.chamber, standard, event.evidence, record.marks), ()
    except Refused as refusal:
        problems = refusal.problems
    faulty = {problem.field for problem in problems}
    facts = {
        code: {name: value for name, value in fields.items() if f"facts.{code}.{name}" not in faulty}
        for code, fields in event.facts.items()
        if f"facts.{code}" not in faulty
    }
    evidence = list(_fitting(event.evidence, standard.rubric))
    return measure(facts, event.chamber, standard, evidence, record.marks), problems


def _scored(record: Record, standard: Standard) -> Change[Record]:
    measured, problems = measured_of(record, standard)
    event = record.submission
    if event is None:
        raise NotYet(record.application)
    score = measured.brief()
    after = record.but(sequence=record.sequence + 1, digest=score.digest)
    fact = ApplicationScored(
        area=event.area,
        application=event.application,
        round=event.round,
        revision=event.revision,
        sequence=after.sequence,
        chamber=event.chamber,
        evidence=event.evidence,
        score=score,
        ignored=tuple(IgnoredFact(field=p.field, rule=p.rule, remedy=p.remedy) for p in problems),
    )
    return Change(after, (fact,))


def _fitting(evidence: Iterable[Evidence], rubric: Rubric) -> Iterator[Evidence]:
    """Files with the items this rubric knows."""
    for file in evidence:
        yield file.model_copy(update={"items": tuple(code for code in file.items if code in rubric.items)})
