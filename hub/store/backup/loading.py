"""Loading an archive into an empty schema of its own revision, and comparing what arrived with what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect, select

from hub.model.errors import Refused
from hub.store import search
from hub.store.backup.archive import ArchiveReader, Entry, chunked, damaged
from hub.store.backup.making import Tell
from hub.store.backup.rows import Tally, reader, writer
from hub.store.backup.shapes import ROWS_AT_ONCE, Shape, insert, pages, shapes
from hub.store.migrate import move_to, revisions
from hub.store.tables import InteractionRow

# Takes a blob's bytes and returns their SHA-256; None: they are only read and compared.
Keep = Callable[[str, Iterator[bytes]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was restored: rows by table, blobs, and those that the backup itself had not."""

    tables: dict[str, int]
    blobs: int
    missing: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def load(conn: Connection, archive: ArchiveReader, tell: Tell, keep: Keep | None = None) -> Loaded:
    """Fills an empty database with an archive at the archive's own revision, and compares counts and digests.

    Raises Refused when the archive is of a newer hub, is damaged, or what arrived differs from what it says.
    """
    schema = str(archive.about.get("schema", ""))
    if schema not in revisions():
        raise Refused(
            f"This backup has schema {schema!r}, which this hub does not know: a newer hub made it.",
            next_step="Restore it with that version.",
        )
    move_to(conn, schema)
    tables = {shape.name: shape for shape in shapes(conn)}
    if {name: [[c.name, c.kind] for c in shape.columns] for name, shape in tables.items()} != archive.about.get(
        "tables"
    ):
        raise damaged("its tables are not those of its schema")
    blobs, done, spoiled = 0, 0, set[str]()
    within = _keys_within(conn, tables)
    _check_later(conn, within)
    for entry in archive.entries():
        if entry.kind == "lines":
            done += _load_lines(conn, tables, entry)
        else:
            if _load_blob(entry, keep) != entry.name:
                spoiled.add(entry.name)
            blobs += 1
        tell(entry.name if entry.kind == "lines" else "blobs", done + blobs, 0)
    said, kept = archive.manifest["tables"], archive.manifest["blobs"]
    if blobs != kept["count"] or spoiled != set(kept["spoiled"]):
        raise damaged("its stored files are not those that it says")
    _compare(conn, tables, said, tell)
    _check_keys(conn, within)
    return Loaded(
        tables={name: said[name]["rows"] for name in tables},
        blobs=blobs,
        missing=(*kept["missing"], *kept["spoiled"]),
    )


def tallies(conn: Connection, tables: list[Shape]) -> Iterator[tuple[str, Tally]]:
    """Reads tables and yields how many rows each has and their digest."""
    for shape in tables:
        tally, write = Tally(), writer(shape)
        for page in pages(conn, shape):
            for row in page:
                tally.add(write(row)[1])
        yield shape.name, tally


def index_everything(conn: Connection, tell: Tell) -> None:
    """Makes the search index, which no backup carries, from the interactions."""
    last, done = -1, 0
    while True:
        asked = (
            select(InteractionRow.id, InteractionRow.identity_id, InteractionRow.subject, InteractionRow.text)
            .where(InteractionRow.id > last)
            .order_by(InteractionRow.id)
            .limit(ROWS_AT_ONCE)
        )
        rows = [(row.id, row.identity_id, row.subject, row.text) for row in conn.execute(asked)]
        if not rows:
            return
        search.index_interactions(conn, rows)
        last, done = rows[-1][0], done + len(rows)
        tell("search", done, 0)


def set_sequences(conn: Connection) -> None:
    """Lets PostgreSQL number new rows after those that are there."""
    if conn.dialect.name != "postgresql":
        return
    for shape in shapes(conn):
        if all(column.name != "id" or column.kind != "int" for column in shape.columns):
            continue
        sequence = conn.exec_driver_sql(f"SELECT pg_get_serial_sequence('\"{shape.name}\"', 'id')").scalar()
        if sequence:
            conn.exec_driver_sql(
                f"SELECT setval('{sequence}', coalesce(max(id), 1), max(id) IS NOT NULL) FROM \"{shape.name}\""  # noqa: S608  # the engine's own names
            )


def _load_lines(conn: Connection, tables: dict[str, Shape], entry: Entry) -> int:
    shape = tables.get(entry.name)
    if shape is None:
        raise damaged(f"it has a table {entry.name[:80]!r}")
    read, done = reader(shape), 0
    for lines in chunked(entry.pieces, ROWS_AT_ONCE):
        try:
            rows = [read(line) for line in lines]
        except (ValueError, TypeError) as error:
            raise damaged(str(error)) from error
        insert(conn, shape, rows)
        done += len(rows)
    return done


def _load_blob(entry: Entry, keep: Keep | None) -> str:
    if keep is not None:
        return keep(entry.name, entry.pieces)
    digest = hashlib.sha256()
    for piece in entry.pieces:
        digest.update(piece)
    return digest.hexdigest()


def _compare(conn: Connection, tables: dict[str, Shape], said: dict[str, Any], tell: Tell) -> None:
    done = 0
    for name, tally in tallies(conn, list(tables.values())):
        if (tally.rows, tally.digest) != (said[name]["rows"], said[name]["digest"]):
            raise damaged(f"{name} has {tally.rows} rows where it should have {said[name]['rows']}, or others")
        done += tally.rows
        tell("compare", done, 0)


def _keys_within(conn: Connection, tables: dict[str, Shape]) -> list[tuple[str, str]]:
    """Returns the foreign keys by which PostgreSQL's tables refer to themselves, as (table, name)."""
    if conn.dialect.name == "sqlite":
        return []
    found = ((name, key) for name in tables for key in inspect(conn).get_foreign_keys(name))
    return [(name, str(key["name"])) for name, key in found if key["referred_table"] == name]


def _check_later(conn: Connection, keys: list[tuple[str, str]]) -> None:
    """Lets a row come before the row of the same table that it refers to."""
    for table, key in keys:
        conn.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{key}" DEFERRABLE INITIALLY DEFERRED')


def _check_keys(conn: Connection, later: list[tuple[str, str]]) -> None:
    """Checks the foreign keys that were not checked while rows came in: all of SQLite, few of PostgreSQL."""
    if later:
        conn.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table, key in later:
        conn.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{key}" NOT DEFERRABLE')
    if conn.dialect.name == "sqlite":
        broken = conn.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise damaged(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")
