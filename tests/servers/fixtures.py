"""The servers as fixtures; a test whose server is not installed is skipped and says what to install."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.servers.chromium import Pages, chromium, find_chromium, pages
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.process import Missing
from tests.servers.smtp import SmtpCatcher

T = TypeVar("T")


def _or_skip(make: Callable[[], T]) -> T:
    try:
        return make()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this run: `stop`, `kill`, `start`, `database()`, `make_template(name, fill)`."""
    server = _or_skip(Postgres)
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A new empty database: `postgresql+asyncpg://...`."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new empty database on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hub.sqlite3'}"
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A Dovecot of this run: `add_user`, `deliver`, `stop`, `kill`, `start`; `host`, `port`, `tls_port`, `cert`."""
    server = _or_skip(Dovecot)
    yield server
    server.remove()


@pytest.fixture
def smtp_catcher() -> Iterator[SmtpCatcher]:
    """An SMTP server of this test: `host`, `port`, `mails`, `wait_for(count)`, `answers`."""
    catcher = SmtpCatcher()
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
async def browser_pages() -> AsyncIterator[Pages]:
    """A browser of this test: `await browser_pages.open(width=360, color_scheme="dark", javascript=False)`."""
    _or_skip(find_chromium)
    async with chromium() as browser, pages(browser) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_chromium() -> AsyncIterator[Browser]:
    """A browser for one test after the other: to start one costs as much as a test does with it."""
    _or_skip(find_chromium)
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def shared_pages(shared_chromium: Browser) -> AsyncIterator[Pages]:
    """Windows of this test in the shared browser; for tests in the loop of the session."""
    async with pages(shared_chromium) as opened:
        yield opened


@pytest.fixture
async def page(browser_pages: Pages) -> Page:
    """One wide window with scripts and the light theme."""
    return await browser_pages.open()
