"""How the kit has officers decide inside the software under test: one address, one small JSON document per decision.

The protocol is described in docs/province-contract.md: `POST <driver>` with `{"do": …, "key": …}`; 2xx done, 409
refused, 501 not possible here, anything else or no answer: not now, the same again with the same key.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

import httpx2

Answer = Literal["done", "refused", "impossible", "silent"]
_AGAIN_AFTER = 0.2
"""Seconds between two tries; ours."""
WHY = {"zh": "一致性测试", "en": "conformance test"}


class Driver:
    """The software's own hand, over HTTP."""

    def __init__(self, url: str, *, patience: float) -> None:
        self._url = url
        self._patience = patience
        self._client = httpx2.AsyncClient(trust_env=False, timeout=patience, verify=url.startswith("https"))

    async def passed(self, case: str) -> Answer:
        """Everything an officer decides before the list comes out well for this case."""
        return await self._do("pass", case=case)

    async def returned(self, case: str, items: Sequence[str]) -> Answer:
        """Back to the chamber, for these items."""
        return await self._do("return", case=case, items=[{"item": item, "reason": WHY} for item in items])

    async def declined(self, case: str) -> Answer:
        """The end, with a reason."""
        return await self._do("decline", case=case, reason=WHY, remedy=WHY)

    async def sealed(self, round_: str, area: str) -> Answer:
        """The list of the round; what is undecided stays outside."""
        return await self._do("seal", round=round_, area=area)

    async def turned(self, to: datetime) -> Answer:
        """Its clock, to this instant."""
        return await self._do("clock", to=to.isoformat())

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def _do(self, what: str, **more: Any) -> Answer:
        command: Mapping[str, Any] = {"do": what, "key": str(uuid.uuid4()), **more}
        end = time.monotonic() + self._patience
        while True:
            answer = await self._ask(command)
            if answer != "silent" or time.monotonic() > end:
                return answer
            await asyncio.sleep(_AGAIN_AFTER)

    async def _ask(self, command: Mapping[str, Any]) -> Answer:
        try:
            response = await self._client.post(self._url, json=command)
        except httpx2.HTTPError:
            return "silent"
        match response.status_code:
            case HTTPStatus.CONFLICT:
                return "refused"
            case HTTPStatus.NOT_IMPLEMENTED:
                return "impossible"
        return "done" if response.is_success else "silent"
