"""Long work on a mailbox by one process at a time: its lease is renewed while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from hub.model.errors import Unavailable
from hub.store import leases
from hub.store.leases import Lease
from hub.store.session import Database

_LENGTH = timedelta(seconds=60)
_RENEW_SECONDS = 15


@asynccontextmanager
async def kept_lease(
    database: Database, name: str, worker: str, clock: Callable[[], datetime]
) -> AsyncIterator[Lease | None]:
    """Yields the lease, or None while another process holds it. What is committed must be fenced by it."""
    lease = await database.write(lambda conn, _: leases.take_lease(conn, name, worker, clock(), _LENGTH), None)
    if lease is None:
        yield None
        return
    renewing = asyncio.create_task(_renew(database, name, worker, clock))
    try:
        yield lease
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        with suppress(Unavailable):  # it ends by itself
            await database.write(lambda conn, _: leases.give_back(conn, lease, clock()), None)


async def _renew(database: Database, name: str, worker: str, clock: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        with suppress(Unavailable):  # the fence decides
            await database.write(lambda conn, _: leases.take_lease(conn, name, worker, clock(), _LENGTH), None)
