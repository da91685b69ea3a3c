"""Reads from a poll with time limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from channels.base import Raw


async def caught_up(poll: AsyncIterator[Raw | None], seconds: float = 30) -> list[Raw]:
    """Returns what comes until the poll says that it has caught up."""
    found: list[Raw] = []
    async with asyncio.timeout(seconds):
        async for raw in poll:
            if raw is None:
                return found
            found.append(raw)
    raise AssertionError("a poll never ends by itself")


async def next_mail(poll: AsyncIterator[Raw | None], seconds: float = 30) -> Raw:
    async with asyncio.timeout(seconds):
        async for raw in poll:
            if raw is not None:
                return raw
    raise AssertionError("a poll never ends by itself")


def subjects(raws: list[Raw]) -> list[str]:
    return [raw.content.split(b"\r\n", 1)[0].decode().removeprefix("Subject: ") for raw in raws]
