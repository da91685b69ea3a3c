"""Rates: a run of which too much comes back, or is complained of, is paused by the hub itself until staff has looked.

Mail providers put aside the mail of senders with many bounces and complaints; Google asks for under 0.3% of complaints
("Email sender guidelines", 2024). A run that staff lets go on is not paused by this again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from hub.config import Rates
from hub.model.campaign import CampaignState, RunState
from hub.model.event import DeliveryStatus
from hub.model.outbound import State
from hub.store import campaigns, jobs, runs
from hub.store.session import Database
from hub.store.tables import MessageRow, RunRow

# Who paused it, where staff's own name would stand.
BY = "hub"
_ACTIVE = (RunState.PLANNING, RunState.RUNNING)
_CAME_BACK = (DeliveryStatus.BOUNCED.value, DeliveryStatus.UNDELIVERED.value)
_REFUSED = "rejected"


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a run so far: how many were handed over or refused at once, came back, and were complained of."""

    sent: int
    came_back: int
    complaints: int

    def too_many(self, rates: Rates) -> str:
        """Returns which rate is too high, with its figures; empty where none is, or too few were sent to say."""
        if self.sent < rates.fewest:
            return ""
        for what, many, most in (
            ("complaints", self.complaints, rates.complaint_percent),
            ("bounces", self.came_back, rates.bounce_percent),
        ):
            if most and many * 100 > self.sent * most:
                return f"{what} {many} {self.sent} {many * 100 / self.sent:.2g} {most:g}"
        return ""


@dataclass(frozen=True, slots=True)
class Guard:
    """Looks at the runs that are under way."""

    database: Database
    rates: Rates
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Pauses runs of which too much comes back; returns how many. It reads first: mostly there is nothing."""
        bad = await self.database.read(lambda conn, _: found(conn, self.rates), None)
        for run_id, why in bad:
            await self.database.write(lambda conn, one: pause(conn, one[0], one[1], self.clock()), (run_id, why))
        return len(bad)


def found(conn: Connection, rates: Rates) -> list[tuple[int, str]]:
    """Returns the active runs whose rates are too high, and which rate; those that were paused for it once are left."""
    active = select(RunRow.id).where(
        RunRow.state.in_([state.value for state in _ACTIVE]), RunRow.paused_why == "", RunRow.ended_at.is_(None)
    )
    told = [(run_id, counted(conn, run_id).too_many(rates)) for run_id in conn.scalars(active).all()]
    return [(run_id, why) for run_id, why in told if why]


def counted(conn: Connection, run_id: int) -> Counted:
    """Returns what became of a run so far."""
    rows = conn.execute(
        select(MessageRow.state, MessageRow.reason, MessageRow.delivery, func.count().label("many"))
        .where(MessageRow.run_id == run_id, MessageRow.state.in_([State.ACCEPTED.value, State.FAILED.value]))
        .group_by(MessageRow.state, MessageRow.reason, MessageRow.delivery)
    ).all()
    refused = sum(row.many for row in rows if row.state == State.FAILED and row.reason == _REFUSED)
    return Counted(
        sent=refused + sum(row.many for row in rows if row.state == State.ACCEPTED),
        came_back=refused + sum(row.many for row in rows if row.delivery in _CAME_BACK),
        complaints=sum(row.many for row in rows if row.delivery == DeliveryStatus.COMPLAINED),
    )


def pause(conn: Connection, run_id: int, why: str, now: datetime) -> bool:
    """Pauses a run and its campaign, with the reason; returns whether it was on its way."""
    campaign_id = conn.scalar(select(RunRow.campaign_id).where(RunRow.id == run_id))
    if campaign_id is None:
        return False
    campaigns.by_id(conn, campaign_id, lock=True)
    if not runs.move(conn, run_id, _ACTIVE, RunState.PAUSED, paused_at=now, paused_by=BY, paused_why=why):
        return False
    # The campaign's other runs say the same to others of the same audience.
    for run in runs.of_campaign(conn, campaign_id):
        runs.move(conn, run["id"], _ACTIVE, RunState.PAUSED, paused_at=now, paused_by=BY)
        if run["state"] in (*_ACTIVE, RunState.PAUSED):
            runs.park(conn, run["id"])
    campaigns.change(conn, campaign_id, state=CampaignState.PAUSED.value, changed_at=now)
    told = {"run": run_id, "campaign": campaign_id, "why": why}
    jobs.emit(conn, [{"kind": "run.paused", "customer_id": None, "interaction_id": None, "data": told, "at": now}])
    return True
