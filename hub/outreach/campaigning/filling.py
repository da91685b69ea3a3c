"""Filling: goes through a run's audience page by page; what is chosen and how far it came are one transaction."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection

from hub.model.outbound import Purpose
from hub.outreach.campaigning.choosing import Chooser, Lot
from hub.outreach.campaigning.offering import with_codes
from hub.outreach.house import House
from hub.outreach.quiet_hours import Rulebook
from hub.store import audience, campaigns, run_pages, segments
from hub.store.run_pages import NOTHING_KEPT, Page, Planned
from hub.store.session import Database
from hub.store.tables import milliseconds

# Larger pages would keep live traffic waiting (performance.md of bulk work: 250 rows, then a rest). Reading keeps
# nobody waiting: several pages at a time ask their questions once.
PAGE = 250
_READ_PAGES = 4
_PURPOSE = Purpose.PROMOTIONAL.value
# Random bytes of a Message-ID: the first are those of all its page, so that the page has one place in the index of
# them (a place for each costs a third of the planning), the others can be guessed by nobody.
_ALIKE, _OWN = 4, 12


def chooser_of(run: Mapping[str, Any], house: House, rulebook: Rulebook) -> Chooser:
    """Returns what chooses for a run, by what it was launched with."""
    pinned = run["definition"][campaigns.PINNED]
    return Chooser(
        definition=campaigns.definition_of(run),
        versions=pinned["templates"],
        campaign=run["campaign"],
        variants=pinned.get(campaigns.VARIANTS, {}),
        starts_at=run["starts_at"],
        house=house,
        rulebook=rulebook,
    )


async def fill(
    database: Database, run: Mapping[str, Any], chooser: Chooser, now: datetime, tell: Callable[[], None]
) -> int | None:
    """Goes through the rest of a run's audience; returns how many, None when it was stopped or another was faster.

    `tell` is called after each page, since its messages may be sent. The next pages are read while those before are
    written: what a page says is decided by its own customers alone.
    """
    total = 0
    pages = await database.read(_pages, (run, chooser, now))
    while pages:
        ahead = {**run, "cursor": pages[-1].cursor}
        stored, following = await asyncio.gather(
            _store_each(database, run, pages, tell), database.read(_pages, (ahead, chooser, now))
        )
        if not stored:
            return None
        total += sum(len(page.planned) + len(page.skips) for page in pages)
        run, pages = ahead, following
    return total


async def _store_each(
    database: Database, run: Mapping[str, Any], pages: Sequence[Page], tell: Callable[[], None]
) -> bool:
    while pages:
        stored = await database.write(_store, (run, pages, database.awaited), bulk=True)
        if not stored:
            return False
        run, pages = {**run, "cursor": pages[stored - 1].cursor}, pages[stored:]
        tell()
    return True


def _store(conn: Connection, given: tuple[Mapping[str, Any], Sequence[Page], Callable[[], bool]]) -> int:
    """Stores page after page until somebody else waits for the database; returns how many."""
    run, pages, awaited = given
    for stored, page in enumerate(pages):
        if not run_pages.add(conn, run, page, with_codes):
            return stored
        if awaited():
            return stored + 1
        run = {**run, "cursor": page.cursor}
    return len(pages)


def _pages(conn: Connection, given: tuple[Mapping[str, Any], Chooser, datetime]) -> list[Page]:
    run, chooser, now = given
    segment = segments.by_id(conn, run["segment_id"]).segment
    asked_at = chooser.audience_time(now)
    customers = audience.members(conn, segment, asked_at, after=run["cursor"], limit=PAGE * _READ_PAGES)
    lots = chooser.choose(conn, customers, now)
    return [
        _page(lots[first : first + PAGE], customers[first : first + PAGE][-1], run["id"], chooser, now)
        for first in range(0, len(customers), PAGE)
    ]


def _page(lots: Sequence[Lot], cursor: int, run_id: int, chooser: Chooser, now: datetime) -> Page:
    domains = {lane.name: chooser.house.message_domain(lane.name) for lane in chooser.lanes}
    to_write = [lot for lot in lots if lot.address is not None]
    beginning, ends = secrets.token_hex(_ALIKE), secrets.token_hex(_OWN * len(to_write))
    return Page(
        cursor=cursor,
        at=now,
        time_zone=chooser.house.time_zone,
        planned=[
            _planned(lot, run_id, f"{beginning}{ends[at : at + 2 * _OWN]}@{domains[lot.channel]}")
            for lot, at in zip(to_write, range(0, len(ends), 2 * _OWN), strict=True)
        ],
        skips=[(lot.customer.id, lot.reason, lot.seen) for lot in lots if lot.address is None],
    )


def _planned(lot: Lot, run_id: int, message_id: str) -> Planned:
    """Returns what is stored of a message. Its key is the run, the channel and the address, whoever holds it: a phone
    that two customers share, one by texts and one by WhatsApp, rings once.
    """
    address, due_at, expires_at = lot.address, lot.due_at, lot.expires_at
    assert address is not None, "a lot without an address is a skip"
    assert due_at is not None, "an address comes with its time"
    assert expires_at is not None, "an address comes with its time"
    mail = address.scheme == "mailto"
    kind = "mailto" if mail else "tel"
    return Planned(
        f"run:{run_id}:{_PURPOSE}:{lot.channel}:{kind}:{address.value}",
        lot.channel,
        lot.customer.id,
        address.id,
        lot.template_id,
        message_id if mail else "",
        _stored(due_at),
        _stored(expires_at),
        orjson.dumps(lot.content).decode() if lot.content else NOTHING_KEPT,
    )


# Most messages of a run are due together.
_stored = lru_cache(maxsize=4_096)(milliseconds)
