"""Child processes: started, watched, restarted, and gone with their parent."""

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from dev.ports import LOOPBACK, free_port
from dev.processes import Child, Processes, ProcessFailedError

PROJECT = Path(__file__).parents[3]
FOREVER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def _is_running(pid):
    """Whether the process runs; one that has ended but is still listed does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


async def _until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_a_group_waits_for_its_url_and_stops_everything(tmp_path):
    port = free_port()
    server = [sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK, "--directory", str(tmp_path)]
    async with Processes(tmp_path / "logs") as group:
        web = await group.start("web", server, ready_url=f"http://{LOOPBACK}:{port}/")
        idle = await group.start("idle", FOREVER, env={"WORD": "x"})
        assert web.alive
        assert idle.alive
        assert [child.name for child in group] == ["web", "idle"]
    assert not _is_running(web.pid)
    assert not _is_running(idle.pid)
    assert "GET / HTTP" in (tmp_path / "logs" / "web.log").read_text("utf-8")


async def test_one_that_dies_at_the_start_is_reported_with_its_log(tmp_path):
    dying = [sys.executable, "-c", "raise SystemExit('缺少设置')"]
    async with Processes(tmp_path) as group:
        with pytest.raises(ProcessFailedError, match=r"exit code 1[^$]*缺少设置"):
            await group.start("dying", dying, ready_url=f"http://{LOOPBACK}:{free_port()}/")


async def test_one_that_never_answers_is_reported_in_time(tmp_path):
    async with Processes(tmp_path) as group:
        with pytest.raises(ProcessFailedError, match=r"was not ready within 0\.3 s"):
            await group.start("mute", FOREVER, ready_url=f"http://{LOOPBACK}:{free_port()}/", within=0.3)


async def test_kill_and_restart_by_name(tmp_path):
    async with Processes(tmp_path) as group:
        first = (await group.start("idle", FOREVER)).pid
        await group.kill("idle")
        assert not _is_running(first)
        await group.restart("idle")
        second = group["idle"].pid
        assert second != first
        assert _is_running(second)
        await group.stop("idle")
        assert not group["idle"].alive


async def test_an_unexpected_end_is_noticed_and_a_wanted_one_is_not(tmp_path):
    async with Processes(tmp_path) as group:
        child = await group.start("idle", FOREVER)
        await group.start("other", FOREVER)
        await group.kill("other")
        watching = asyncio.create_task(group.watch())
        await asyncio.sleep(0.3)
        assert not watching.done()
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(ProcessFailedError, match="idle ended unexpectedly"):
            await asyncio.wait_for(watching, 5)


async def test_one_that_ignores_sigterm_is_killed_with_its_own_children(tmp_path):
    stubborn = """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
        time.sleep(600)
    """
    child = Child("stubborn", [sys.executable, "-c", textwrap.dedent(stubborn)], log=tmp_path / "log")
    await child.start()
    await _until(lambda: (tmp_path / "log").read_text("utf-8").endswith("\n"))
    grandchild = int((tmp_path / "log").read_text("utf-8"))
    await child.stop(grace=0.2)
    await _until(lambda: not _is_running(grandchild))
    assert not child.alive


_PARENT = """
    import asyncio, sys
    from pathlib import Path
    from dev.processes import Processes, interruptible

    async def main():
        with interruptible() as interruption:
            interruption.expected = "expected" in sys.argv
            async with Processes(Path(sys.argv[1])) as group:
                child = await group.start("idle", [sys.executable, "-c", "import time; time.sleep(600)"])
                print(child.pid, flush=True)
                await asyncio.sleep(600)

    asyncio.run(main())
"""


async def _parent(logs, *arguments):
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(_PARENT), str(logs), *arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=PROJECT,
    )
    return parent, int(await parent.stdout.readline())


@pytest.mark.parametrize(
    ("number", "arguments", "code"),
    [(signal.SIGINT, [], 130), (signal.SIGTERM, [], 143), (signal.SIGINT, ["expected"], 0)],
)
async def test_a_signal_ends_parent_and_children(tmp_path, number, arguments, code):
    parent, child = await _parent(tmp_path, *arguments)
    assert _is_running(child)
    parent.send_signal(number)
    assert await asyncio.wait_for(parent.wait(), 10) == code
    assert not _is_running(child)


async def test_children_of_a_killed_parent_die(tmp_path):
    parent, child = await _parent(tmp_path)
    assert _is_running(child)
    parent.kill()
    await parent.wait()
    await _until(lambda: not _is_running(child))
