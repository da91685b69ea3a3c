"""One-time links: a token in an address, shown as a page on GET and consumed by POST, kept as a keyed digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.store.keys import Keys
from hub.store.tables import LinkRow

FIRST_ADMIN, INVITATION, RESET = "first_admin", "invitation", "reset"


@dataclass(frozen=True, slots=True)
class Link:
    purpose: str
    staff_id: int | None
    data: Mapping[str, Any] = field(default_factory=dict)


def create_link(
    conn: Connection,
    keys: Keys,
    purpose: str,
    staff_id: int | None,
    ttl: timedelta,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> str:
    """Makes a link and returns its token, for the only time."""
    token = secrets.token_urlsafe(32)
    conn.execute(
        LinkRow.__table__.insert(),
        {
            "digest": _digest(keys, token),
            "purpose": purpose,
            "staff_id": staff_id,
            "data": dict(data or {}),
            "created_at": now,
            "expires_at": now + ttl,
        },
    )
    return token


def look_up(conn: Connection, keys: Keys, token: str, now: datetime) -> Link | None:
    """Returns what a link is for; None when it is unknown, used or expired. Changes nothing."""
    row = conn.execute(select(LinkRow.__table__).where(*_valid(keys, token, now))).mappings().first()
    return Link(row["purpose"], row["staff_id"], row["data"]) if row else None


def consume(conn: Connection, keys: Keys, token: str, now: datetime) -> Link | None:
    """Uses a link up and returns what it was for, or None when it is unknown, used or expired; of two, one wins."""
    link = look_up(conn, keys, token, now)
    used = conn.execute(update(LinkRow).where(*_valid(keys, token, now)).values(used_at=now))
    return link if used.rowcount == 1 else None


def revoke_of(conn: Connection, staff_id: int) -> None:
    """Ends the open links of a staff member."""
    conn.execute(delete(LinkRow).where(LinkRow.staff_id == staff_id, LinkRow.used_at.is_(None)))


def _valid(keys: Keys, token: str, now: datetime) -> tuple[Any, ...]:
    return LinkRow.digest == _digest(keys, token), LinkRow.used_at.is_(None), LinkRow.expires_at > now


def _digest(keys: Keys, token: str) -> str:
    return hmac.new(keys.links, b"link/" + token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
