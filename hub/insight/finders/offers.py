"""Offers: pools whose codes run out."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.insight.finders.asked import House, found
from hub.store import offers
from hub.store.problems import Found


def running_out(conn: Connection, _house: House) -> list[Found]:
    """Returns the open offers whose pool has no code left, or fewer than staff wants to be told of."""
    return [
        found("codes_running_out" if row["free"] else "codes_gone", row["external_id"], count=row["free"], id=row["id"])
        for row in offers.running_out(conn)
    ]
