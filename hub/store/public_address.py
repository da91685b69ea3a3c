"""The address under which the world reaches the hub: what was proposed, what is kept, and whether it is proven."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.store.installation import begin_epoch, fact, note_fact

_PROPOSED, _KEPT = "public_url_proposed", "public_url"
# Which address the proof was for, and when it was.
_PROVEN, _PROVEN_AT = "public_url_proven", "public_url_proven_at"


def kept(conn: Connection) -> str:
    """Returns the address that an administrator confirmed, without a slash at the end, or an empty text."""
    return fact(conn, _KEPT)


def keep(conn: Connection, url: str) -> None:
    """Keeps the confirmed address (empty: forgets it) and begins a new epoch of the settings."""
    note_fact(conn, _KEPT, url)
    begin_epoch(conn)


def proposed(conn: Connection) -> str:
    """Returns the address of the administrator's first request; nothing uses it before it is confirmed."""
    return fact(conn, _PROPOSED)


def propose(conn: Connection, url: str) -> None:
    """Notes a proposal."""
    note_fact(conn, _PROPOSED, url)


def note_proof(conn: Connection, url: str, at: datetime | None) -> None:
    """Notes that the hub reached itself under an address at this moment; None: that it did not."""
    if at is None and fact(conn, _PROVEN) != url:
        return
    note_fact(conn, _PROVEN, url if at else "")
    note_fact(conn, _PROVEN_AT, at.isoformat() if at else "")


def proven_at(conn: Connection, url: str) -> datetime | None:
    """Returns when the hub last reached itself under this address, None where it never did."""
    if not url or fact(conn, _PROVEN) != url:
        return None
    at = fact(conn, _PROVEN_AT)
    return datetime.fromisoformat(at) if at else None
