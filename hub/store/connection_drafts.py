"""Drafts of connections: what was written so far, sealed, for an hour, for the staff member who writes it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from hub.model.errors import ConfigurationError, NotFound
from hub.store.keys import Keys, seal, unseal
from hub.store.tables import ConnectionDraftRow

LASTS = timedelta(hours=1)


def begin(conn: Connection, keys: Keys, owner: str, values: Mapping[str, Any], now: datetime) -> str:
    """Keeps a new draft and returns its id; drafts that are too old are forgotten."""
    conn.execute(delete(ConnectionDraftRow).where(ConnectionDraftRow.made_at < now - LASTS))
    draft = secrets.token_urlsafe(18)
    row = {"digest": _digest(draft), "owner": owner, "state": "", "sealed": _sealed(keys, values), "made_at": now}
    conn.execute(insert(ConnectionDraftRow), row)
    return draft


def look(conn: Connection, keys: Keys, draft: str, owner: str, now: datetime) -> dict[str, Any]:
    """Returns what was written so far. Raises NotFound where it is unknown, too old or somebody else's."""
    return _opened(conn, keys, ConnectionDraftRow.digest == _digest(draft), owner, now)


def keep(conn: Connection, keys: Keys, draft: str, owner: str, values: Mapping[str, Any], state: str = "") -> None:
    """Keeps what was written; `state` is the word by which the answer to a consent finds it."""
    mine = update(ConnectionDraftRow).where(
        ConnectionDraftRow.digest == _digest(draft), ConnectionDraftRow.owner == owner
    )
    conn.execute(mine.values(sealed=_sealed(keys, values), state=_digest(state) if state else ""))


def of_state(conn: Connection, keys: Keys, state: str, owner: str, now: datetime) -> dict[str, Any]:
    """Returns the draft that asked for a consent with this word. Raises NotFound."""
    return _opened(conn, keys, ConnectionDraftRow.state == _digest(state), owner, now)


def drop(conn: Connection, draft: str) -> None:
    """Forgets a draft."""
    conn.execute(delete(ConnectionDraftRow).where(ConnectionDraftRow.digest == _digest(draft)))


def _opened(conn: Connection, keys: Keys, which: Any, owner: str, now: datetime) -> dict[str, Any]:
    found = select(ConnectionDraftRow.sealed).where(
        which, ConnectionDraftRow.owner == owner, ConnectionDraftRow.made_at > now - LASTS
    )
    sealed = conn.scalar(found)
    try:
        values = orjson.loads(unseal(keys, sealed)) if sealed is not None else None
    except ConfigurationError:
        values = None  # sealed before a restore, under another key
    if not isinstance(values, dict):
        raise NotFound("This connection was not finished within an hour.", next_step="Begin again.")
    return values


def _sealed(keys: Keys, values: Mapping[str, Any]) -> bytes:
    return seal(keys, orjson.dumps(values).decode())


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "replace")).hexdigest()
