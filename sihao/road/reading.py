"""What the stores of the services know about one application. Only read; nothing personal is taken along."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.store import APPLICATIONS
from services.notify.store import HONOURS, LETTERS
from services.review.store import CASES
from services.scoring.store import RECORDS
from shared.contracts.text import Text, text
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.records import Document, records
from sihao.doctor.place import Named
from sihao.road.steps import PutAside, Step

_LETTERS = 10_000
"""Dead letters that are looked through, newest first."""
_STATES: Mapping[str, tuple[str, str]] = {
    "queued": ("待发", "queued"),
    "delivered": ("已送达", "delivered"),
    "failed": ("未送达", "failed"),
}


async def read(mongo_url: str, databases: Sequence[Named], application: str) -> tuple[list[Step], list[PutAside]]:
    """The steps and what was put aside, of all these databases.

    Raises:
        StoreError: the store does not answer.
    """
    steps: list[Step] = []
    put_aside: list[PutAside] = []
    stores = [(one, Database(mongo_url, one.value)) for one in databases]
    try:
        for one, database in stores:
            if one.service == "review":
                steps += [step async for step in _steps(one, database, CASES, _cases_of(application))]
            elif one.service == "intake":
                steps += [step async for step in _steps(one, database, APPLICATIONS, {"_id": application})]
            elif one.service == "scoring":
                steps += [step async for step in _steps(one, database, RECORDS, {"_id": application})]
        about = [application, *{step.document.partition("/")[2] for step in steps if "@" in step.document}]
        for one, database in stores:
            if one.service == "notify":
                letters, honours = {"state.draft.about": {"$in": about}}, {"state.granted.event.case": {"$in": about}}
                steps += [step async for step in _steps(one, database, LETTERS, letters)]
                steps += [step async for step in _steps(one, database, HONOURS, honours)]
            found = await DeadLetters(database).list(all_=True, limit=_LETTERS)
            put_aside += [_put_aside(one.name, letter) for letter in found if _concerns(letter, application)]
    finally:
        for _, database in stores:
            database.close()
    return steps, put_aside


def _cases_of(application: str) -> dict[str, Any]:
    """All keys that begin with `<application>@`; `A` is the character after `@`."""
    return {"_id": {"$gte": f"{application}@", "$lt": f"{application}A"}}


async def _steps(one: Named, database: Database, kind: Kind[Any], where: Mapping[str, Any]) -> AsyncIterator[Step]:
    async for document in records(database, kind, where):
        unsent = {fact["id"] for fact in document.get("outbox", ())}
        note = _letter(document) if kind is LETTERS else None
        for entry in document["history"]:
            facts = tuple(entry["facts"])
            yield Step(
                service=one.name,
                document=f"{kind.collection}/{document['_id']}",
                n=entry["n"],
                at=datetime.fromisoformat(entry["at"]),
                what=entry["what"],
                role=entry["by"]["role"],
                cause=entry["cause"],
                facts=facts,
                unsent=frozenset(unsent.intersection(facts)),
                note=note if entry["n"] == 1 else None,
            )


def _letter(document: Document) -> Text:
    """How a letter fared; to whom stays with the recipient."""
    state = document["state"]
    zh, en = _STATES.get(state["status"], (state["status"], state["status"]))
    tries = int(state.get("attempts") or 0)
    channel = state["draft"]["channel"]
    return text(
        f"信函 {state['draft']['template']}（{channel}）：{zh}" + (f"，投递 {tries} 次" if tries > 1 else ""),
        f"letter {state['draft']['template']} ({channel}): {en}" + (f", {tries} tries" if tries > 1 else ""),
    )


def _concerns(letter: DeadLetter, application: str) -> bool:
    said = " ".join(letter.headers.values())
    return application in said or application.encode() in letter.body


def _put_aside(service: str, letter: DeadLetter) -> PutAside:
    return PutAside(
        service=service,
        id=letter.id,
        message=letter.message_id,
        event=letter.message_type or letter.queue,
        code=letter.code,
        reason=letter.reason,
        at=letter.at,
        replayed=letter.replayed,
    )
