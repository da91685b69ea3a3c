"""The token of a consent: fresh ahead of its end, fetched by one of all processes, its end noted."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from hub.desk.signing_in import ConsentEnded, Lender
from hub.model.errors import Unavailable
from hub.store import consents_given
from hub.store.session import Database
from hub.store.tables import SecretRow
from tests.hub.connections.conftest import ACCOUNT, KEYS, consented
from tests.servers.authorisation import AuthorisationServer
from tests.web_room import Clock


def lender(database: Database, clock: Clock) -> Lender:
    return Lender(database, KEYS, clock, ACCOUNT)


async def test_of_many_who_want_the_next_token_one_asks_and_refresh_tokens_rotate(
    database: Database, provider: AuthorisationServer
) -> None:
    clock, first = Clock(), await consented(database, provider)
    assert await lender(database, clock).lend() == first
    assert provider.posts == []
    clock.advance(minutes=56)  # ahead of its end
    lent = await asyncio.gather(*(lender(database, clock).lend() for _ in range(5)))
    assert provider.posts == ["refresh_token"]
    assert {*lent} <= {first, *provider.good}
    clock.advance(minutes=61)  # after its end: those who do not ask wait for the one who does
    provider.slow_seconds = 0.3
    lent = await asyncio.gather(*(lender(database, clock).lend() for _ in range(5)))
    assert provider.posts == ["refresh_token"] * 2
    assert len({*lent}) == 1
    assert provider.reused == 0

    again = await lender(database, clock).lend(refused=lent[0])
    assert again not in (first, lent[0])
    kept = await database.read(lambda conn, _: conn.execute(select(SecretRow)).all(), None)
    assert not any(again.encode() in bytes(row.sealed) or b"refresh-" in bytes(row.sealed) for row in kept)


async def test_a_consent_that_has_ended_says_so_once_and_goes_on_when_it_is_given_again(
    sqlite_database: Database, provider: AuthorisationServer
) -> None:
    database, clock = sqlite_database, Clock()
    await consented(database, provider, lasts=10)
    provider.ended = True
    for _ in range(2):
        with pytest.raises(ConsentEnded, match=r"invalid_grant: Token has been expired or revoked\.$"):
            await lender(database, clock).lend()
    assert provider.posts == ["refresh_token"]
    given = await database.read(consents_given.find, ACCOUNT)
    assert given is not None
    assert given.ended_at == clock()
    provider.ended = False
    fresh = await consented(database, provider)
    assert await lender(database, clock).lend() == fresh


async def test_a_provider_that_is_down_is_no_end_and_what_is_good_is_lent_meanwhile(
    sqlite_database: Database, provider: AuthorisationServer
) -> None:
    database, clock = sqlite_database, Clock()
    first = await consented(database, provider, lasts=200)
    provider.down = True
    assert await lender(database, clock).lend() == first
    clock.advance(minutes=5)
    with pytest.raises(Unavailable, match="503"):
        await lender(database, clock).lend()
    provider.down = False
    assert await lender(database, clock).lend() != first
