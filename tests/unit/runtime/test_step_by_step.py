"""A slow broker is waited for as long as it answers; a silent one is not."""

import asyncio

import pytest

from shared.runtime.amqp import step_by_step

LIMIT = 0.2


async def test_many_steps_may_take_longer_together_than_one_may_alone() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with step_by_step(LIMIT) as next_step:
        while loop.time() - began < 3 * LIMIT:
            await asyncio.sleep(LIMIT / 50)
            next_step()


async def test_a_step_without_an_end_is_given_up_after_others_have_ended() -> None:
    async def silent() -> None:
        async with step_by_step(LIMIT) as next_step:
            await asyncio.sleep(0)
            next_step()
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await silent()
