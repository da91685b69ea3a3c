"""Placed calls: of a call that staff asked for and whose answer was lost, the provider's list tells whether it rang."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from channels.base import Bridges
from hub.model.errors import HubError
from hub.store.session import Database
from hub.store.tables import PlacedCallRow

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
# A process that asked and wrote nothing down since has died.
_DIED_AFTER = timedelta(minutes=1)
# A provider's list may lag: what is not in it after so long was never there.
_PROVEN_AFTER = timedelta(minutes=10)
_LOOKED_BACK = timedelta(hours=1)
_COLUMNS = (PlacedCallRow.key, PlacedCallRow.channel, PlacedCallRow.number, PlacedCallRow.asked_at)


@dataclass(frozen=True, slots=True)
class PlacedCalls:
    """Works for one process at a time: its tick is claimed."""

    database: Database
    channels: Mapping[str, object]
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Looks up what nobody knows; returns how many calls are known now."""
        now = self.clock()
        found = 0
        for row in await self.database.read(_doubtful, now):
            channel = self.channels.get(row["channel"])
            if not isinstance(channel, Bridges):
                continue
            try:
                call = await channel.find_bridge(row["number"], row["asked_at"])
            except HubError as error:
                log.warning("a call that staff asked for is looked up later: %s", error.message)
                continue
            if call or now >= row["asked_at"] + _PROVEN_AFTER:
                await self.database.write(_settle, (row["key"], call))
                found += 1
        return found


def _doubtful(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    died = (PlacedCallRow.state == "asked") & (PlacedCallRow.asked_at < now - _DIED_AFTER)
    rows = conn.execute(
        select(*_COLUMNS).where(
            (PlacedCallRow.state == "unknown") | died,
            PlacedCallRow.asked_at > now - _LOOKED_BACK,
        )
    )
    return [dict(row._mapping) for row in rows]


def _settle(conn: Connection, told: tuple[str, str]) -> None:
    key, call = told
    doubtful = (PlacedCallRow.key == key) & PlacedCallRow.state.in_(("asked", "unknown"))
    values = {"state": "placed", "call": call, "error": ""}
    if not call:
        values = {"state": "failed", "error": "The provider never had it; nobody was called."}
    conn.execute(update(PlacedCallRow).where(doubtful).values(**values))
