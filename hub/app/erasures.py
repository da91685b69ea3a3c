"""Erasures are kept twice, in the database and beside it: a restored backup learns of those since it was made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app.hub import Hub
from hub.model.errors import HubError
from hub.store.audit import Actor, note
from hub.store.erasing import again, outside

log = logging.getLogger(__name__)

_AFTER_TROUBLE = 5.0


async def keep_up(hub: Hub) -> None:
    """Repeats what this database does not know of, and notes beside it what is not there; nothing is sent before.

    Of several processes that start at once, one repeats; done again it changes nothing. What fails is tried again.
    """
    while True:
        try:
            return await _keep_up(hub)
        except HubError as error:
            log.warning("The list of erasures could not be compared, which is tried again: %s", error.message)
        await asyncio.sleep(_AFTER_TROUBLE)


async def _keep_up(hub: Hub) -> None:
    data, now = hub.settings.hub.data, hub.clock()
    beside = await asyncio.to_thread(outside.read, data)
    known = {line["key"] for line in await hub.database.read(again.kept, None)}
    if any(line["key"] not in known for line in beside):
        by = Actor(name="the hub", at=now, key=hub.keys.audit)

        def repeat(conn: Connection, lines: Sequence[Mapping[str, Any]]) -> list[int]:
            erased = again.repeat(conn, lines, hub.keys, now)
            for customer in erased:
                note(conn, by, "customer.erased_again", f"customer/{customer}")
            return erased

        found = await hub.database.write(repeat, beside)
        log.warning("A backup of before was restored: %d customers were erased once more.", len(found))
    there = {line["key"] for line in beside}
    fresh = [line for line in await hub.database.read(again.kept, None) if line["key"] not in there]
    await asyncio.to_thread(outside.append, data, fresh)
