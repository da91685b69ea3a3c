"""Tokens of the JSON API: made once, shown once, kept as a digest, never more than their owner may."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from hub.store.tables import StaffRow, TokenRow

PREFIX = "hub_"
_NOTE_USE_EVERY = timedelta(minutes=1)


def create(conn: Connection, name: str, staff_id: int, role: str, now: datetime) -> str:
    """Makes a token and returns it, for the only time; the caller checks that the role is the owner's to give."""
    token = PREFIX + secrets.token_urlsafe(32)
    values = {"name": name.strip()[:200], "digest": digest(token), "staff_id": staff_id, "role": role}
    conn.execute(TokenRow.__table__.insert(), {**values, "created_at": now})
    return token


def lookup(conn: Connection, token: str) -> Mapping[str, Any] | None:
    """Returns the row of a token that is in use, with its owner's (`staff_...` for theirs), or None."""
    row = conn.execute(
        select(TokenRow.id.label("token_id"), TokenRow.role.label("token_role"), TokenRow.used_at, StaffRow.__table__)
        .join(StaffRow, StaffRow.id == TokenRow.staff_id)
        .where(TokenRow.digest == digest(token), TokenRow.revoked_at.is_(None), StaffRow.disabled_at.is_(None))
    )
    found = row.mappings().first()
    return dict(found) if found else None


def note_use(conn: Connection, token_id: int, now: datetime) -> None:
    """Notes when a token was last used, to the minute."""
    stale = func.coalesce(TokenRow.used_at, 0) < now - _NOTE_USE_EVERY
    conn.execute(update(TokenRow).where(TokenRow.id == token_id, stale).values(used_at=now))


def revoke(conn: Connection, token_id: int, now: datetime) -> bool:
    """Ends a token; returns whether it was in use."""
    done = conn.execute(
        update(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
    )
    return done.rowcount == 1


def revoke_of(conn: Connection, staff_id: int, now: datetime) -> None:
    """Ends every token of a staff member."""
    conn.execute(
        update(TokenRow).where(TokenRow.staff_id == staff_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
    )


def in_use(conn: Connection) -> list[dict[str, Any]]:
    """Returns the tokens that work, newest first, with their owners' names; never their digests."""
    rows = conn.execute(
        select(
            TokenRow.id,
            TokenRow.name,
            TokenRow.role,
            TokenRow.created_at,
            TokenRow.used_at,
            TokenRow.staff_id,
            StaffRow.display_name,
        )
        .join(StaffRow, StaffRow.id == TokenRow.staff_id)
        .where(TokenRow.revoked_at.is_(None))
        .order_by(TokenRow.id.desc())
    )
    return [dict(row) for row in rows.mappings()]


def digest(token: str) -> str:
    """Returns what is kept of a token. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
