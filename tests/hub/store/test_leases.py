"""Leases, cursors and ticks: one holder at a time, and an old one can do no harm."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from hub.store import leases
from hub.store.leases import Lease, LeaseLost
from hub.store.session import Database, open_database
from tests.builders import NOW, later

LENGTH = timedelta(seconds=30)


def take(holder: str, **since: float) -> object:
    def work(conn: Connection, _: None) -> Lease | None:
        return leases.take_lease(conn, "poll:mail/INBOX", holder, later(**since), LENGTH)

    return work


async def held(database: Database, holder: str, **since: float) -> Lease | None:
    lease: Lease | None = await database.write(take(holder, **since), None)  # type: ignore[arg-type]
    return lease


def fence(conn: Connection, lease: Lease) -> None:
    leases.fence(conn, lease)


async def test_one_holds_a_lease_and_the_other_waits(database: Database) -> None:
    first = await held(database, "a")
    assert first is not None
    assert await held(database, "b", seconds=29) is None
    await database.write(fence, first)


async def test_renewing_keeps_the_epoch_and_the_lease(database: Database) -> None:
    first = await held(database, "a")
    assert await held(database, "a", seconds=20) == first
    assert await held(database, "b", seconds=40) is None


async def test_a_lease_that_ended_goes_to_the_next_and_fences_the_old_holder_off(database: Database) -> None:
    old = await held(database, "a")
    new = await held(database, "b", seconds=31)
    assert old is not None
    assert new is not None
    assert new.epoch == old.epoch + 1
    with pytest.raises(LeaseLost):
        await database.write(fence, old)
    await database.write(fence, new)
    assert await held(database, "a", seconds=32) is None


async def test_a_holder_that_slept_through_its_lease_gets_a_new_epoch(database: Database) -> None:
    """What it read before must not be committed: somebody may have read on in between."""
    old = await held(database, "a")
    new = await held(database, "a", seconds=31)
    assert old is not None
    assert new is not None
    assert new.epoch > old.epoch


async def test_a_lease_given_back_is_free_at_once_but_only_the_newest_holder_can_give_it(database: Database) -> None:
    old = await held(database, "a")
    new = await held(database, "b", seconds=31)
    await database.write(lambda conn, lease: leases.give_back(conn, lease, later(seconds=32)), old)
    assert await held(database, "c", seconds=33) is None
    await database.write(lambda conn, lease: leases.give_back(conn, lease, later(seconds=33)), new)
    assert await held(database, "c", seconds=33) is not None


async def test_of_eight_that_ask_at_once_one_gets_the_lease(store_url: str) -> None:
    databases = [open_database(store_url) for _ in range(8 if store_url.startswith("postgresql") else 1)]
    for database in databases:
        await database.open()
    answers = await asyncio.gather(*[held(databases[n % len(databases)], f"holder {n}") for n in range(8)])
    assert len([answer for answer in answers if answer is not None]) == 1
    for database in databases:
        await database.close()


async def test_a_cursor_is_kept_per_mailbox_and_replaced(database: Database) -> None:
    def move(conn: Connection, position: dict[str, int]) -> None:
        leases.move_cursor(conn, "mail", "INBOX", position, NOW)

    assert await database.read(lambda conn, _: leases.read_cursor(conn, "mail", "INBOX"), None) is None
    await database.write(move, {"uid": 1})
    await database.write(move, {"uid": 2})
    assert await database.read(lambda conn, _: leases.read_cursor(conn, "mail", "INBOX"), None) == {"uid": 2}
    assert await database.read(lambda conn, _: leases.read_cursor(conn, "mail", "Sent"), None) is None


EVERY = timedelta(minutes=1)


@pytest.mark.outbound("ticker", "late-downtime")
async def test_a_tick_is_claimed_once_by_eight_at_once_and_again_when_due(store_url: str) -> None:
    databases = [open_database(store_url) for _ in range(8 if store_url.startswith("postgresql") else 1)]
    for database in databases:
        await database.open()

    async def claimed(**since: float) -> int:
        def claim(conn: Connection, _: None) -> object:
            return leases.claim_tick(conn, "sweep", later(**since), EVERY)

        answers = await asyncio.gather(*[databases[n % len(databases)].write(claim, None) for n in range(8)])
        return len([answer for answer in answers if answer is not None])

    assert await claimed() == 1
    assert await claimed(seconds=59) == 0
    assert await claimed(seconds=61) == 1
    assert await claimed(hours=5) == 1, "what was missed is made up once, not many times"
    (tick,) = await databases[0].read(lambda conn, _: leases.ticks(conn), None)
    assert tick["lag_ms"] == (5 * 3600 - 121) * 1000
    for database in databases:
        await database.close()


async def test_a_tick_keeps_how_it_ended(database: Database) -> None:
    await database.write(lambda conn, _: leases.claim_tick(conn, "sweep", NOW, EVERY), None)
    await database.write(lambda conn, _: leases.finish_tick(conn, "sweep", NOW, ""), None)
    await database.write(lambda conn, _: leases.finish_tick(conn, "sweep", later(minutes=1), "the disk is full"), None)
    (tick,) = await database.read(lambda conn, _: leases.ticks(conn), None)
    assert (tick["last_ok_at"], tick["last_error"]) == (NOW, "the disk is full")
