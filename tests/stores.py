"""Databases with the hub's schema, made once and copied for each test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.store.migrate import migrate
from hub.store.session import Database, open_database
from tests.servers.postgres import Postgres


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


# Emptying a database takes a tenth of the time that making one takes. Only tables that hold rows are touched; keys are
# not checked meanwhile, and what the migration put in is kept.
_EMPTY = """
DO $$
DECLARE
    one RECORD;
    full_one BOOLEAN;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
        AND tablename NOT IN ('alembic_version', 'installation')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.tablename) INTO full_one;
        IF full_one THEN
            EXECUTE format('DELETE FROM %I', one.tablename);
        END IF;
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename);
    END LOOP;
    DELETE FROM installation WHERE name NOT IN ('id', 'epoch');
    UPDATE installation SET value = '1' WHERE name = 'epoch';
END $$
"""


@pytest.fixture(scope="session")
def emptied_postgres(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """One PostgreSQL database with the schema, used by one test after the other."""
    with postgres.database(postgres_template) as url:
        yield url


@pytest.fixture
def postgres_store_url(postgres: Postgres, emptied_postgres: str) -> Iterator[str]:
    """An empty PostgreSQL database with the schema."""
    yield emptied_postgres
    postgres.execute(_EMPTY, emptied_postgres.rpartition("/")[2])


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
