"""Histories and lists of decisions, checked as they are stored; documents come in a stream, one page in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from services.review.domain.announcement import Announced
from services.review.domain.case import jurisdiction_of
from services.review.domain.decided import Decided
from services.review.domain.recount import Recount, fault
from services.review.store import ANNOUNCEMENTS, CASES, DECISIONS, in_list, of_case, of_round
from shared.contracts.notices import Decisions
from shared.contracts.text import Text, text
from shared.kernel.history import verify_stored
from shared.kernel.state import State
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.records import Document, holding, records
from sihao.findings import Findings, Recounted

S = TypeVar("S", bound=State)
Where = Mapping[str, Any]
Look = tuple[Kind[Any], Where]
"""Documents of a kind that match."""
_PAGE = 100
_UNREADABLE = text("状态不符合本版本的格式，无法读取", "the state cannot be read by this version")


class Verification:
    """Looks at one service's store and changes nothing."""

    def __init__(self, database: Database, seen: Callable[[int], None] = lambda _: None) -> None:
        """`seen` is told of the progress: how many documents more."""
        self.found = Findings()
        self._database = database
        self._seen = seen

    async def documents(self, looks: Iterable[Look]) -> None:
        """Each document by itself: its chain, its version, its state."""
        for kind, where in looks:
            async for document in records(self._database, kind, where):
                self._whole(kind, document)

    async def store(self, kinds: Iterable[Kind[Any]]) -> None:
        """Everything a service keeps; of review also its lists of decisions."""
        kinds = tuple(kinds)
        await self.documents((kind, {}) for kind in kinds)
        if DECISIONS in kinds:
            await self._lists(await self._announced({}))

    async def round(self, code: str) -> None:
        """Everything review keeps about a round, and its lists of decisions."""
        await self.documents(of_round(code))
        announced = await self._announced({"state.round": code})
        roots = dict.fromkeys(named.root for _, named in announced)
        await self.documents((DECISIONS, in_list(root)) for root in roots)
        await self._lists(announced)

    async def case(self, id_: str) -> None:
        """One case, and what was announced of it."""
        await self.documents([(CASES, {"_id": id_})])
        where = {"state.round": await self._round_of(id_), "state.jurisdiction": jurisdiction_of(id_)}
        for made, named in await self._announced(where):
            async for document in records(self._database, DECISIONS, of_case(named.root, id_)):
                self._whole(DECISIONS, document)
                self.found.lists.append(Recounted(made.id, named.root, named.size))
                if one := self._read(DECISIONS, document):
                    stands = bool(await self._standing([one]))
                    self._note(DECISIONS, document, fault(one, named, stands=stands))

    async def _round_of(self, id_: str) -> str | None:
        """The round of a case; of one that is not there any more, as a list of decisions has it."""
        if known := await self._database.fields(CASES, id_, "round"):
            return str(known["round"])
        async for document in records(self._database, DECISIONS, {"state.leaf.case": id_}):
            if one := self._read(DECISIONS, document):
                return one.leaf.round
        return None

    async def _lists(self, announced: Iterable[tuple[Announced, Decisions]]) -> None:
        """Each list of decisions, against the announcement that named its root."""
        for made, named in announced:
            self.found.lists.append(Recounted(made.id, named.root, named.size))
            recount = Recount(made, named)
            page: list[Document] = []
            async for document in records(self._database, DECISIONS, in_list(named.root)):
                page.append(document)
                if len(page) == _PAGE:
                    await self._take(recount, page)
                    page = []
            await self._take(recount, page)
            if why := recount.end():
                self.found.note(f"{ANNOUNCEMENTS.collection}/{made.id}", None, None, why)

    async def _take(self, recount: Recount, page: Iterable[Document]) -> None:
        read = [(document, one) for document in page if (one := self._read(DECISIONS, document))]
        standing = await self._standing([one for _, one in read])
        for document, one in read:
            self._note(DECISIONS, document, recount.take(one, stands=one.leaf.case in standing))

    async def _standing(self, page: Sequence[Decided]) -> frozenset[str]:
        """The cases in whose history the entry stands that a leaf names."""
        return await holding(self._database, CASES, [(one.leaf.case, one.leaf.entries, one.leaf.head) for one in page])

    async def _announced(self, where: Where) -> list[tuple[Announced, Decisions]]:
        """Announcements that match and named a list."""
        found = []
        async for document in records(self._database, ANNOUNCEMENTS, where):
            made = self._read(ANNOUNCEMENTS, document)
            if made and made.decisions:
                found.append((made, made.decisions))
        return found

    def _whole(self, kind: Kind[Any], document: Document) -> None:
        """Count a document, and note where it does not hold."""
        self.found.documents[kind.collection] += 1
        history = document.get("history")
        self.found.entries += len(history) if isinstance(history, list) else 0
        if broken := verify_stored(document):
            self._note(kind, document, broken.why, broken.n)
        self._seen(1)

    def _read(self, kind: Kind[S], document: Document) -> S | None:
        """The state, or None if it cannot be read; then that is noted."""
        try:
            return kind.state.model_validate(document.get("state"))
        except ValidationError:
            self._note(kind, document, _UNREADABLE)
            return None

    def _note(self, kind: Kind[Any], document: Document, why: Text | None, entry: int | None = None) -> None:
        """What does not fit about a document, if anything."""
        if why:
            self.found.note(f"{kind.collection}/{document['_id']}", document.get("version"), entry, why)
