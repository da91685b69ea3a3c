"""A sign-in provider, a Dovecot that asks it about tokens, and an SMTP server that does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from hub.store import consents_given
from hub.store.consents_given import Application, Tokens
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from tests.builders import NOW
from tests.servers.authorisation import CLIENT_ID, CLIENT_SECRET, AuthorisationServer
from tests.servers.dovecot import Dovecot
from tests.servers.process import Missing, free_port
from tests.servers.smtp_tokens import TokenSmtp

KEYS = Keys.of(b"k" * 32)
ACCOUNT = "support@example.com"


@pytest.fixture(scope="session")
def provider_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def token_dovecot(provider_port: int) -> Iterator[Dovecot]:
    """A Dovecot that takes tokens, and passwords."""
    try:
        server = Dovecot(f"http://127.0.0.1:{provider_port}/introspect")
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


@pytest.fixture
async def provider(provider_port: int) -> AsyncIterator[AuthorisationServer]:
    async with AuthorisationServer(port=provider_port).serving() as server:
        yield server


@pytest.fixture
def token_smtp(provider: AuthorisationServer) -> Iterator[TokenSmtp]:
    server = TokenSmtp(provider.good)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def sqlite_database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database with the schema, where the engine makes no difference."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


def registration(provider: AuthorisationServer) -> Application:
    return Application(provider="google", client_id=CLIENT_ID, secret=CLIENT_SECRET, endpoints=provider.endpoints)


async def consented(database: Database, provider: AuthorisationServer, *, lasts: int = 3600) -> str:
    """Registers the hub and keeps a consent; returns its access token."""
    told = provider.issue()
    tokens = Tokens(
        access=told["access_token"], refresh=told["refresh_token"], expires_at=NOW + timedelta(seconds=lasts)
    )

    def keep(conn: Connection, _arg: None) -> None:
        consents_given.register(conn, KEYS, registration(provider), NOW)
        consents_given.give(conn, KEYS, ACCOUNT, "google", tokens, NOW)

    await database.write(keep, None)
    return tokens.access
