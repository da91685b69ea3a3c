"""Restoring: into a scratch copy first, compared, migrated, and only then, in one step, to the place of what was there.

A kill at any moment before that step leaves the old database as it was; the step is one rename (SQLite) or one commit.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from hub.model.errors import Refused, Unavailable
from hub.store.backup import archive as archives
from hub.store.backup.loading import Loaded, index_everything, load, set_sequences
from hub.store.backup.making import Tell
from hub.store.backup.places import forget_sqlite, in_postgres, new_sqlite, on_snapshot, sqlite_file
from hub.store.blobs import FileBlobs
from hub.store.migrate import MIGRATION_LOCK, current_revision, upgrade
from hub.store.new_life import begin_anew
from hub.store.tables import InstallationRow
from hub.store.upsert import upsert

# Who has any of these rows is somebody's hub; templates and rules come with a new one.
_OCCUPANTS = ("staff", "customer", "interaction", "message")
_SCRATCH_SCHEMA = "hub_restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What is restored to where. `over`: what is there makes way and is kept aside. `key_check`: of the key in use.

    `keep_secrets`: that key is the one of the backup. `beside_hubs`: running hubs of the database know of it.
    `note` is called on the new database before it counts, for the audit log.
    """

    archive: Path
    url: str
    blobs: FileBlobs
    now: datetime
    key_check: str
    keep_secrets: bool
    over: bool = False
    beside_hubs: bool = False
    note: Callable[[Connection], None] = lambda conn: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it; `aside` says where the database that was there before is kept now."""

    loaded: Loaded
    about: dict[str, Any]
    aside: str


def try_out(archive: Path, scratch: Path, tell: Tell) -> Loaded:
    """Restores an archive into a scratch file, compares it and removes it again. Raises Refused and Unavailable."""
    try:
        with archives.opened(archive) as read, new_sqlite(scratch) as conn:
            return load(conn, read, tell)
    finally:
        forget_sqlite(scratch)


def restore(restoring: Restoring, tell: Tell) -> Restored:
    """Restores an archive. Raises Refused when something is there already, or the archive is damaged; Unavailable."""
    if restoring.url.startswith("sqlite"):
        return _to_sqlite(restoring, tell)
    return in_postgres(restoring.url, lambda conn: _to_postgres(conn, restoring, tell))


def is_occupied(conn: Connection) -> bool:
    """Tells whether a database is somebody's hub, not one that was only just set up."""
    if current_revision(conn) is None:
        return False
    return any(conn.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() for table in _OCCUPANTS)  # noqa: S608  # fixed names


def _fill(conn: Connection, restoring: Restoring, tell: Tell) -> tuple[Loaded, dict[str, Any]]:
    def keep(_sha256: str, pieces: Iterator[bytes]) -> str:
        return restoring.blobs.put(pieces)

    with archives.opened(restoring.archive) as archive:
        loaded = load(conn, archive, tell, keep)
        about = archive.about
    tell("migrate", 0, 0)
    upgrade(conn)
    set_sequences(conn)  # what follows writes rows of its own
    made_at = datetime.fromisoformat(about["made_at"])
    begin_anew(conn, made_at, restoring.now, keep_secrets=restoring.keep_secrets)
    upsert(conn, InstallationRow, ("name",), [{"name": "key_check", "value": restoring.key_check}])
    restoring.note(conn)
    index_everything(conn, tell)
    return loaded, about


def _to_sqlite(restoring: Restoring, tell: Tell) -> Restored:
    file = sqlite_file(restoring.url)
    occupied = file.exists() and on_snapshot(restoring.url, is_occupied)
    _check_free(occupied, restoring)
    scratch = file.with_name(f"{file.stem}.restoring{file.suffix}")
    with new_sqlite(scratch) as conn:
        loaded, about = _fill(conn, restoring, tell)
    aside = file.with_name(f"{file.stem}.before-{restoring.now:%Y%m%dT%H%M%S}{file.suffix}") if occupied else None
    _put_in_place(scratch, file, aside)
    return Restored(loaded=loaded, about=about, aside=str(aside or ""))


