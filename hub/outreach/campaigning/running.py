"""Running: the job behind campaigns. Starts what is due, plans it, tidies up after a pause or an end, and ends runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.campaign import CampaignState, RunState
from hub.model.errors import HubError
from hub.outreach.campaigning.filling import chooser_of, fill
from hub.outreach.campaigning.starting import start_due
from hub.outreach.house import House
from hub.outreach.quiet_hours import Rulebook
from hub.store import campaigns, jobs, leases, runs
from hub.store.session import Database

log = logging.getLogger(__name__)
# A process that dies while it plans is followed by another after so long.
_LEASE = timedelta(minutes=2)
_ACTIVE = (RunState.PLANNING, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Runs:
    """Works for any number of processes: rows are claimed by compare-and-set, planning by a lease."""

    database: Database
    house: House
    rulebook: Rulebook
    worker: str
    clock: Callable[[], datetime]
    nudge: Callable[[], None]

    async def run_once(self) -> int:
        """Does what there is to do now; returns how many things. It reads first: mostly there is nothing."""
        now = self.clock()
        done = 0
        if await self.database.read(campaigns.due, now):
            done += await self.database.write(lambda conn, _: start_due(conn, now, self.house.time_zone), None)
        open_runs = await self.database.read(lambda conn, _: runs.to_look_after(conn), None)
        for run in open_runs:
            try:
                done += await self._look_after(run)
            except HubError as error:
                log.warning("run %s: %s", run["id"], error.message)
        return done

    async def _look_after(self, run: Mapping[str, Any]) -> int:
        """A run in an active state gives back what a pause had parked; a stopped one takes the rest out of the way."""
        number, state = run["id"], RunState(run["state"])
        done = 0
        while await self.database.read(lambda conn, _: runs.is_untidy(conn, number, state), None):
            done += await self.database.write(lambda conn, _: _tidy(conn, run, self.clock()), None, bulk=True)
        if state is RunState.PLANNING:
            done += await self._plan(run)
        elif state is not RunState.PAUSED and await self.database.read(runs.is_over, number):
            done += await self.database.write(lambda conn, _: end(conn, run, self.clock()), None)
        if done:
            self.nudge()
        return done

    async def _plan(self, run: Mapping[str, Any]) -> int:
        name, now = f"run/{run['id']}", self.clock()
        taken = await self.database.write(lambda conn, _: leases.take_lease(conn, name, self.worker, now, _LEASE), None)
        if taken is None:
            return 0
        current = await self.database.read(runs.by_id, run["id"])
        planned = await fill(self.database, current, chooser_of(current, self.house, self.rulebook), now, self.nudge)

        def finish(conn: Connection, many: int | None) -> None:
            if many is not None:
                runs.move(conn, run["id"], [RunState.PLANNING], RunState.RUNNING)
            leases.give_back(conn, taken, self.clock())

        await self.database.write(finish, planned)
        return planned or 0


def _tidy(conn: Connection, run: Mapping[str, Any], now: datetime) -> int:
    match run["state"]:
        case RunState.PAUSED:
            return runs.park(conn, run["id"])
        case RunState.CANCELLED:
            return runs.cancel_waiting(conn, run["id"], now)
    return runs.unpark(conn, run["id"])


def end(conn: Connection, run: Mapping[str, Any], now: datetime) -> int:
    """Ends a run of which nothing is on its way or waits any more, and its campaign with its last run."""
    if not runs.is_over(conn, run["id"]):
        return 0
    if run["state"] == RunState.CANCELLED:
        return int(runs.move(conn, run["id"], [RunState.CANCELLED], RunState.CANCELLED, ended_at=now))
    if not runs.move(conn, run["id"], [RunState.RUNNING], RunState.DONE, ended_at=now):
        return 0
    campaign = campaigns.by_id(conn, run["campaign_id"], lock=True)
    left = [one for one in runs.of_campaign(conn, campaign["id"]) if one["state"] in _ACTIVE]
    if campaign["state"] == CampaignState.RUNNING and not left:
        after = CampaignState.SCHEDULED if campaign["next_run_at"] else CampaignState.DONE
        campaigns.change(conn, campaign["id"], state=after.value)
    told = {"run": run["id"], "campaign": campaign["id"]}
    jobs.emit(conn, [{"kind": "run.done", "customer_id": None, "interaction_id": None, "data": told, "at": now}])
    return 1
