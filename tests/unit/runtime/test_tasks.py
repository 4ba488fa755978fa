"""Background work goes on for ever, whatever it meets; what keeps failing is told at /livez, and heals."""

import asyncio

import pytest

from shared.runtime import tasks
from shared.runtime.health import Health
from shared.runtime.tasks import Tasks
from tests.support.toy_bench import until


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(tasks, "_LONGEST_PAUSE", 0.001)
    monkeypatch.setattr(tasks, "_LASTING", 0.05)
    monkeypatch.setattr(tasks, "_HOPELESS", 5)


@pytest.mark.parametrize("error", [ValueError("boom"), asyncio.CancelledError("from a driver"), None])
async def test_it_is_begun_again_whatever_ended_it(error: BaseException | None) -> None:
    begun = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 3:
            again.set()
            await asyncio.Event().wait()
        if error is not None:
            raise error

    background = Tasks(health := Health())
    background.add("work", work)
    background.start()
    async with asyncio.timeout(5):
        await again.wait()
    assert (await health.live()).ok
    await background.stop()
    assert begun == 3


async def test_what_keeps_failing_is_told_and_goes_on_until_it_heals() -> None:
    away = True

    async def work() -> None:
        if away:
            raise ConnectionError("amqp://user:secret@host")
        await asyncio.Event().wait()

    background = Tasks(health := Health())
    background.add("lane", work)
    background.start()

    async def is_alive() -> bool:
        return (await health.live()).ok

    async def is_not() -> bool:
        return not await is_alive()

    await until(is_not)
    [finding] = (await health.live()).checks
    assert finding.why is not None
    assert "ConnectionError" in finding.why.en
    assert "secret" not in finding.why.en
    away = False
    await until(is_alive)
    await background.stop()


@pytest.mark.parametrize("swallows", [False, True])
async def test_stopping_ends_work_that_takes_its_cancellation_for_a_failure(*, swallows: bool) -> None:
    begun = 0

    async def connect() -> None:
        nonlocal begun
        begun += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not swallows:
                raise ConnectionError("could not connect") from None
        await asyncio.Event().wait()

    background = Tasks(Health())
    background.add("bus", connect)
    background.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await background.stop()
    assert begun == 1
