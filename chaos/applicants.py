"""Who applies: chambers that nobody has, any number of them, with the figures of the demo's.

What the promise is about is the handing in, and that always goes over HTTP. Registers and most drafts are put into
intake's store beforehand, by the platform's own deciders on its own road to the store: whole, with their histories,
many in one write. A draft costs then a tenth of what it costs over HTTP.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from chaos.stage import Stage
from demo.data import Scenario
from demo.generate import credit_code
from services.intake.domain.application import Application, ItemEntry, application_id
from services.intake.domain.chamber import Register, Registration, register
from services.intake.domain.submitting import Start
from services.intake.store import APPLICATIONS, CHAMBERS
from shared.contracts import CENTRE, Chamber, Facts
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Change, Decider
from shared.kernel.identity import command_id
from shared.runtime.clock import FileClock
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database, StoreError
from shared.runtime.patience import patiently
from shared.runtime.work import Rejected, Work

_TOGETHER = 20
"""Documents in one write: more would hold up the wires, which the same process carries."""
_FIRST = 100_000
"""Serial number of the first invented chamber; the demo's own are far below."""


class Applicant(NamedTuple):
    """A chamber, and what it declares."""

    chamber: Chamber
    facts: Facts
    items: Mapping[str, ItemEntry]
    """The same, as a draft has it."""


def applicants(scenario: Scenario, count: int) -> list[Applicant]:
    """`count` chambers of the provinces, each with the figures of one that the demo's scenario has."""
    samples = []
    for one in scenario.applications:
        if one.chamber.area != CENTRE:
            facts = {item: fields for item, fields in scenario.facts_of(one).items() if fields}
            items = {item: ItemEntry(version=1, facts=fields) for item, fields in facts.items()}
            samples.append(Applicant(one.chamber, facts, items))
    return [
        sample._replace(
            chamber=sample.chamber.model_copy(update={"code": credit_code(sample.chamber.area, _FIRST + n)})
        )
        for n in range(count)
        for sample in (samples[n % len(samples)],)
    ]


class Registry:
    """Intake's store as the driver writes to it, directly and not through a wire."""

    def __init__(self, stage: Stage) -> None:
        self._database = Database(stage.mongo_url, stage.databases["intake"])
        self._clock = FileClock(next(iter(stage.clocks.values())).path)
        self._documents = Documents(self._database, self._clock)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    async def register(self, chambers: Sequence[Applicant]) -> None:
        """Put chambers into the register, as an imported list does."""
        by = Actor(id="officer-CN", role="officer", area=CENTRE)
        as_of = self._clock.now()
        rows = [Registration(chamber=chamber) for chamber, *_ in chambers]
        commands = [Register(registration=row, source="chaos", as_of=as_of) for row in rows]
        await self._apply(_work(CHAMBERS, c.registration.chamber.code, c, register, by) for c in commands)

    async def draft(self, round_: str, some: Sequence[Applicant]) -> None:
        """Begin the applications of these chambers, with everything filled in."""

        def works() -> Iterator[Work]:
            for one in some:
                code = one.chamber.code
                by = Actor(id=f"secretary-{code}", role="secretary", chamber=code)
                begun = Start(round=round_, chamber=code)
                yield _work(APPLICATIONS, application_id(round_, code), begun, _drafting(one), by)

        await self._apply(works())

    async def _apply(self, works: Iterator[Work]) -> None:
        """All of them, however often the store goes away meanwhile; a repeat does no harm."""
        while some := list(islice(works, _TOGETHER)):
            outcomes = await patiently(partial(self._documents.apply, some), (StoreError,), lambda _: None)
            for refused in (outcome for outcome in outcomes if isinstance(outcome, Rejected)):
                raise refused.error


def _drafting(one: Applicant) -> Decider[Application, Start]:
    def draft(state: Application | None, command: Start, now: datetime) -> Change[Application] | None:
        if state is not None:
            return None
        return Change(Application(round=command.round, chamber=one.chamber, started_at=now, items=dict(one.items)))

    return draft


def _work(kind: Kind[Any], key: str, command: Any, decide: Decider[Any, Any], by: Actor) -> Work:
    what = type(command).__name__.lower()
    return Work(
        kind=kind,
        key=key,
        message=command,
        decide=decide,
        what=what,
        by=by,
        cause=command_id(by.id, f"{what} {kind.collection}/{key}", key),
        content=digest(command.model_dump(mode="json")),
    )
