"""Reading a million interactions: timeline, search, the largest starter segment; how large they lie, how soon it runs.

There is no honest baseline for these, so the bounds of performance.md hold for the figures as they are.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import Connection, text

from hub.insight.history import search_history, timeline
from hub.model.segment import Segment, read_segment
from hub.secrets import create_hub_key
from hub.store import audience
from hub.store.session import Database, open_database
from tests.bench.measure import Board, Result, peak_rss_mb
from tests.bench.world import BIG, NOW, RARE, Worlds
from tests.servers.postgres import Postgres
from tests.walks.running import ROOT, RunningHub

ASKED = 400
COUNTED = 30
STARTS = 5
_TABLES = ("interaction", "interaction_search", "arrival", "conversation")
# Six in ten have agreed to texts and to mails, by an address they confirmed; the world itself holds no consents.
_AGREED = (
    "INSERT INTO consent"
    " (identity_id, purpose, granted, wording, version, language, source, ip, user_agent, at, digest)"
    " SELECT id, 'promotional', true, 'I agree to receive news and offers.', '', 'en', 'form', '', '', 0, ''"
    " FROM identity WHERE id % 10 < 6",
    "UPDATE identity SET confirmed_at = opened_at, agreed_promotional = CASE WHEN id % 10 < 6 THEN true END",
)


def bench_history_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    file = worlds.sqlite(tmp_path / "data" / "hub.sqlite3")
    _note_most(board, "sqlite", f"sqlite:///{file}", tmp_path, segment_ms=150, size=600)


def bench_history_on_postgresql(board: Board, worlds: Worlds, durable_postgres: Postgres, tmp_path: Path) -> None:
    with durable_postgres.database(worlds.postgres(durable_postgres)) as url:
        _note_most(board, "postgresql", url, tmp_path, segment_ms=30, size=900)


def _note_most(board: Board, engine: str, url: str, folder: Path, *, segment_ms: float, size: float) -> None:
    starts = _starts(url, folder / "data")
    _note(board, "start with 1M interactions", engine, median(starts[0]), "s", 3, peak_rss_mb=max(starts[1]))
    asyncio.run(_ask_all(board, engine, url, segment_ms, size))


def _note(board: Board, name: str, engine: str, figure: float, unit: str, target: float, **more: Any) -> None:
    """Notes a figure that is to stay below its target, and below twice that at worst."""
    bounds: dict[str, Any] = {"aim": "figure at most", "floor": 2 * target, "target": target}
    board.note(Result(name=name, engine=engine, figure=figure, unit=unit, **bounds, **more))


async def _tidy(engine: str, url: str) -> None:
    """Does what the server does by itself some time after many rows were changed (PostgreSQL's autovacuum)."""
    if engine == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("ANALYZE")
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _ask_all(board: Board, engine: str, url: str, segment_ms: float, size: float) -> None:
    chance = random.Random(4)

    def customer() -> int:
        # As the history was made: half of it is a tenth of the customers'.
        return chance.randint(1, BIG.customers // 10 if chance.random() < 0.5 else BIG.customers)

    async with _opened(url) as database:
        _note(board, "bytes an interaction", engine, await database.read(_bytes, None), "B", size)
        for name, target, ask in (
            ("timeline, newest 50", 5, lambda conn: timeline(conn, customer())),
            ("search, rare word", 10, lambda conn: search_history(conn, RARE)),
            ("search within a customer", 50, lambda conn: timeline(conn, customer(), words="thank you")),
        ):
            took = await _timed(database, ask, ASKED)
            print(f"\n  {engine}, {name}: p50 {median(took):.1f} ms")
            _note(board, f"{name}, p99", engine, _p99(took), "ms", target)
        for statement in _AGREED:
            await database.write(lambda conn, told: conn.execute(text(told)) and None, statement)
        await _tidy(engine, url)
        largest, people = await _largest(database)
        took = await _timed(database, lambda conn: audience.count(conn, largest[1], NOW), COUNTED)
        print(f"\n  {engine}, {largest[0]}: {people:,} customers, p50 {median(took):.1f} ms")
        _note(board, "segment, largest of the starter set, p99", engine, _p99(took), "ms", segment_ms)


async def _timed(database: Database, ask: Callable[[Connection], object], times: int) -> list[float]:
    """Returns how many milliseconds each asking took in the store, after some that warm it up."""

    def timed(conn: Connection, _: None) -> float:
        began = time.perf_counter()
        ask(conn)
        return (time.perf_counter() - began) * 1000

    for _ in range(times // 4):
        await database.read(timed, None)
    return [await database.read(timed, None) for _ in range(times)]


def _p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


async def _largest(database: Database) -> tuple[tuple[str, Segment], int]:
    """Returns the starter segment that most customers belong to, by its name, and how many they are."""
    segments = {
        file.stem: read_segment(
            {name: value for name, value in tomllib.loads(file.read_text()).items() if name != "title"}
        )
        for file in sorted((ROOT / "config" / "starter" / "segments").glob("*.toml"))
    }
    people = {
        name: await database.read(lambda conn, asked: audience.count(conn, asked, NOW), segment)
        for name, segment in segments.items()
    }
    name = max(people, key=people.__getitem__)
    return (name, segments[name]), people[name]


def _bytes(conn: Connection, _: None) -> float:
    """Returns what the history takes on the disk with its indexes, for each interaction; raw payloads apart."""
    if conn.dialect.name == "sqlite":
        named = " OR ".join(f"tbl_name = '{table}' OR tbl_name LIKE '{table}\\_%' ESCAPE '\\'" for table in _TABLES[:2])
        named += f" OR tbl_name IN ('{_TABLES[2]}', '{_TABLES[3]}')"
        statement = f"SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE {named})"
    else:
        statement = "SELECT " + " + ".join(f"pg_total_relation_size('{table}')" for table in _TABLES)
    taken = int(conn.scalar(text(statement)) or 0) - int(conn.scalar(text(_RAWS)) or 0)
    return taken / (conn.scalar(text("SELECT count(*) FROM interaction")) or 1)


_RAWS = "SELECT sum(length(raw)) FROM arrival"


def _starts(url: str, data: Path) -> tuple[list[float], list[float]]:
    """Returns how many seconds each start took until the hub said that it runs, and its memory at rest."""
    create_hub_key(data)
    seconds: list[float] = []
    peaks: list[float] = []
    for _ in range(STARTS):
        hub = RunningHub(data, config=f'[hub]\ndatabase_url = "{url}"\n')
        began = time.perf_counter()
        hub.start()
        seconds.append(time.perf_counter() - began)
        peaks.append(peak_rss_mb(hub.pid))
        hub.stop()
    return seconds, peaks


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    await database.open()
    yield database
    await database.close()
