"""Sessions of staff: a random id in a cookie, of which only the digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from hub.store.staff import StaffMember, as_member
from hub.store.tables import LinkRow, SessionRow, StaffRow, ThrottleRow

_KEEP_USED_LINKS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a session lasts without a click, and in any case."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in; `csrf` proves that a form came from our own page."""

    digest: str
    staff: StaffMember
    csrf: str
    seen_at: datetime


def start(conn: Connection, staff_id: int, now: datetime, *, ip: str = "", user_agent: str = "", old: str = "") -> str:
    """Starts a session under a new id, ends the old one of the same browser, and returns the new id."""
    if old:
        end(conn, old)
    session_id = secrets.token_urlsafe(32)
    row = {
        "digest": digest(session_id),
        "staff_id": staff_id,
        "csrf": secrets.token_urlsafe(32),
        "created_at": now,
        "seen_at": now,
        "ip": ip[:64],
        "user_agent": user_agent[:300],
    }
    conn.execute(SessionRow.__table__.insert(), row)
    return session_id


def find(conn: Connection, session_id: str, limits: Limits, now: datetime) -> Session | None:
    """Returns a session that still lasts, of a staff member who may still sign in."""
    row = (
        conn.execute(
            select(SessionRow.digest, SessionRow.csrf, SessionRow.seen_at, StaffRow.__table__)
            .join(StaffRow, StaffRow.id == SessionRow.staff_id)
            .where(
                SessionRow.digest == digest(session_id),
                SessionRow.seen_at > now - limits.idle,
                SessionRow.created_at > now - limits.absolute,
                StaffRow.disabled_at.is_(None),
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    return Session(digest=row["digest"], staff=as_member(row), csrf=row["csrf"], seen_at=row["seen_at"])


def touch(conn: Connection, session_digest: str, now: datetime) -> None:
    """Notes that a session is in use."""
    conn.execute(update(SessionRow).where(SessionRow.digest == session_digest).values(seen_at=now))


def end(conn: Connection, session_id: str) -> None:
    """Ends a session."""
    conn.execute(delete(SessionRow).where(SessionRow.digest == digest(session_id)))


def sweep(conn: Connection, limits: Limits, now: datetime) -> None:
    """Forgets sessions, throttle windows and links that are over."""
    over = (SessionRow.seen_at <= now - limits.idle) | (SessionRow.created_at <= now - limits.absolute)
    conn.execute(delete(SessionRow).where(over))
    conn.execute(delete(ThrottleRow).where(ThrottleRow.expires_at <= now))
    conn.execute(delete(LinkRow).where(LinkRow.expires_at <= now - _KEEP_USED_LINKS))


def digest(session_id: str) -> str:
    """Returns what is kept of a session id. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()
