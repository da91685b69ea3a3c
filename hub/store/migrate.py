"""The schema: brought to the newest version before the hub opens the database."""

from __future__ import annotations

import asyncio
import secrets
from importlib.resources import files

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from hub.model.errors import ConfigurationError
from hub.store.sqlite_engine import sqlite_engine
from hub.store.tables import InstallationRow
from hub.store.upsert import insert_new
from hub.store.waiting import unavailable

# Any constant does: two processes that start at once migrate and furnish one after the other.
MIGRATION_LOCK = text("SELECT pg_advisory_xact_lock(7341000)")


def newest_revision() -> str:
    """Returns the schema version that this hub is written for: the number of its last migration."""
    return max(revisions())


def revisions() -> frozenset[str]:
    """Returns every schema version that this hub has known."""
    versions = files("hub.store") / "migrations" / "versions"
    return frozenset(file.name.partition("_")[0] for file in versions.iterdir() if file.name[0].isdigit())


def current_revision(conn: Connection) -> str | None:
    """Returns the schema version of a database, None where it has no schema yet."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def upgrade(conn: Connection) -> bool:
    """Brings a database to the newest schema; returns whether anything changed.

    Raises ConfigurationError when the database was written by a newer hub.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(MIGRATION_LOCK)
    current, newest = current_revision(conn), newest_revision()
    if current == newest:
        return False
    if current is not None and current > newest:
        raise ConfigurationError(
            f"The database has schema {current}, which this hub does not know: a newer hub wrote it.",
            next_step="Start the newer version, or restore a backup made with this one.",
        )
    move_to(conn, newest)
    # The installation's id and epoch tell a restored copy from the original.
    rows = [{"name": "id", "value": secrets.token_hex(8)}, {"name": "epoch", "value": "1"}]
    insert_new(conn, InstallationRow, rows)
    return True


def move_to(conn: Connection, revision: str) -> None:
    """Brings a database up to a revision and writes nothing of its own into it: for one that is about to be filled."""
    # Imported here: a start that has nothing to migrate, which is nearly every one, need not pay for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("hub.store") / "migrations"))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def is_current(conn: Connection) -> bool:
    """Says whether the schema is there, and the newest."""
    return current_revision(conn) == newest_revision()


async def migrate(url: str) -> bool:
    """Brings the database at a URL to the newest schema; returns whether anything changed. Raises Unavailable."""
    try:
        if url.startswith("sqlite"):
            return await asyncio.to_thread(_migrate_sqlite, url)
        from sqlalchemy.ext.asyncio import create_async_engine  # brings the ORM, which SQLite does not need

        engine = create_async_engine(url, connect_args={"timeout": 5})
        try:
            async with engine.begin() as conn:
                return await conn.run_sync(upgrade)
        finally:
            await engine.dispose()
    except (DBAPIError, OSError) as error:
        raise unavailable(error) from error


def _migrate_sqlite(url: str) -> bool:
    engine = sqlite_engine(url, begin="BEGIN IMMEDIATE")
    try:
        with engine.connect() as conn, conn.begin():
            return upgrade(conn)
    finally:
        engine.dispose()
