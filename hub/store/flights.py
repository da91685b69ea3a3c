"""Flights: flight plans of large audiences, asked for, made beside the pages, and kept until the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from hub.store.tables import FlightRow
from hub.store.upsert import upsert

ASKED, MADE, FAILED = "asked", "made", "failed"
_ALL = tuple(FlightRow.__table__.c)


def ask(conn: Connection, campaign: Mapping[str, Any], total: int, by: str, now: datetime) -> None:
    """Asks for the flight plan of a campaign; what was made before is thrown away."""
    row = {
        "campaign_id": campaign["id"],
        "version": campaign["version"],
        "state": ASKED,
        "seen": 0,
        "total": total,
        "plan": None,
        "error": "",
        "asked_at": now,
        "asked_by": by,
        "finished_at": None,
    }
    upsert(conn, FlightRow, ("campaign_id",), [row])


def of_campaign(conn: Connection, campaign_id: int) -> dict[str, Any] | None:
    """Returns the flight plan that was last asked for, or None."""
    row = conn.execute(select(*_ALL).where(FlightRow.campaign_id == campaign_id)).one_or_none()
    return dict(row._mapping) if row else None


def any_asked(conn: Connection, _: None) -> bool:
    """Says whether a plan is to be made."""
    return bool(conn.scalar(select(exists().where(FlightRow.state == ASKED))))


def asked(conn: Connection) -> list[dict[str, Any]]:
    """Returns what is to be made, the first asked for first."""
    rows = conn.execute(select(*_ALL).where(FlightRow.state == ASKED).order_by(FlightRow.asked_at))
    return [dict(row._mapping) for row in rows]


def change(conn: Connection, flight: Mapping[str, Any], **values: Any) -> bool:
    """Notes how a plan goes; returns False where another was asked for meanwhile."""
    ours = (
        (FlightRow.campaign_id == flight["campaign_id"])
        & (FlightRow.asked_at == flight["asked_at"])
        & (FlightRow.state == ASKED)
    )
    return conn.execute(update(FlightRow).where(ours).values(**values)).rowcount == 1
