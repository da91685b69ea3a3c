"""A request waits for the database so long and no longer, and its end by somebody else is no deadline."""

from __future__ import annotations

import asyncio

import pytest

from hub.web.deadlines import Deadlines
from tests.patience import SECONDS


async def test_what_ends_in_time_is_returned() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "stored"

    deadlines = Deadlines(SECONDS)
    assert await asyncio.gather(*[deadlines.wait(work()) for _ in range(3)]) == ["stored"] * 3


async def test_all_that_wait_too_long_are_given_up_and_ended() -> None:
    deadlines, ended = Deadlines(0.05), 0

    async def work() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended += 1

    async with asyncio.timeout(SECONDS):
        found = await asyncio.gather(*[deadlines.wait(work()) for _ in range(3)], return_exceptions=True)
        assert [type(each) for each in found] == [TimeoutError] * 3
        assert ended == 3
        with pytest.raises(TimeoutError):
            await deadlines.wait(work())  # it looks again when somebody waits again


async def test_a_caller_who_goes_away_is_cancelled_and_not_late() -> None:
    deadlines, begun = Deadlines(SECONDS), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(deadlines.wait(work()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
