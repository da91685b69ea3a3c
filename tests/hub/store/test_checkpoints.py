"""Checkpoints are made beside the writer: its log stays short, and what was committed is in the database's file."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from hub.store.checkpoints import ENOUGH, LONG, Checkpoints
from hub.store.session import open_database
from tests.patience import SECONDS

_PAGES, _PAGE = 400, 4_096


def _make(conn: Connection, _arg: None) -> None:
    conn.execute(text("CREATE TABLE bulk (id INTEGER PRIMARY KEY, content BLOB)"))


def _fill(conn: Connection, pages: int) -> None:
    rows = [{"content": bytes(_PAGE)} for _ in range(pages)]
    conn.execute(text("INSERT INTO bulk (content) VALUES (:content)"), rows)


def _write(writer: sqlite3.Connection, pages: int) -> None:
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO bulk (content) VALUES (?)", [(bytes(_PAGE),)] * pages)
    writer.execute("COMMIT")


async def _in_turn(checkpoints: Checkpoints, changed: int) -> None:
    """Calls as the writer does, until what it began has ended."""
    async with asyncio.timeout(SECONDS):
        await checkpoints.between_batches(changed)
        while checkpoints.is_copying:
            await asyncio.sleep(0.001)
            await checkpoints.between_batches(changed)


def _writer(file: Path) -> sqlite3.Connection:
    writer = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0"):
        writer.execute(f"PRAGMA {pragma}")
    writer.execute("CREATE TABLE bulk (id INTEGER PRIMARY KEY, content BLOB)")
    return writer


async def test_the_log_stays_short_and_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), _writer(file)
    _write(writer, 100)
    await checkpoints.between_batches(writer.total_changes)
    assert not checkpoints.is_copying, "nothing is copied before it is worth it"
    for _ in range(40):
        _write(writer, _PAGES)
        await _in_turn(checkpoints, writer.total_changes)
    assert file.with_name("hub.sqlite3-wal").stat().st_size < 2 * (ENOUGH + _PAGES) * _PAGE
    assert file.stat().st_size > 36 * _PAGES * _PAGE
    await checkpoints.close()
    writer.close()


async def test_a_log_that_is_written_while_it_is_copied_begins_anew_where_it_is_long(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), _writer(file)
    async with asyncio.timeout(SECONDS):
        for _ in range(40):
            await checkpoints.between_batches(writer.total_changes)
            _write(writer, _PAGES)
            while checkpoints.is_copying:
                await asyncio.sleep(0.001)
                await checkpoints.between_batches(writer.total_changes)
    assert file.with_name("hub.sqlite3-wal").stat().st_size < (LONG + 3 * ENOUGH) * _PAGE
    await checkpoints.close()
    writer.close()


async def test_a_log_that_a_reader_keeps_is_not_copied_more_and_more_often(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), _writer(file)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM bulk").fetchone()[0] == 0
    begun = 0
    for _ in range(30):
        _write(writer, _PAGES)
        await checkpoints.between_batches(writer.total_changes)
        begun += checkpoints.is_copying
        await _in_turn(checkpoints, writer.total_changes)
    assert begun <= 30 * _PAGES * 1.5 / ENOUGH
    reader.close()
    await checkpoints.close()
    writer.close()


async def test_a_reader_that_stays_keeps_no_commit_waiting(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    database = open_database(f"sqlite:///{file}")
    await database.open()
    reader = sqlite3.connect(file, isolation_level=None)
    try:
        await database.write(_make, None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM bulk").fetchone()[0] == 0
        for _ in range(8):
            await database.write(_fill, _PAGES)
        assert reader.execute("SELECT count(*) FROM bulk").fetchone()[0] == 0
    finally:
        reader.close()
        await database.close()
    with sqlite3.connect(file) as read:
        assert read.execute("SELECT count(*) FROM bulk").fetchone()[0] == _PAGES * 8


async def test_a_file_that_is_gone_is_not_made(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "none.sqlite3")
    await _in_turn(checkpoints, ENOUGH)
    await checkpoints.close()
    assert not (tmp_path / "none.sqlite3").exists()


_TAKES_THE_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
"""


async def test_a_checkpoint_takes_no_lock_away_from_sqlite(tmp_path: Path) -> None:
    """Byte 128 of the index says that somebody uses it (walformat.html, 2.3): who gets it begins the index anew."""
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), _writer(file)
    for _ in range(2):
        _write(writer, ENOUGH)
        await _in_turn(checkpoints, writer.total_changes)
    command = [sys.executable, "-c", _TAKES_THE_LOCK, f"{file}-shm"]
    other = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert "BlockingIOError" in other.stderr, "another process thinks that nobody uses this database"
    writer.close()
    await checkpoints.close()
