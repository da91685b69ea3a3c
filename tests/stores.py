"""Databases with the hub's schema, made once and copied for each test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.store.migrate import migrate
from hub.store.session import Database, open_database
from tests.compiled import share
from tests.servers.postgres import Postgres


def pytest_configure(config: pytest.Config) -> None:
    if "bench_*.py" not in config.getini("python_files"):  # a benchmark measures engines as the hub has them
        share()


def _migrate(url: str) -> None:
    with ThreadPoolExecutor(1) as pool:  # a test's loop may be running in this thread
        pool.submit(asyncio.run, migrate(url)).result()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "hub.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A migrated PostgreSQL database, to be copied."""
    return postgres.make_template("hub_template", _migrate)


@pytest.fixture
def sqlite_store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A new SQLite database with the schema."""
    file = tmp_path / "hub.sqlite3"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


class EmptiedPostgres:
    """One database with the schema for one test after the other: emptying it takes a tenth of what making one takes.

    Only tables that hold rows are touched; keys are not checked meanwhile, and what the migration put in is kept.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)  # a test's loop may be running in this thread
        # Two: to set its role, as the one that empties does, makes a connection forget its plans, and what asks which
        # tables hold rows takes 20 ms to plan.
        self._asks: asyncpg.Connection | None = None
        self._empties: asyncpg.Connection | None = None
        self._held: asyncpg.prepared_stmt.PreparedStatement | None = None

    def empty(self) -> None:
        """Ends whoever is connected, and takes out what they left."""
        self._aside(self._empty())

    def close(self) -> None:
        self._aside(self._disconnect())
        self._thread.shutdown()
        self._loop.close()

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run_until_complete, work).result()

    async def _empty(self) -> None:
        try:
            await self._take_out()
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            self._asks = None  # a test stopped the server, or ended every connection
            await self._take_out()

    async def _take_out(self) -> None:
        if self._asks is None:
            await self._connect()
        assert self._asks
        assert self._held
        assert self._empties
        await self._asks.execute(_END_OTHERS)
        left = [row[0] for row in await self._held.fetch()]
        tables = "".join(f'DELETE FROM "{name}";' for name in left)
        await self._empties.execute(f"BEGIN; {tables} {_AS_MIGRATED}; COMMIT")

    async def _connect(self) -> None:
        url = self.url.replace("+asyncpg", "")
        ours = {"application_name": _OURS}
        self._asks = await asyncpg.connect(url, server_settings=ours)
        self._empties = await asyncpg.connect(url, server_settings={**ours, "session_replication_role": "replica"})
        tables = [row[0] for row in await self._asks.fetch(_TABLES)]
        held = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables)
        self._held = await self._asks.prepare(held)

    async def _disconnect(self) -> None:
        for connection in filter(None, (self._asks, self._empties)):
            await connection.close()


_OURS = "empties"
_END_OTHERS = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> '{_OURS}'
"""
_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'installation')
"""
_AS_MIGRATED = """
SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
DELETE FROM installation WHERE name NOT IN ('id', 'epoch');
UPDATE installation SET value = '1' WHERE name = 'epoch' AND value <> '1'
"""


@pytest.fixture(scope="session")
def shared_postgres(postgres: Postgres, postgres_template: str) -> Iterator[EmptiedPostgres]:
    """One PostgreSQL database with the schema, used by one test after the other."""
    with postgres.database(postgres_template) as url:
        shared = EmptiedPostgres(url)
        yield shared
        shared.close()


@pytest.fixture(scope="session")
def emptied_postgres(shared_postgres: EmptiedPostgres) -> str:
    """The URL of a PostgreSQL database with the schema, for tests that leave nothing in it."""
    return shared_postgres.url


@pytest.fixture
def postgres_store_url(shared_postgres: EmptiedPostgres) -> Iterator[str]:
    """An empty PostgreSQL database with the schema."""
    yield shared_postgres.url
    shared_postgres.empty()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema, on each engine in turn."""
    name = "sqlite_store_url" if request.param == "sqlite" else "postgres_store_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    """A new database with the schema, opened, on each engine in turn."""
    opened = open_database(store_url)
    await opened.open()
    yield opened
    await opened.close()
