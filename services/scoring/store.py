"""Scoring's store: the only file that knows collection names."""

from services.scoring.domain.record import Publication, Record, Terms
from services.scoring.domain.standard import Standard
from services.scoring.library import rubric
from shared.kernel.change import NotFound, NotYet
from shared.kernel.problem import problem
from shared.runtime.kinds import Index, Kind
from shared.runtime.mongo import Database

RUBRICS = Kind("rubrics", Publication)
TERMS = Kind("rounds", Terms)
RECORDS = Kind("records", Record, indexes=(Index(("state.submission.round", "state.area")),))
KINDS = (RUBRICS, TERMS, RECORDS)


class ScoringStore:
    """What scoring reads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._standards: dict[str, Standard] = {}

    async def standard(self, round_code: str) -> Standard:
        """The standard of a round; read once, since an opened round never changes.

        Raises:
            NotYet: the round has not been heard of here.
            Refused: the round names an unknown rubric, or its parameters do not fit it.
        """
        known = self._standards.get(round_code)
        if known is None:
            terms = await self._database.get(TERMS, round_code)
            if terms is None:
                raise NotYet(f"round {round_code}")
            known = self._standards[round_code] = Standard.of(rubric(terms.round.rubric), terms.round)
        return known

    async def record(self, application: str) -> Record:
        """The record of an application.

        Raises:
            NotFound: there is none, or it was withdrawn before it was scored.
        """
        found = await self._database.get(RECORDS, application)
        if found is None or found.submission is None:
            raise NotFound(
                problem(
                    "scorecard.unknown",
                    "application",
                    rule=(f"没有申报 {application} 的评分", f"application {application} has not been scored"),
                    remedy=("核对申报编号；刚提交的请稍候", "check the id; if just submitted, wait a moment"),
                )
            )
        return found
