"""What scoring hears."""

from collections.abc import Sequence

from services.scoring.domain.decide import Marks, Submission, remember_terms, score_marks, score_submission, withdraw
from services.scoring.store import RECORDS, TERMS, ScoringStore
from shared.contracts import ApplicationSubmitted, ApplicationWithdrawn, MarksSettled, RoundOpened
from shared.runtime.handlers import HandlerTable, Target
from shared.runtime.ledgers import hear_ledgers
from shared.runtime.trusted import hear_keys


def table(store: ScoringStore) -> HandlerTable:
    """The events, what they change, and how."""

    async def submission(event: ApplicationSubmitted) -> Sequence[Target]:
        return [Target(event.application, Submission(event, await store.standard(event.round)))]

    async def marks(event: MarksSettled) -> Sequence[Target]:
        return [Target(event.application, Marks(event, await store.standard(event.round)))]

    heard = HandlerTable("scoring")
    heard.on(RoundOpened, TERMS, key=lambda event: event.round.code, decide=remember_terms)
    heard.on(ApplicationSubmitted, RECORDS, targets=submission, decide=score_submission)
    heard.on(ApplicationWithdrawn, RECORDS, key=lambda event: event.application, decide=withdraw)
    heard.on(MarksSettled, RECORDS, targets=marks, decide=score_marks)
    hear_keys(heard)
    hear_ledgers(heard)
    return heard
