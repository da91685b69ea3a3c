"""Starting: which campaigns are due, each started once for all processes; what was missed never comes in a burst."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.campaign import CampaignState, RunState
from hub.model.schedule import Clock
from hub.store import campaigns, jobs, runs

# From where a day begins first to where it begins last (UTC+14 to UTC-12).
_ROUND_THE_WORLD = timedelta(hours=26)


def start_due(conn: Connection, now: datetime, business_zone: str) -> int:
    """Starts what is due and notes what is too late; returns how many. Whoever comes second finds nothing."""
    return sum(_start(conn, campaign, now, business_zone) for campaign in campaigns.due(conn, now))


def _start(conn: Connection, campaign: Mapping[str, Any], now: datetime, business_zone: str) -> bool:
    definition = campaigns.definition_of(campaign)
    schedule, starts_at = definition.schedule, campaign["next_run_at"]
    following = schedule.next_after(now, business_zone) if schedule.cron else None
    everywhere = _ROUND_THE_WORLD if schedule.clock is Clock.RECIPIENT else timedelta()
    late = now > starts_at + everywhere + definition.lateness
    missed = CampaignState.SCHEDULED if following else CampaignState.DONE
    state = missed if late else CampaignState.RUNNING
    if not campaigns.claim_run(conn, campaign, following, state.value):
        return False
    pinned = campaign["definition"][campaigns.PINNED]
    started = runs.start(
        conn,
        campaign,
        starts_at=starts_at,
        segment_id=pinned["segment_id"],
        definition={**definition.as_json(), campaigns.PINNED: pinned},
        state=RunState.MISSED if late else RunState.PLANNING,
        now=now,
    )
    if started:
        told = {"campaign": campaign["id"], "starts_at": starts_at.isoformat()}
        event = {"kind": "run.missed" if late else "run.started", "customer_id": None, "interaction_id": None}
        jobs.emit(conn, [{**event, "data": told, "at": now}])
    return started
