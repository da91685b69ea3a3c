"""Checkpoints are made beside the writer: its log stays short, and what was committed is in the database's file."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from hub.store.checkpoints import ENOUGH, Checkpoints
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


async def test_a_long_log_is_copied_while_commits_go_on_and_then_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0"):
        writer.execute(f"PRAGMA {pragma}")
    writer.execute("CREATE TABLE bulk (id INTEGER PRIMARY KEY, content BLOB)")
    _write(writer, ENOUGH // 2)
    short = checkpoints.frames()
    await checkpoints.between_batches()
    assert 0 < short == checkpoints.frames(), "nothing is copied before it is worth it"
    _write(writer, ENOUGH)
    await checkpoints.between_batches()
    _write(writer, 10)  # while it is copied
    async with asyncio.timeout(SECONDS):
        while checkpoints.frames():
            await asyncio.sleep(0.01)
            await checkpoints.between_batches()
    _write(writer, 10)
    assert 0 < checkpoints.frames() < 100
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


async def test_a_file_without_a_log_has_nothing_to_copy(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "none.sqlite3")
    assert checkpoints.frames() == 0
    await checkpoints.between_batches()
    await checkpoints.close()
    assert not (tmp_path / "none.sqlite3").exists()


_TAKES_THE_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
"""


def test_looking_at_the_log_takes_no_lock_away_from_sqlite(tmp_path: Path) -> None:
    """Byte 128 of the index says that somebody uses it (walformat.html, 2.3): who gets it begins the index anew."""
    file = tmp_path / "hub.sqlite3"
    checkpoints, writer = Checkpoints(file), sqlite3.connect(file, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE bulk (id INTEGER PRIMARY KEY, content BLOB)")
    for _ in range(2):
        assert checkpoints.frames()
    other = subprocess.run([sys.executable, "-c", _TAKES_THE_LOCK, f"{file}-shm"], capture_output=True, text=True)
    assert "BlockingIOError" in other.stderr, "another process thinks that nobody uses this database"
    writer.close()
    asyncio.run(checkpoints.close())
