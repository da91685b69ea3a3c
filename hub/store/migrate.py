"""The schema: brought to the newest version before the hub opens the database."""

from __future__ import annotations

import asyncio
import secrets
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from hub.model.errors import ConfigurationError
from hub.store.sqlite import sqlite_engine, unavailable
from hub.store.tables import InstallationRow
from hub.store.upsert import insert_new

# Any constant does: two processes that start at once migrate one after the other.
_MIGRATION_LOCK = text("SELECT pg_advisory_xact_lock(7341000)")


def _config(conn: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("hub.store") / "migrations"))
    config.attributes["connection"] = conn
    return config


def newest_revision() -> str:
    """Returns the schema version that this hub is written for."""
    config = Config()
    config.set_main_option("script_location", str(files("hub.store") / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def upgrade(conn: Connection) -> bool:
    """Brings a database to the newest schema; returns whether anything changed.

    Raises ConfigurationError when the database was written by a newer hub.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_MIGRATION_LOCK)
    current = MigrationContext.configure(conn).get_current_revision()
    if current == newest_revision():
        return False
    config = _config(conn)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            f"The database has schema {current}, which this hub does not know: a newer hub wrote it.",
            next_step="Start the newer version, or restore a backup made with this one.",
        )
    command.upgrade(config, "head")
    # The installation's id and epoch tell a restored copy from the original.
    rows = [{"name": "id", "value": secrets.token_hex(8)}, {"name": "epoch", "value": "1"}]
    insert_new(conn, InstallationRow, rows)
    return True


def is_current(conn: Connection) -> bool:
    """Says whether the schema is there, and the newest."""
    if not inspect(conn).has_table("alembic_version"):
        return False
    return MigrationContext.configure(conn).get_current_revision() == newest_revision()


async def migrate(url: str) -> bool:
    """Brings the database at a URL to the newest schema; returns whether anything changed. Raises Unavailable."""
    try:
        if url.startswith("sqlite"):
            return await asyncio.to_thread(_migrate_sqlite, url)
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
