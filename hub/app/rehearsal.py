"""Rehearsal: a backup is restored into a copy, the copy migrated, counted and looked at, before the hub itself changes.

What must come through: every row (counts of the tables of before), and for some customers with a recent history the
same newest interactions on their timeline, through the real web room over the copy, on a real socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy import Connection, text

from hub.app.hub import Hub, utc_now
from hub.app.serving import services
from hub.app.stand_ins import StandIns
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.config import Settings
from hub.store import sessions, staff
from hub.store.backup import archive as archives
from hub.store.backup.loading import index_everything, load
from hub.store.backup.making import Tell
from hub.store.backup.places import forget_sqlite, in_postgres, new_sqlite
from hub.store.backup.restoring import in_scratch_schema
from hub.store.backup.shapes import count, shapes
from hub.store.blobs import FileBlobs
from hub.store.keys import Keys
from hub.store.migrate import upgrade
from hub.store.session import Database, open_database
from hub.web.app import make_app

_CUSTOMERS = 5
_NEWEST = 20
_LOOKED_AT = 200
_PAGES = ("/", "/inbox", "/customers")
_SECONDS = 60
# Rows that a migration itself may write: the mark of the schema stands in a table of its own, these facts do not.
_FACTS = "installation"
# Plain SQL: the copy has the schema of before here, which the tables of this version need not fit.
_HISTORY = "FROM interaction JOIN identity ON identity.id = interaction.identity_id"
_HEARD_OF = text(f"SELECT identity.customer_id {_HISTORY} ORDER BY interaction.id DESC LIMIT :limit")
_NEWEST_OF = text(
    f"SELECT interaction.id {_HISTORY} WHERE identity.customer_id = :customer ORDER BY interaction.id DESC LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of the copy: `problem` is empty where it shows what it should."""

    path: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of it. `tables`: rows before and after; `elsewhere`: the same on PostgreSQL, where the hub uses it."""

    before: str
    tables: Mapping[str, tuple[int, int]]
    elsewhere: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    pages: Sequence[Seen] = ()

    @property
    def problems(self) -> list[str]:
        """What did not come through, in words; empty where all did."""
        lost = [
            f"{name}: {was:,} rows before, {now:,} after"
            for tables in (self.tables, self.elsewhere)
            for name, (was, now) in tables.items()
            if was != now and not (name == _FACTS and now > was)
        ]
        return lost + [f"{seen.path}: {seen.problem}" for seen in self.pages if seen.problem]


@dataclass(frozen=True, slots=True)
class _Customer:
    id: int
    newest: tuple[int, ...]


async def look(settings: Settings, scratch: Path, master: bytes, customers: Sequence[_Customer]) -> list[Seen]:
    """Shows some pages of a migrated copy and says which do not show what they should."""
    database = open_database(f"sqlite:///{scratch}")
    await database.open()
    hub = _hub(settings, database, master)
    room = make_app(services(hub))
    runner = web.AppRunner(room, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        cookie = await database.write(_sign_in, hub.clock())
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_SECONDS)) as http:
            found = [await _page(http, address, path, cookie) for path in _PAGES]
            for customer in customers:
                found.append(await _page(http, address, f"/customers/{customer.id}", cookie))
                found.append(await _timeline(http, address, customer, hub.local_token))
        return found
    finally:
        await runner.cleanup()
        await database.close()


def rehearse_copy(archive: Path, scratch: Path, tell: Tell) -> tuple[Rehearsal, list[_Customer]]:
    """Restores an archive into a scratch file and migrates it there; the file stays, for `look`. Raises HubError."""
    with archives.opened(archive) as read, new_sqlite(scratch) as conn:
        loaded = load(conn, read, tell)
        before = str(read.about["schema"])
        customers = _customers(conn)
        tell("migrate", 0, 0)
        upgrade(conn)
        tables = _compared(conn, loaded.tables)
        index_everything(conn, tell)
    return Rehearsal(before=before, tables=tables), customers


def rehearse_in_postgres(url: str, archive: Path, tell: Tell) -> dict[str, tuple[int, int]]:
    """Restores and migrates within a scratch schema of the hub's own server, which is then dropped; returns counts."""

    def work(conn: Connection) -> dict[str, tuple[int, int]]:
        with in_scratch_schema(conn), archives.opened(archive) as read:
            loaded = load(conn, read, tell)
            upgrade(conn)
            return _compared(conn, loaded.tables)

    return in_postgres(url, work)


def forget(scratch: Path) -> None:
    """Removes a copy."""
    forget_sqlite(scratch)


def seen(rehearsal: Rehearsal, pages: Sequence[Seen], elsewhere: Mapping[str, tuple[int, int]]) -> Rehearsal:
    """Returns a rehearsal with what was seen of it."""
    return replace(rehearsal, pages=tuple(pages), elsewhere=elsewhere)


def _compared(conn: Connection, before: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    there = {shape.name: shape for shape in shapes(conn)}
    return {name: (rows, count(conn, there[name]) if name in there else 0) for name, rows in before.items()}


def _customers(conn: Connection) -> list[_Customer]:
    """Returns those who were heard of last, with the newest of their history, by the schema of before."""
    recent = conn.execute(_HEARD_OF, {"limit": _LOOKED_AT})
    ids = list(dict.fromkeys(row[0] for row in recent))[:_CUSTOMERS]
    return [_Customer(customer, _newest(conn, customer)) for customer in ids]


def _newest(conn: Connection, customer: int) -> tuple[int, ...]:
    rows = conn.execute(_NEWEST_OF, {"customer": customer, "limit": _NEWEST})
    return tuple(row[0] for row in rows)


def _hub(settings: Settings, database: Database, master: bytes) -> Hub:
    keys, data = Keys.of(master), settings.hub.data
    blobs = FileBlobs(data / "blobs")
    return Hub(
        settings=settings,
        keys=keys,
        database=database,
        blobs=blobs,
        intake=Intake(database, blobs, Capture(keys.consent, keys.mail_tokens)),
        channels={},
        stand_ins=StandIns(data / "sandbox"),
        worker="rehearsal",
        clock=utc_now,
        base=settings,
    )


def _sign_in(conn: Connection, now: datetime) -> str:
    admins = [member.id for member in staff.everyone(conn) if member.role == "admin" and not member.disabled]
    who = admins[0] if admins else staff.invite(conn, "rehearsal@hub.invalid", "Rehearsal", "admin", now)
    return sessions.start(conn, who, now)


async def _page(http: aiohttp.ClientSession, address: str, path: str, cookie: str) -> Seen:
    headers = {"Accept": "text/html", "Cookie": f"hub={cookie}; __Host-hub={cookie}"}
    async with http.get(address + path, headers=headers, allow_redirects=False) as answer:
        page = await answer.text()
        if answer.status != 200:
            return Seen(path, f"the answer was {answer.status}")
        return Seen(path, "" if "</html>" in page else "the page is cut off")


async def _timeline(http: aiohttp.ClientSession, address: str, customer: _Customer, token: str) -> Seen:
    path = f"/api/v1/customers/{customer.id}/timeline"
    headers = {"Authorization": f"Bearer {token}"}
    async with http.get(f"{address}{path}?limit={_NEWEST}", headers=headers) as answer:
        if answer.status != 200:
            return Seen(path, f"the answer was {answer.status}")
        shown = tuple(int(entry["id"]) for entry in (await answer.json())["items"])
    missing = [each for each in customer.newest if each not in shown]
    return Seen(path, f"{len(missing)} of its newest interactions are not shown" if missing else "")
