"""Working: the job behind sequences, on any number of processes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.model.errors import HubError
from hub.model.local_time import zone
from hub.outreach.house import House
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.sequencing.advancing import advance
from hub.outreach.sequencing.entering import Looked, keep, look
from hub.store import enrolments, sequences
from hub.store.session import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sequences:
    """Lets customers in and moves them on; rows are taken by compare-and-set and locks."""

    database: Database
    house: House
    rulebook: Rulebook
    clock: Callable[[], datetime]
    nudge: Callable[[], None]

    async def run_once(self) -> int:
        """Does what there is to do now; returns how many things. It reads first: mostly there is nothing."""
        done = await self.look()
        done += await self.go_on(self.clock())
        if done:
            self.nudge()
        return done

    async def look(self) -> int:
        """Looks at what has happened; returns how many entered or answered."""
        done = 0
        # Days that a segment asks about are the business's own.
        for one in await self.database.read(_look, self.clock().astimezone(zone(self.house.time_zone))):
            if one.worth_storing:
                done += await self.database.write(lambda conn, each: keep(conn, [each], self.clock()), one)
        return done

    async def go_on(self, by: datetime) -> int:
        """Does the steps that are due by a moment; returns how many."""
        done = 0
        while await self.database.read(enrolments.any_due, by):
            moved = await self.database.write(advance, (by, self.house, self.rulebook), bulk=True)
            if not moved:
                break
            done += moved
        return done


def _look(conn: Connection, now: datetime) -> list[Looked]:
    """Looks for every sequence that is on; one that this hub cannot read (any more) lets nobody in."""
    switches = {name: each for name, each in sequences.switches(conn).items() if each.state == sequences.ON}
    found: list[Looked] = []
    for version in sequences.all_current(conn) if switches else ():
        if version.name in switches:
            try:
                found.append(look(conn, version, switches[version.name], now))
            except HubError as error:
                log.warning("sequence %s: %s", version.name, error.message)
    return found
