"""Payloads picked by their numbers from a mailbox whose server keeps them, and captured as a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from channels.base import Holding, Holds, Parses, Raw
from hub.capture.incoming import HISTORIC
from hub.capture.intake import Intake
from hub.capture.page import prepare_page, put_off
from hub.store.leases import Lease
from hub.store.mailboxes import arrived_numbers
from hub.store.session import Database

_BYTES = 8 * 1024 * 1024


class Store(Holds, Parses, Protocol):
    """A channel whose server keeps what came, and whose payloads are parsed."""

    name: str


async def here(database: Database, channel: str, holding: Holding) -> dict[int, bool]:
    """Returns which numbers of a mailbox arrived already; False: it could not be read."""
    found: dict[int, bool] = {}
    after = ""
    while True:
        after, some = await database.read(arrived_numbers, (channel, holding.prefix, after))
        found |= some
        if not after:
            return found


async def capture_numbers(
    intake: Intake,
    channel: Store,
    mailbox: str,
    holding: Holding,
    numbers: Sequence[int],
    lease: Lease,
    *,
    live_from: datetime | None,
) -> AsyncGenerator[tuple[int, int], None]:
    """Fetches and captures; after each page yields (how many numbers it was, how many payloads they were).

    What came before `live_from` (None: all of it) is history only and opens no conversation. Raises Unavailable and
    LeaseLost.
    """
    waiting: list[Raw] = []
    size = captured = 0
    async for raw in channel.pick(mailbox, holding.epoch, numbers):
        if isinstance(raw, Raw):
            historic = live_from is None or raw.received_at < live_from
            waiting.append(replace(raw, note={**raw.note, HISTORIC: "yes"}) if historic else raw)
            size += len(raw.content)
            if size < _BYTES:
                continue
        if waiting:
            prepared = await prepare_page(intake.blobs, channel.name, channel, put_off(channel, waiting), lease)
            captured += len(waiting)
            waiting, size = [], 0
            await asyncio.gather(*[intake.submit(incoming) for incoming in prepared])
        if not isinstance(raw, Raw):
            yield raw, captured
            captured = 0
