"""Making a backup: one snapshot of every table, then the blobs that its rows name, as one archive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from hub import __version__
from hub.model.errors import ConfigurationError, NotFound
from hub.store.backup.archive import FORMAT, ArchiveWriter, written
from hub.store.backup.rows import Tally, writer
from hub.store.backup.shapes import Shape, count, pages, shapes, stream
from hub.store.blobs import FileBlobs
from hub.store.migrate import current_revision

# What is being done, and how many rows and blobs of how many are through.
Tell = Callable[[str, int, int], None]
_TOLD = 1000
_BLOBS = 'SELECT sha256, size FROM "blob" ORDER BY sha256'


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What a backup is made of. Without `blobs` it holds the rows alone; `files` are sealed and lie in `sealed_key`."""

    file: Path
    made_at: datetime
    key_check: str
    blobs: FileBlobs | None
    sealed_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made: how much is in it, and which blobs should be and are not."""

    file: Path
    size: int
    schema: str
    rows: int
    blobs: int
    missing: tuple[str, ...]
    tables: Mapping[str, int] = field(default_factory=dict)


def make(conn: Connection, making: Making, tell: Tell) -> Made:
    """Writes the archive of what one snapshot shows; the caller's connection holds it.

    A blob whose file is gone, or no longer what its name says, is listed as missing and told, and stops nothing.
    Raises ConfigurationError when the database is no hub's, and Refused when the file is there already.
    """
    schema = current_revision(conn)
    if schema is None:
        raise ConfigurationError("This database is empty: there is nothing to back up.", next_step="Run: hub init")
    tables = shapes(conn)
    counts = {shape.name: count(conn, shape) for shape in tables}
    # The hub has no table of blobs only while it has none at all.
    total = sum(counts.values()) + (counts.get("blob", 0) if making.blobs else 0)
    with written(making.file, making.made_at.timestamp()) as archive:
        archive.about(_about(conn, making, schema, tables), making.sealed_key)
        tallies = _rows(conn, tables, archive, lambda name, done: tell(name, done, total))
        rows = sum(tally.rows for tally in tallies.values())
        blobs = _blobs(conn, making.blobs, archive, lambda done: tell("blobs", rows + done, total))
        archive.close(
            {
                "tables": {name: {"rows": tally.rows, "digest": tally.digest} for name, tally in tallies.items()},
                "blobs": {
                    "count": blobs.kept,
                    "bytes": blobs.size,
                    "missing": blobs.missing,
                    "spoiled": blobs.spoiled,
                },
            }
        )
    tell("blobs", total, total)
    return Made(
        file=making.file,
        size=making.file.stat().st_size,
        schema=schema,
        rows=rows,
        blobs=blobs.kept,
        missing=(*blobs.missing, *blobs.spoiled),
        tables={name: tally.rows for name, tally in tallies.items()},
    )


def _about(conn: Connection, making: Making, schema: str, tables: list[Shape]) -> dict[str, Any]:
    rows = conn.exec_driver_sql("SELECT name, value FROM installation WHERE name IN ('id', 'epoch')")
    kept: dict[str, str] = {row[0]: row[1] for row in rows}
    return {
        "format": FORMAT,
        "hub": __version__,
        "schema": schema,
        "engine": conn.dialect.name,
        "installation": kept.get("id", ""),
        "epoch": kept.get("epoch", "1"),
        "made_at": making.made_at.isoformat(),
        "key_check": making.key_check,
        "with_blobs": making.blobs is not None,
        "tables": {shape.name: [[column.name, column.kind] for column in shape.columns] for shape in tables},
    }


def _rows(
    conn: Connection, tables: list[Shape], archive: ArchiveWriter, tell: Callable[[str, int], None]
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    done = 0
    for shape in tables:
        tally, write = tallies.setdefault(shape.name, Tally()), writer(shape)
        for page in pages(conn, shape):
            for row in page:
                line, canonical = write(row)
                archive.line(shape.name, line)
                tally.add(canonical)
            done += len(page)
            tell(shape.name, done)
    return tallies


@dataclass(slots=True)
class _Blobs:
    """`missing` have no file of their size; `spoiled` were read and are no longer what their name says."""

    kept: int = 0
    size: int = 0
    missing: list[str] = field(default_factory=list)
    spoiled: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Hashed:
    """A stream that notes the digest of what was read of it."""

    stream: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size)
        self.digest.update(piece)
        return piece


def _blobs(conn: Connection, blobs: FileBlobs | None, archive: ArchiveWriter, tell: Callable[[int], None]) -> _Blobs:
    done = _Blobs()
    for at, (sha256, size) in enumerate(_named(conn) if blobs else (), 1):
        assert blobs is not None
        try:
            path = blobs.path(sha256)
            if path.stat().st_size != size:
                raise NotFound("It is no longer what it was.")
            with path.open("rb") as stream:
                hashed = _Hashed(stream)
                archive.blob(sha256, size, hashed)
        except (FileNotFoundError, NotFound):
            done.missing.append(sha256)
        else:
            done.kept, done.size = done.kept + 1, done.size + size
            if hashed.digest.hexdigest() != sha256:
                done.spoiled.append(sha256)
        if at % _TOLD == 0:
            tell(at)
    return done


def _named(conn: Connection) -> Iterator[tuple[str, int]]:
    for page in stream(conn, _BLOBS):
        yield from ((row[0], row[1]) for row in page)
