"""Is this process alive, can it serve, is it all at work? `/livez`, `/readyz`, `/startupz`.

A dead task, or one that keeps failing, means: restart me. Not ready means: send me no requests now; it heals by itself.
Requests need the store and no broker, so a service that cannot consume is ready all the same: an intake whose broker is
away must not close its doors on the last evening. Whoever wants everything at work asks `/startupz`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text, text

Check = Callable[[], Awaitable[Text | None]]
"""Answers None if all is well, else why not. It may raise: that is a failure too."""


class Finding(BaseModel):
    """What one check found."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """The part that was asked: `store`, `consumers`, `outbox`, a task."""
    ok: bool
    """Whether it is well."""
    why: Text | None = None
    """If not: why."""


class Report(BaseModel):
    """What all checks found."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    ok: bool
    """Whether all that matter are well."""
    checks: tuple[Finding, ...]
    """One finding per part, in order of registration."""

    def response(self) -> Response:
        """200 if all is well, else 503."""
        code = status.HTTP_200_OK if self.ok else status.HTTP_503_SERVICE_UNAVAILABLE
        return JSONResponse(self.model_dump(mode="json"), code, headers={"Cache-Control": "no-store"})


class Health:
    """The checks and supervised tasks of one process."""

    def __init__(self, *, timeout: float = 2.0) -> None:
        """A check that takes longer than `timeout` seconds has failed."""
        self._timeout = timeout
        self._checks: dict[str, Check] = {}
        self._advisory: set[str] = set()
        self._needless: set[str] = set()
        self._tasks: dict[str, tuple[asyncio.Task[Any], Callable[[], Text | None]]] = {}

    def add(self, name: str, check: Check, *, for_requests: bool = True, advisory: bool = False) -> None:
        """Ask `check` at every `/readyz` and `/startupz`.

        One that is not `for_requests` is told by `/readyz`, but sends none away; an advisory one is told by both.
        """
        self._checks[name] = check
        if advisory:
            self._advisory.add(name)
        if advisory or not for_requests:
            self._needless.add(name)

    def watch(self, name: str, task: asyncio.Task[Any], trouble: Callable[[], Text | None] = lambda: None) -> None:
        """`/livez` fails once this task has ended, for whatever reason, or is in `trouble` that it cannot leave."""
        self._tasks[name] = task, trouble

    async def live(self) -> Report:
        """Whether every supervised task still runs."""
        findings = [_alive(name, task, trouble) for name, (task, trouble) in self._tasks.items()]
        return Report(ok=all(one.ok for one in findings), checks=tuple(findings))

    async def ready(self) -> Report:
        """Whether requests can be served."""
        return await self._all_but(self._needless)

    async def at_work(self) -> Report:
        """Whether requests can be served and messages are heard."""
        return await self._all_but(self._advisory)

    async def _all_but(self, told_only: set[str]) -> Report:
        """What all checks find, asked at the same time; some are told only."""
        findings = await asyncio.gather(*(self._ask(name, check) for name, check in self._checks.items()))
        return Report(ok=all(one.ok or one.name in told_only for one in findings), checks=tuple(findings))

    async def _ask(self, name: str, check: Check) -> Finding:
        try:
            async with asyncio.timeout(self._timeout):
                why = await check()
        except TimeoutError:
            why = text(f"{self._timeout:g} 秒内无应答", f"no answer within {self._timeout:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a check raises is its finding
            why = text(f"检查失败（{type(error).__name__}）", f"the check failed ({type(error).__name__})")
        return Finding(name=name, ok=why is None, why=why)


def _alive(name: str, task: asyncio.Task[Any], trouble: Callable[[], Text | None]) -> Finding:
    if not task.done():
        why = trouble()
    elif task.cancelled() or (error := task.exception()) is None:
        why = text("任务已结束", "the task has ended")
    else:
        kind = type(error).__name__
        why = text(f"任务异常终止（{kind}）", f"the task died of {kind}")
    return Finding(name=name, ok=why is None, why=why)
