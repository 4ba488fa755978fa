"""What is measured on a schedule costs the store little, however many letters lie there; and it is right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.text import text
from shared.runtime import metrics
from shared.runtime.dead import COLLECTION, OPEN_BY_CODE, WAITED, DeadLetter, DeadLetters
from shared.runtime.mongo import Database

OLD = datetime.now(UTC) - timedelta(hours=1)
LETTER = DeadLetter(
    id="0",
    queue="q",
    routing_key="k",
    message_id="m",
    message_type=None,
    headers={},
    body=b"x" * 1000,
    code="refused",
    reason=text("不行", "no"),
    problems=(),
    at=OLD,
)


def examined(plan: Any) -> list[int]:
    """Every `totalDocsExamined` in an explanation."""
    if isinstance(plan, dict):
        here = [value for key, value in plan.items() if key == "totalDocsExamined"]
        return here + [found for value in plan.values() for found in examined(value)]
    return [found for one in plan for found in examined(one)] if isinstance(plan, list) else []


async def test_dead_letters_are_measured_by_code_and_only_open_ones_are_read(
    mongo_url: str, database_name: str
) -> None:
    database = Database(mongo_url, database_name)
    letters = DeadLetters(database)
    await letters.prepare()
    await letters.park([replace(LETTER, id=str(n), code="refused" if n % 3 else WAITED) for n in range(300)])
    read = metrics.REGISTRY.get_sample_value
    assert read("sihao_dead_letters_by_code", {"code": "refused"}) == 200
    assert read("sihao_dead_letters") == 200
    assert read("sihao_waiting_messages") == 100
    assert 3600 <= (read("sihao_dead_letter_age_seconds") or 0) < 7200

    await letters.went_through(await letters.list(codes=("refused",), limit=150))
    asked = {"aggregate": COLLECTION, "pipeline": list(OPEN_BY_CODE), "cursor": {}}
    plan = await database.collection(COLLECTION).database.command("explain", asked, verbosity="executionStats")
    assert max(examined(plan)) == 150
    database.close()
