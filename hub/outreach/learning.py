"""Learning: what goes with what, who is valuable, how customers write, sizes of segments: worked out now and then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.store import advice, agreed, audience, habits, margins, segments
from hub.store.session import Database
from hub.store.tables import SegmentSizeRow
from hub.store.upsert import upsert

# Habits change slowly, and a year of messages is read for them.
_HABITS_EVERY = timedelta(hours=20)
_MENDED_AT_ONCE = 250
log = logging.getLogger(__name__)


class Learning:
    """Reads all purchases and what customers wrote, counts all segments; only what came of it is written."""

    def __init__(self, database: Database, clock: Callable[[], datetime], time_zone: str) -> None:
        self._database = database
        self._clock = clock
        self._time_zone = time_zone

    async def reckon(self) -> int:
        """Keeps with purchases what is left of them after their cost; returns how many. It reads first."""
        done = 0
        while await self._database.read(margins.any_to_reckon, None):
            done += await self._database.write(margins.reckon, self._clock(), bulk=True)
        return done

    async def run_once(self) -> int:
        """Works everything out; returns how many pairs are known."""
        now = self._clock()
        pairs = await self._database.read(advice.pairs, now)
        edges = await self._database.read(advice.edges, now)
        await self._database.write(lambda conn, _: advice.keep(conn, pairs, edges), None)
        await self._mend_agreed()
        here = now.astimezone(zone(self._time_zone))
        sizes = [await self._database.read(_size, (row, here)) for row in await self._database.read(_segments, None)]
        await self._look_at_habits(now)
        await self._database.write(_keep_sizes, (here.date(), [size for size in sizes if size is not None]))
        return len(pairs)

    async def _mend_agreed(self) -> None:
        """Makes what segments go by say what the evidence of consent says, where somebody changed the database."""
        wrong = await self._database.read(lambda conn, _: agreed.differing(conn), None)
        if wrong:
            log.warning("Segments went by something else than %d addresses agreed to; it is put right.", len(wrong))
        for at in range(0, len(wrong), _MENDED_AT_ONCE):
            await self._database.write(agreed.mend, wrong[at : at + _MENDED_AT_ONCE], bulk=True)

    async def _look_at_habits(self, now: datetime) -> None:
        """Works out once a day how customers write to us, page by page."""
        last = await self._database.read(lambda conn, _: habits.looked_at(conn), None)
        if last is not None and now - last < _HABITS_EVERY:
            return
        after = 0
        while customers := await self._database.read(habits.page, after):
            asked = (customers, now, self._time_zone)
            shown = await self._database.read(lambda conn, given: habits.shown(conn, *given), asked)
            await self._database.write(habits.keep, (customers, shown, now), bulk=True)
            after = customers[-1]


def _segments(conn: Connection, _: None) -> list[segments.SegmentVersion]:
    return segments.all_current(conn)


def _size(conn: Connection, given: tuple[segments.SegmentVersion, datetime]) -> tuple[str, int] | None:
    row, now = given
    try:
        return row.name, audience.count(conn, row.segment, now)
    except Refused as error:
        # A newer hub's condition, after going back to an older one: its page says so.
        log.warning("The segment %s is not counted: %s", row.name, error.message)
        return None


def _keep_sizes(conn: Connection, given: tuple[date, list[tuple[str, int]]]) -> None:
    day, sizes = given
    rows: list[dict[str, Any]] = [{"name": name, "day": day, "size": size} for name, size in sizes]
    upsert(conn, SegmentSizeRow, ("name", "day"), rows)
