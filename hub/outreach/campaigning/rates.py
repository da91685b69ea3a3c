"""Rates: a run of which too much comes back, or is complained of, is paused by the hub itself until staff has looked.

Mail providers put aside the mail of senders with many bounces and complaints; Google asks for under 0.3% of complaints
("Email sender guidelines", 2024). Of a run that staff lets go on only what was sent since counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from hub.config import Rates
from hub.model.campaign import CampaignState, RunState
from hub.model.event import DeliveryStatus
from hub.model.outbound import State
from hub.store import campaigns, jobs, runs
from hub.store.session import Database
from hub.store.tables import MessageRow, MessageStepRow, RunRow

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
    """Returns the active runs whose rates are too high, and which rate; since staff has let them go on, if ever."""
    active = select(RunRow.id, RunRow.resumed_at).where(
        RunRow.state.in_([state.value for state in _ACTIVE]), RunRow.ended_at.is_(None)
    )
    told = [(run.id, counted(conn, run.id, since=run.resumed_at).too_many(rates)) for run in conn.execute(active).all()]
    return [(run_id, why) for run_id, why in told if why]


def counted(conn: Connection, run_id: int, *, since: datetime | None = None) -> Counted:
    """Returns what became of a run so far. `since`: only of what was sent or refused after that."""
    accepted = select(MessageRow.delivery, func.count().label("many")).where(
        MessageRow.run_id == run_id, MessageRow.state == State.ACCEPTED.value
    )
    failed = select(func.count()).where(
        MessageRow.run_id == run_id, MessageRow.state == State.FAILED.value, MessageRow.reason == _REFUSED
    )
    if since is not None:
        accepted = accepted.where(MessageRow.sent_at > since)
        later = exists().where(
            MessageStepRow.message_id == MessageRow.id,
            MessageStepRow.state == State.FAILED.value,
            MessageStepRow.at > since,
        )
        failed = failed.where(later)
    rows = conn.execute(accepted.group_by(MessageRow.delivery)).all()
    refused = conn.execute(failed).scalar_one()
    return Counted(
        sent=refused + sum(row.many for row in rows),
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
