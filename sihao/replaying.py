"""A round computed again from the stores of review and scoring; nothing is written, nothing passed over silently."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from services.review.domain import replay
from services.review.domain.case import Case
from services.review.domain.replay_case import Deciders, replayed_case
from services.review.store import (
    ANNOUNCEMENTS,
    CASES,
    COHORTS,
    DRAWS,
    LEADERSHIPS,
    PANELS,
    PROPOSALS,
    SHORTLISTS,
)
from services.scoring.domain.record import Record
from services.scoring.domain.replay import replayed_marks, replayed_record, replayed_score
from services.scoring.domain.standard import Standard
from services.scoring.store import RECORDS, ScoringStore
from shared.contracts.text import Text, text
from shared.kernel.difference import Difference, differ
from shared.kernel.state import State
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.records import records

S = TypeVar("S", bound=State)
Where = Mapping[str, Any]
_PAGE = 200
"""Cases whose scores are looked up together."""
KINDS: dict[str, Text] = {
    "scorecards": text("评分卡", "scorecards"),
    "scores": text("案件得分", "scores of cases"),
    "draws": text("抽签", "draws"),
    "assignments": text("专家分配", "assignments"),
    "shortlists": text("推荐名单", "shortlists"),
    "cohorts": text("评分基准", "cohorts"),
    "panels": text("委员会表决", "votes of committees"),
    "announcements": text("通报（十佳）", "announcements: their distinction"),
    "cases": text("案件（评分、票数、结论）", "cases: marks, tally, outcome"),
}
"""What is computed again, in this order."""


@dataclass
class Replayed:
    """What was compared, what differs, and what could not be compared."""

    compared: Counter[str] = field(default_factory=Counter)
    """How many, by kind."""
    differences: list[Difference] = field(default_factory=list)
    """Every one, in the order of the kinds."""
    unchecked: list[Text] = field(default_factory=list)
    """What was not compared, and why."""

    def take(self, kind: str, differences: Iterator[Difference]) -> None:
        """One more was compared."""
        self.compared[kind] += 1
        self.differences += differences


async def replayed(review: Database, scoring: Database | None, code: str) -> Replayed:
    """A round computed again.

    Raises:
        NotYet: scoring does not know the round.
        Refused: its rubric is not in this release.
    """
    found = Replayed()
    standard: Standard | None = None
    if scoring is None:
        found.unchecked.append(
            text(
                "评分卡与案件得分：未给出评分服务的数据库（--scoring-database）",
                "scorecards and scores of cases: the store of scoring was not given (--scoring-database)",
            )
        )
    elif await _anything(review, code):
        standard = await ScoringStore(scoring).standard(code)
        async for record in _every(found, scoring, RECORDS, {"state.submission.round": code}):
            found.take("scorecards", replayed_record(record, standard))
    known = await _documents(review, code, found)
    cases: list[Case] = []
    async for case in _every(found, review, CASES, {"state.round": code}):
        found.take("cases", replayed_case(case, known))
        cases.append(case)
        if len(cases) == _PAGE:
            await _scores(found, scoring, standard, cases)
            cases = []
    await _scores(found, scoring, standard, cases)
    return found


async def _anything(review: Database, code: str) -> bool:
    """Whether there is a case of this round."""
    return bool(await review.find(CASES, {"state.round": code}, limit=1))


async def _documents(review: Database, code: str, found: Replayed) -> Deciders:
    """What was decided about many cases at once; answers what it says of each."""
    here, known, bare = {"state.round": code}, Deciders(), 0
    async for draw in _every(found, review, DRAWS, here):
        found.take("draws", replay.replayed_draw(draw))
    async for proposal in _every(found, review, PROPOSALS, here):
        found.take("assignments", replay.replayed_proposal(proposal))
    async for shortlist in _every(found, review, SHORTLISTS, here):
        known.take(shortlist)
        if shortlist.bounds is None:
            bare += 1
        else:
            found.take("shortlists", replay.replayed_shortlist(shortlist))
    async for cohort in _every(found, review, COHORTS, here):
        known.take(cohort)
        found.take("cohorts", replay.replayed_cohort(cohort))
    async for panel in _every(found, review, PANELS, here):
        known.take(panel)
        found.take("panels", replay.replayed_panel(panel))
    async for leadership in _every(found, review, LEADERSHIPS, here):
        known.take(leadership)
    async for announcement in _every(found, review, ANNOUNCEMENTS, here):
        known.take(announcement)
        found.take("announcements", replay.replayed_announcement(announcement))
    if bare:
        zh = f"{bare} 份推荐名单：封存时未留存计算依据"
        found.unchecked.append(text(zh, f"{bare} shortlists: sealed before what they were made from was kept"))
    return known


async def _scores(found: Replayed, scoring: Database | None, standard: Standard | None, cases: list[Case]) -> None:
    """What some cases know of their scores, beside what scoring has."""
    if scoring is None or standard is None:
        return
    wanted = {"_id": {"$in": [case.application for case in cases]}}
    known = {record.application: record async for record in _every(Replayed(), scoring, RECORDS, wanted)}
    for case in cases:
        _score(found, case, known.get(case.application), standard)


def _score(found: Replayed, case: Case, record: Record | None, standard: Standard) -> None:
    """A case's score and marks, beside those of scoring."""
    where = f"cases/{case.id}"
    if case.score is None:
        return
    if record is None or record.submission is None:
        found.take("scores", differ(where, text("得分", "the score"), case.score.digest, None))
    elif case.status == "withdrawn" and record.sequence != case.sequence:
        zh = f"{where} 的得分：撤回后不再更新"
        found.unchecked.append(text(zh, f"the score of {where}: withdrawn before the last one"))
    elif record.sequence != case.sequence:
        found.take("scores", differ(where, text("评分次数", "the scoring"), case.sequence, record.sequence))
    else:
        found.take("scores", replayed_score(where, case.score, record, standard))
        if case.settled and case.revision == record.submission.revision:
            found.differences += replayed_marks(record, {mark.item: mark.points for mark in case.settled})


async def _every(found: Replayed, store: Database, kind: Kind[S], where: Where) -> AsyncIterator[S]:
    """The states of all documents that match, by key; of one that cannot be read this is said."""
    async for document in records(store, kind, where):
        try:
            yield kind.state.model_validate(document.get("state"))
        except ValidationError:
            unreadable = text("状态不符合格式，不能重算", "the state cannot be read, nor computed again")
            found.differences += differ(
                f"{kind.collection}/{document['_id']}", unreadable, document.get("version"), None
            )
