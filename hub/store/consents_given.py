"""Consents (OAuth) kept here: their tokens sealed, the next one asked for by one process at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from hub.model.errors import NotFound
from hub.store.keys import Keys, store_secret, stored_secret
from hub.store.tables import ApplicationRow, ConsentGivenRow
from hub.store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """A consent as it stands; without `ended_at` it is good. `account` is who gave it, where the provider tells."""

    name: str
    provider: str
    account: str
    scope: str
    version: int
    expires_at: datetime
    claimed_until: datetime | None
    given_at: datetime
    refreshed_at: datetime | None
    ended_at: datetime | None
    ended_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The hub's registration with a provider; `endpoints` replace the provider's own where they are set."""

    provider: str
    client_id: str
    tenant: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token endpoint gave: without `refresh` the one of before stays good."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime
    scope: str = ""
    account: str = ""


def find(conn: Connection, name: str) -> ConsentGiven | None:
    """Returns a consent by its name."""
    row = conn.execute(select(ConsentGivenRow.__table__).where(ConsentGivenRow.name == name)).mappings().first()
    return ConsentGiven(**row) if row else None


def everyone(conn: Connection) -> dict[str, ConsentGiven]:
    """Returns every consent by its name."""
    rows = conn.execute(select(ConsentGivenRow.__table__)).mappings()
    return {row["name"]: ConsentGiven(**row) for row in rows}


def give(conn: Connection, keys: Keys, name: str, provider: str, tokens: Tokens, now: datetime) -> None:
    """Keeps a consent that was just given, in the place of one of the same name."""
    before = conn.scalar(select(ConsentGivenRow.version).where(ConsentGivenRow.name == name)) or 0
    row: dict[str, Any] = {
        "name": name,
        "provider": provider,
        "account": tokens.account,
        "scope": tokens.scope,
        "version": before + 1,
        "expires_at": tokens.expires_at,
        "claimed_until": None,
        "given_at": now,
        "refreshed_at": None,
        "ended_at": None,
        "ended_why": "",
    }
    upsert(conn, ConsentGivenRow, ("name",), [row])
    _seal(conn, keys, name, tokens, now)


def claim(conn: Connection, name: str, version: int, now: datetime, until: datetime) -> bool:
    """Takes the right to ask for the next token until a time; of several processes one gets it."""
    free = or_(ConsentGivenRow.claimed_until.is_(None), ConsentGivenRow.claimed_until <= now)
    mine = update(ConsentGivenRow).where(ConsentGivenRow.name == name, ConsentGivenRow.version == version, free)
    return conn.execute(mine.values(claimed_until=until)).rowcount == 1


def release(conn: Connection, name: str, version: int) -> None:
    """Gives that right back."""
    mine = update(ConsentGivenRow).where(ConsentGivenRow.name == name, ConsentGivenRow.version == version)
    conn.execute(mine.values(claimed_until=None))


def refreshed(conn: Connection, keys: Keys, name: str, version: int, tokens: Tokens, now: datetime) -> bool:
    """Keeps the tokens that came for a version; returns False where a newer one came meanwhile."""
    values = {"version": version + 1, "expires_at": tokens.expires_at, "claimed_until": None, "refreshed_at": now}
    mine = update(ConsentGivenRow).where(ConsentGivenRow.name == name, ConsentGivenRow.version == version)
    if conn.execute(mine.values(**values, ended_at=None, ended_why="")).rowcount != 1:
        return False
    _seal(conn, keys, name, tokens, now)
    return True


def end(conn: Connection, name: str, version: int, why: str, now: datetime) -> None:
    """Notes that the provider no longer takes this version of a consent."""
    mine = update(ConsentGivenRow).where(ConsentGivenRow.name == name, ConsentGivenRow.version == version)
    conn.execute(mine.values(ended_at=now, ended_why=why, claimed_until=None))


def access_token(conn: Connection, keys: Keys, name: str) -> str:
    """Returns the token in use, empty where it cannot be opened. Raises ConfigurationError under another key."""
    return stored_secret(conn, keys, f"consent/{name}/access") or ""


def refresh_token(conn: Connection, keys: Keys, name: str) -> str:
    """Returns the token that fetches the next one."""
    return stored_secret(conn, keys, f"consent/{name}/refresh") or ""


def forget(conn: Connection, keys: Keys, name: str, now: datetime) -> None:
    """Removes a consent and its tokens."""
    conn.execute(delete(ConsentGivenRow).where(ConsentGivenRow.name == name))
    for kind in ("access", "refresh"):
        store_secret(conn, keys, f"consent/{name}/{kind}", "", now)


def applications(conn: Connection) -> dict[str, Application]:
    """Returns the registrations by provider, without their secrets."""
    rows = conn.execute(select(ApplicationRow.__table__)).mappings()
    return {row["provider"]: _application(row, "") for row in rows}


def application(conn: Connection, keys: Keys, provider: str) -> Application:
    """Returns a registration with its secret. Raises NotFound."""
    row = conn.execute(select(ApplicationRow.__table__).where(ApplicationRow.provider == provider)).mappings().first()
    if row is None:
        raise NotFound(f"The hub is not registered with {provider}.")
    return _application(row, stored_secret(conn, keys, f"application/{provider}") or "")


def register(conn: Connection, keys: Keys, registered: Application, now: datetime) -> None:
    """Keeps a registration; an empty secret leaves the one of before."""
    row = {
        "provider": registered.provider,
        "client_id": registered.client_id,
        "tenant": registered.tenant,
        "endpoints": dict(registered.endpoints),
        "changed_at": now,
    }
    upsert(conn, ApplicationRow, ("provider",), [row])
    if registered.secret:
        store_secret(conn, keys, f"application/{registered.provider}", registered.secret, now)


def unregister(conn: Connection, keys: Keys, provider: str, now: datetime) -> None:
    """Forgets a registration and its secret."""
    conn.execute(delete(ApplicationRow).where(ApplicationRow.provider == provider))
    store_secret(conn, keys, f"application/{provider}", "", now)


def _application(row: Any, secret: str) -> Application:
    names = ("provider", "client_id", "tenant", "endpoints")
    return Application(**{name: row[name] for name in names}, secret=secret)


def _seal(conn: Connection, keys: Keys, name: str, tokens: Tokens, now: datetime) -> None:
    store_secret(conn, keys, f"consent/{name}/access", tokens.access, now)
    if tokens.refresh:
        store_secret(conn, keys, f"consent/{name}/refresh", tokens.refresh, now)
