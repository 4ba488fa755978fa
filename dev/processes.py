"""Child processes of one run: started, watched and stopped; none outlives its parent.

Every child leads a process group of its own, so a Ctrl-C in the terminal reaches only the parent, which then stops its
children in order. On Linux the kernel kills the children of a parent that was itself killed (`setpriv --pdeathsig`);
that is tied to the thread which started them, so start them from the main thread.
"""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, STDOUT
from asyncio.subprocess import Process as Running
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import httpx2

POLL_SECONDS = 0.1

Ready = Callable[[], Awaitable[bool]]


class ProcessFailedError(RuntimeError):
    """A child process died or did not become ready; the message carries the end of its log."""


class Child:
    """One child process with its log file; can be started again after it ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Describe the process; `env` is its whole environment, None means a copy of ours."""
        self.name = name
        self.command = tuple(command)
        self.log = log
        self.env = env
        self.cwd = cwd
        self._running: Running | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._running.pid if self._running else None

    @property
    def alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._running is not None and self._running.returncode is None

    @property
    def exit_code(self) -> int | None:
        """What it ended with, None if it has not."""
        return self._running.returncode if self._running else None

    async def start(self) -> None:
        """Start the process; its output is appended to the log file."""
        if self.alive:
            raise ProcessFailedError(f"{self.name} 已在运行 / {self.name} is already running")
        with _append(self.log) as log:
            self._running = await asyncio.create_subprocess_exec(
                *leashed(self.command),
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
            )

    async def until(self, ready: Ready, *, within: float) -> None:
        """Wait until `ready()` is true.

        Raises:
            ProcessFailedError: if the process ends before, or is not ready within that many seconds.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + within
        while not await ready():
            if not self.alive:
                raise self.failure("已退出", "ended")
            if clock() > deadline:
                raise self.failure(f"{within:g} 秒内未就绪", f"was not ready within {within:g} s")
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self, *, grace: float = 10.0) -> None:
        """Ask the process to end (SIGTERM); after `grace` seconds, and for all its own children, SIGKILL."""
        if self.alive:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), grace)
        await self.kill()

    async def kill(self) -> None:
        """End the process and its own children at once (SIGKILL), as a power cut would."""
        if self._running is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        await self.wait()

    async def wait(self) -> None:
        """Wait until the process has ended, for whatever reason."""
        if self._running is not None:
            await self._running.wait()

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def failure(self, what_zh: str, what_en: str, *, lines: int = 30) -> ProcessFailedError:
        """The error to raise for this process, with the end of its log."""
        code = self._running.returncode if self._running else None
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:]) if self.log.exists() else ""
        return ProcessFailedError(
            f"{self.name} {what_zh}（退出码 {code}，日志 {self.log}）/ "
            f"{self.name} {what_en} (exit code {code}, log {self.log}):\n{tail}"
        )

    def _signal(self, number: signal.Signals) -> None:
        if self._running is not None:
            with suppress(ProcessLookupError):
                self._running.send_signal(number)


class Processes:
    """A group of named children which are all stopped, at the same time, when the group closes."""

    def __init__(self, logs: Path, *, grace: float = 10.0) -> None:
        """Keep the logs as `<logs>/<name>.log`; `grace` seconds lie between SIGTERM and SIGKILL."""
        self.logs = logs
        self.grace = grace
        self._children: dict[str, Child] = {}
        self._ready: dict[str, tuple[str | None, float]] = {}
        self._meant_to_end: set[str] = set()

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def __iter__(self) -> Iterator[Child]:
        return iter(self._children.values())

    async def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        ready_url: str | None = None,
        within: float = 30.0,
    ) -> Child:
        """Start a child and wait until `ready_url` answers with a 2xx status (no URL: do not wait).

        `env` is added to a copy of our environment. Two children may be started at the same time with `gather`.

        Raises:
            ProcessFailedError: if it dies first, or is not ready within that many seconds.
        """
        if name in self._children:
            raise ProcessFailedError(f"已有名为 {name} 的进程 / there is a process named {name} already")
        child = Child(name, command, log=self.logs / f"{name}.log", env={**os.environ, **(env or {})})
        self._children[name] = child
        self._ready[name] = (ready_url, within)
        await self._launch(child)
        return child

    async def stop(self, name: str) -> None:
        """Stop one child properly; it can be started again with `restart`."""
        self._meant_to_end.add(name)
        await self._children[name].stop(grace=self.grace)

    async def kill(self, name: str) -> None:
        """Kill one child without warning; it can be started again with `restart`."""
        self._meant_to_end.add(name)
        await self._children[name].kill()

    async def restart(self, name: str) -> None:
        """Start a child again as it was first started, stopping it before if it still runs."""
        await self.stop(name)
        await self._launch(self._children[name])

    async def watch(self) -> None:
        """Return never; raise as soon as a child has ended that nobody stopped.

        Raises:
            ProcessFailedError: with the end of that child's log.
        """
        while True:
            for name, child in self._children.items():
                if not child.alive and name not in self._meant_to_end and child.pid is not None:
                    raise child.failure("意外退出", "ended unexpectedly")
            await asyncio.sleep(POLL_SECONDS)

    async def _launch(self, child: Child) -> None:
        url, within = self._ready[child.name]
        await child.start()
        self._meant_to_end.discard(child.name)
        if url is not None:
            async with httpx2.AsyncClient(trust_env=False) as client:
                await child.until(lambda: answers(client, url), within=within)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._meant_to_end.update(self._children)
        await asyncio.gather(*(child.stop(grace=self.grace) for child in self._children.values()))


async def answers(client: httpx2.AsyncClient, url: str) -> bool:
    """Whether a GET of this URL succeeds right now."""
    try:
        response = await client.get(url, timeout=2.0)
    except httpx2.HTTPError:
        return False
    return response.is_success


def leashed(command: Sequence[str]) -> tuple[str, ...]:
    """The command, changed so that the kernel kills it when its parent dies, where that can be had."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--", *command) if setpriv else tuple(command)


class Interruption:
    """What a signal means to the run: until `expected` is set, a failure."""

    def __init__(self) -> None:
        self.expected = False
        self.signal: signal.Signals | None = None


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Inside, the first Ctrl-C, SIGTERM or SIGHUP cancels the current task, so that all it opened is closed again.

    Further signals are ignored until it is closed; closing takes no longer than the grace times of what is open. Then
    the program exits, with 0 if the interruption was `expected`, else with 128 + the signal's number.
    """
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    interruption = Interruption()

    def cancel(number: signal.Signals) -> None:
        if interruption.signal is None and task is not None:
            interruption.signal = number
            task.cancel()

    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in handled:
        loop.add_signal_handler(number, cancel, number)
    try:
        yield interruption
    except asyncio.CancelledError:
        if interruption.signal is None:
            raise
        raise SystemExit(0 if interruption.expected else 128 + interruption.signal) from None
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _append(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")
