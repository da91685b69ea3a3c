"""Flights: the job that makes flight plans of large audiences, with how far it is; one process makes each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from hub.model.errors import HubError
from hub.outreach.campaigning.costing import CountryCost
from hub.outreach.campaigning.flight import flight_plan
from hub.outreach.campaigning.flight_told import FlightPlan, Sample, Trouble, Warned
from hub.outreach.house import House
from hub.outreach.quiet_hours import Rulebook
from hub.store import audience, campaigns, flights, leases, segments
from hub.store.session import Database

# So many are gone through within a request; a page need not wait longer than for a second or two.
AT_ONCE = 2_000
_LEASE = timedelta(minutes=2)
_COUNTED = ("skipped", "gated", "empty", "languages", "law", "labels", "channels", "arms")
_NUMBERED = ("parts", "hours")


class Overtaken(HubError):
    """Another plan was asked for meanwhile: this one is of no use to anybody."""

    code = "overtaken"


@dataclass(frozen=True, slots=True)
class Flights:
    """Makes what was asked for; a process that dies over one is followed by another when its lease ends."""

    database: Database
    house: House
    rulebook: Rulebook
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Makes the plans that were asked for; returns how many. It reads first: mostly there is nothing."""
        if not await self.database.read(flights.any_asked, None):
            return 0
        waiting = await self.database.read(lambda conn, _: flights.asked(conn), None)
        return sum([await self._make(flight) for flight in waiting])

    async def _make(self, flight: Mapping[str, Any]) -> int:
        name, database = f"flight/{flight['campaign_id']}", self.database

        def take(conn: Connection, now: datetime) -> leases.Lease | None:
            return leases.take_lease(conn, name, self.worker, now, _LEASE)

        async def tell(seen: int) -> None:
            def note(conn: Connection, now: datetime) -> bool:
                return take(conn, now) is not None and flights.change(conn, flight, seen=seen)

            if not await database.write(note, self.clock()):
                raise Overtaken("Another flight plan was asked for meanwhile.")

        if (lease := await database.write(take, self.clock())) is None:
            return 0
        values: dict[str, Any]
        try:
            made = await flight_plan(database, flight["campaign_id"], self.house, self.rulebook, self.clock(), tell)
            values = {"state": flights.MADE, "plan": _kept(made)}
        except Overtaken:
            values = {}
        except HubError as error:
            values = {"state": flights.FAILED, "error": f"{error.message} {error.next_step}".strip()}

        def finish(conn: Connection, now: datetime) -> None:
            if values:
                flights.change(conn, flight, **values, finished_at=now)
            leases.give_back(conn, lease, now)

        await database.write(finish, self.clock())
        return 1


def audience_of(conn: Connection, campaign_id: int, now: datetime) -> tuple[dict[str, Any], int]:
    """Returns a campaign and how many are in its segment now. Raises NotFound and Refused."""
    campaign = campaigns.by_id(conn, campaign_id)
    definition = campaigns.definition_of(campaign)
    segment = segments.by_id(conn, campaigns.pins(conn, definition)["segment_id"]).segment
    return campaign, audience.count(conn, segment, now)


def _kept(plan: FlightPlan) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(orjson.dumps({**plan.as_json(), "warned": plan.warnings}))
    return told


def read_plan(kept: Mapping[str, Any]) -> FlightPlan:
    """Reads a plan as the job has kept it."""
    counted: dict[str, Any] = {name: Counter(kept.get(name, {})) for name in _COUNTED}
    counted |= {name: Counter({int(key): many for key, many in kept[name].items()}) for name in _NUMBERED}
    return FlightPlan(
        campaign=kept["campaign"],
        version=kept["version"],
        hash=kept["hash"],
        audience=kept["audience"],
        messages=kept["messages"],
        errors=[Trouble(**one) for one in kept["errors"]],
        error_count=kept["error_count"],
        shared=kept["shared"],
        first_at=_moment(kept["first_at"]),
        last_at=_moment(kept["last_at"]),
        samples=[Sample(**{**one, "due_at": datetime.fromisoformat(one["due_at"])}) for one in kept["samples"]],
        warnings=[Warned(**one) for one in kept.get("warned", ())],
        costs=[CountryCost(**one) for one in kept["costs"]],
        ends_at=_moment(kept["ends_at"]),
        too_late=kept["too_late"],
        per_second=kept["per_second"],
        kind=kept["kind"],
        existing=kept.get("existing", 0),
        **counted,
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
