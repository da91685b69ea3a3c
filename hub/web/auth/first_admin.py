"""The first administrator: whoever opens the link that the first start prints."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.store import links, staff
from hub.store.keys import Keys
from hub.store.tables import InstallationRow
from hub.store.upsert import insert_new

_LASTS = timedelta(days=1)


def ensure_first_admin(conn: Connection, keys: Keys, now: datetime) -> str | None:
    """Returns a new one-time token for `/link/TOKEN` as long as the hub has no staff, else None."""
    if staff.anyone(conn):
        return None
    return links.create_link(conn, keys, links.FIRST_ADMIN, None, _LASTS, now)


def become(conn: Connection, email: str, display_name: str, now: datetime) -> int:
    """Adds the first administrator and returns the id. Raises NotFound when there is one: of two at once, one wins."""
    mark = {"name": "first_admin", "value": now.isoformat()}
    if staff.anyone(conn) or insert_new(conn, InstallationRow, [mark]) != 1:
        raise NotFound("This hub has its administrator already.")
    return staff.invite(conn, email, display_name, "admin", now)
