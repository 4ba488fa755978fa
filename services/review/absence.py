"""Areas that the settings name and that have left, or are on their way: nothing is done for them; people are told."""

import asyncio
from collections.abc import Sequence

from services.review.store import ReviewStore
from shared.contracts.area import covers
from shared.contracts.text import Text, text
from shared.runtime.logs import get_logger

log = get_logger(__name__)
_LOOK_EVERY = 1.0
_WORDS = {
    "leaving": ("正在移出", "is leaving"),
    "left": ("已移交", "has left for"),
    "arriving": ("正在移入，尚未交接", "is arriving and not handed over yet, from"),
}


class Absence:
    """What of a deployment's jurisdictions may not be acted upon here."""

    def __init__(self, store: ReviewStore, jurisdictions: Sequence[str]) -> None:
        self._store = store
        self._jurisdictions = jurisdictions

    async def told(self) -> Text | None:
        """For the people at `/readyz`: which areas are not here, and where they are."""
        for area, custody in sorted((await self._store.custodies()).items()):
            served = [ours for ours in self._jurisdictions if covers(area, ours)]
            if served and custody.status != "held":
                zh, en = _WORDS[custody.status]
                return text(
                    f"{area} {zh}（对方 {custody.peer}）：本服务不办理该地区；不再迁回时请从 SIHAO_AREAS 中去掉",
                    f"{area} {en} {custody.peer}: nothing is done for it here; take it out of SIHAO_AREAS for good",
                )
        return None

    async def over(self) -> None:
        """Return as soon as one of the jurisdictions is not elsewhere.

        Until then nothing may be taken off the queues: what waits there is for whoever has the area now.
        """
        while await self._all_left():
            log.warning("every area has left: nothing is heard", areas=self._jurisdictions)
            await asyncio.sleep(_LOOK_EVERY)

    async def _all_left(self) -> bool:
        gone = [area for area, custody in (await self._store.custodies()).items() if custody.status == "left"]
        return all(any(covers(area, ours) for area in gone) for ours in self._jurisdictions)
