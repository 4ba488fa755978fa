"""The store: an area's filter, and that nothing may refer to a file that does not stand there."""

from typing import Any, cast

import pytest

from services.intake.store import IntakeStore
from shared.runtime.mongo import Database
from shared.runtime.problems import Unavailable


class Shelf:
    """Files and queries, remembered; a `broken` shelf takes nothing."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.kept: dict[str, bytes] = {}
        self.asked: list[dict[str, Any]] = []

    def files(self, bucket: str) -> "Shelf":
        """Itself."""
        assert bucket == "evidence"
        return self

    async def put(self, key: str, data: bytes, _metadata: dict[str, Any]) -> bool:
        """Keep a file, once."""
        if self.broken or key in self.kept:
            return False
        self.kept[key] = data
        return True

    async def stat(self, key: str) -> dict[str, Any] | None:
        """Its length."""
        return {"length": len(self.kept[key])} if key in self.kept else None

    async def find(self, _kind: object, where: dict[str, Any], **_how: object) -> list[tuple[str, Any]]:
        """Nothing, but the query is remembered."""
        self.asked.append(where)
        return []


def store_on(shelf: Shelf) -> IntakeStore:
    return IntakeStore(cast("Database", shelf))


async def test_the_same_file_is_kept_once() -> None:
    shelf = Shelf()
    for _ in range(2):
        await store_on(shelf).keep_file("a" * 64, b"x")
    assert shelf.kept == {"a" * 64: b"x"}


async def test_a_file_that_is_not_there_afterwards_is_not_accepted() -> None:
    with pytest.raises(Unavailable):
        await store_on(Shelf(broken=True)).keep_file("a" * 64, b"x")


@pytest.mark.parametrize(
    ("area", "where"),
    [
        ("CN", {"state.round": "CN-2020"}),
        ("3502", {"state.round": "CN-2020", "state.chamber.area": {"$regex": "^3502"}}),
    ],
)
async def test_an_area_asks_for_what_lies_in_it(area: str, where: dict[str, Any]) -> None:
    shelf = Shelf()
    await store_on(shelf).applications(area=area, round_="CN-2020", limit=1, after=None)
    assert shelf.asked == [where]
