"""Where the polling of a mailbox goes on: after its cursor, and from which day on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from channels.base import Cursor, Holds
from hub.store import leases, mailboxes


def go_on(conn: Connection, channel: object, name: str, mailbox: str, now: datetime) -> Cursor | None:
    """Returns the cursor of a mailbox; the first time only the day before which what came is left out.

    A mailbox that was read before the hub knew such days is read whole.
    """
    position: dict[str, Any] = dict(leases.read_cursor(conn, name, mailbox) or {})
    if isinstance(channel, Holds):
        first = None if position or not channel.first_days else (now - timedelta(days=channel.first_days)).date()
        position.pop("since", None)
        if since := mailboxes.begin(conn, name, mailbox, first):
            position["since"] = since.isoformat()
    return Cursor(mailbox, position) if position else None