def _put_in_place(scratch: Path, file: Path, aside: Path | None) -> None:
    """Puts a finished copy to the place of a database that nobody has open; `aside` becomes its other name before."""
    if file.exists():
        with closing(sqlite3.connect(file)) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size:
            raise Unavailable(f"Another process has {file} open.", next_step="Stop it, then restore again.")
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        if aside is not None:
            _give_second_name(file, aside)
    scratch.replace(file)
    archives.sync_folder(file.parent)


def _give_second_name(file: Path, aside: Path) -> None:
    try:
        os.link(file, aside)
    except OSError:  # a file system without hard links
        shutil.copyfile(file, aside)
        aside.chmod(0o600)
    archives.sync_folder(file.parent)


def _to_postgres(conn: Connection, restoring: Restoring, tell: Tell) -> Restored:
    conn.execute(MIGRATION_LOCK)
    occupied = is_occupied(conn)
    _check_free(occupied, restoring)
    if not restoring.beside_hubs:
        _check_nobody(conn)
    home = conn.exec_driver_sql("SELECT current_schema()").scalar_one()
    _enter_scratch_schema(conn)
    loaded, about = _fill(conn, restoring, tell)
    new = _tables(conn)
    conn.exec_driver_sql(f'SET LOCAL search_path TO "{home}"')
    aside = f"hub_before_{restoring.now:%Y%m%dt%H%M%S}"
    conn.exec_driver_sql(f"CREATE SCHEMA {aside}")
    for table in sorted(set(_tables(conn)) & set(new)):
        conn.exec_driver_sql(f'ALTER TABLE "{home}"."{table}" SET SCHEMA {aside}')
    for table in new:
        conn.exec_driver_sql(f'ALTER TABLE {_SCRATCH_SCHEMA}."{table}" SET SCHEMA "{home}"')
    conn.exec_driver_sql(f"DROP SCHEMA {_SCRATCH_SCHEMA}")
    if not occupied:
        conn.exec_driver_sql(f"DROP SCHEMA {aside} CASCADE")
    return Restored(loaded=loaded, about=about, aside=f"the schema {aside}" if occupied else "")


def _enter_scratch_schema(conn: Connection) -> None:
    conn.exec_driver_sql(f"DROP SCHEMA IF EXISTS {_SCRATCH_SCHEMA} CASCADE")
    conn.exec_driver_sql(f"CREATE SCHEMA {_SCRATCH_SCHEMA}")
    conn.exec_driver_sql(f"SET LOCAL search_path TO {_SCRATCH_SCHEMA}")


@contextmanager
def in_scratch_schema(conn: Connection) -> Iterator[None]:
    """Lets what follows on a PostgreSQL connection happen in a schema of its own, which is gone afterwards."""
    home = conn.exec_driver_sql("SELECT current_schema()").scalar_one()
    _enter_scratch_schema(conn)
    yield
    conn.exec_driver_sql(f'SET LOCAL search_path TO "{home}"')
    conn.exec_driver_sql(f"DROP SCHEMA {_SCRATCH_SCHEMA} CASCADE")


def _tables(conn: Connection) -> list[str]:
    schema = conn.exec_driver_sql("SELECT current_schema()").scalar_one()
    return inspect(conn).get_table_names(schema=schema)


def _check_free(occupied: bool, restoring: Restoring) -> None:
    if occupied and not restoring.over:
        raise Refused(
            "There is a hub in this database already, with staff or customers; nothing was done.",
            next_step="Restore into an empty one (--data, --database-url); or --over-what-is-there keeps it aside.",
        )


def _check_nobody(conn: Connection) -> None:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hub'"
    if conn.exec_driver_sql(asked).scalar_one():
        raise Refused("A hub is working on this database; nothing was done.", next_step="Stop it, then restore again.")
