"""A big world: customers with numbers, addresses, conversations, a long history and purchases; made once a run.

Rows go straight into the tables, so that a million take a minute; the same seed makes the same world on both engines.
Customer n (from 1) has `phone(n)` and `address(n)`; every second one has an open conversation of texts. A tenth of the
customers wrote half of the history, as in any business. The word `zanzibar` is in one interaction of 10,000.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg

from hub.store.migrate import migrate, newest_revision
from hub.store.search import document
from tests.servers.postgres import Postgres

Row = tuple[Any, ...]
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_NOW_MS = int(NOW.timestamp() * 1000)
_DAY_MS = 86_400_000
_DAYS = 1_000
_BEGAN_MS = _NOW_MS - _DAYS * _DAY_MS
_PIECE = 50_000
RARE = "zanzibar"
_CATEGORIES = ("prescription", "vitamins", "skin care", "baby", "service", "devices")
_OPENINGS = ("Hello", "Good morning", "Hi", "Thank you", "Dear team", "Please", "Sorry", "One question")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything; each customer has a number and an address, and two conversations."""

    customers: int = 100_000
    interactions: int = 1_000_000
    purchases: int = 300_000


BIG = Size()


def phone(customer: int) -> str:
    """Returns a customer's number in E.164."""
    return f"+1{200 + customer // 10_000}555{customer % 10_000:04}"


def address(customer: int) -> str:
    """Returns a customer's e-mail address."""
    return f"customer{customer}@example.com"


class Worlds:
    """Worlds by size, made at first use; HUB_BENCH_WORLDS names a folder in which SQLite's are kept between runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.environ.get("HUB_BENCH_WORLDS", folder))
        self._templates: dict[tuple[int, Size], str] = {}

    def sqlite(self, to: Path, size: Size = BIG) -> Path:
        """Puts a copy of the world where it may be written to; returns `to`."""
        name = f"{newest_revision()}-{size.customers}-{size.interactions}-{size.purchases}.sqlite3"
        made = self._folder / name
        if not made.exists():
            aside = made.with_suffix(".part")
            aside.unlink(missing_ok=True)
            _apart(lambda: migrate(f"sqlite:///{aside}"))
            _fill_sqlite(aside, size)
            aside.rename(made)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, to)
        return to

    def postgres(self, server: Postgres, size: Size = BIG) -> str:
        """Returns a template for `server.database(template)`."""
        key = (server.port, size)
        if key not in self._templates:

            async def fill(url: str) -> None:
                await migrate(url)
                await _fill_postgres(url.replace("+asyncpg", ""), size)

            name = f"world_{size.customers}_{size.interactions}"
            self._templates[key] = server.make_template(name, lambda url: _apart(lambda: fill(url)))
        return self._templates[key]


def _apart(work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Runs a coroutine to its end in a thread of its own: a bench's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(work())).result()


_INTERACTION = (
    "id", "identity_id", "conversation_id", "channel", "medium", "direction", "kind", "trust", "external_id",
    "subject", "text", "customer_why", "conversation_why", "received_at",
)  # fmt: skip
_ARRIVAL = ("id", "channel", "key", "state", "reason", "interaction_id", "content_type", "received_at")


def _tables(size: Size) -> Iterator[tuple[str, tuple[str, ...], Iterable[Row]]]:
    """Yields the columns and rows of every table, of the long ones piece by piece; search's are `document`."""
    yield (
        "customer",
        ("id", "display_name", "relationship", "language", "time_zone", "country", "note", "facts", "created_at"),
        (
            (n, f"Customer {n}", "customer", "en", "America/New_York", "US", "", "{}", _BEGAN_MS)
            for n in range(1, size.customers + 1)
        ),
    )
    yield (
        "identity",
        ("id", "customer_id", "scheme", "value", "raw", "display_name", "opened_at"),
        (
            (2 * n - 1 + at, n, scheme, value, "", "", _BEGAN_MS)
            for n in range(1, size.customers + 1)
            for at, (scheme, value) in enumerate((("tel", phone(n)), ("mailto", address(n))))
        ),
    )
    yield (
        "conversation",
        ("id", "identity_id", "thread_key", "channel", "medium", "subject", "preview", "state", "unread", "opened_at",
         "last_at"),
        (_conversation(n, mail) for n in range(1, size.customers + 1) for mail in (False, True)),
    )  # fmt: skip
    history, number = _interactions(size), 0
    while piece := list(islice(history, _PIECE)):
        yield "interaction", _INTERACTION, piece
        yield "document", ("id", "words"), [(row[0], document(row[1], row[9], row[10])) for row in piece]
        arrived = enumerate((row for row in piece if row[5] == "in"), number + 1)
        yield (
            "arrival",
            _ARRIVAL,
            [(number := n, row[3], row[8], "captured", "", row[0], "", row[13]) for n, row in arrived],
        )
    purchases = list(_purchases(size))
    yield (
        "purchase",
        ("id", "customer_id", "source", "external_id", "bought_at", "amount", "currency", "state", "note",
         "created_at", "changed_at", "earned_at"),
        purchases,
    )  # fmt: skip
    yield (
        "purchase_line",
        ("purchase_id", "line", "sku", "name", "category", "quantity", "amount"),
        (
            (row[0], 1, f"S{row[0] % 500}", f"Article {row[0] % 500}", _CATEGORIES[row[0] % 6], 10_000, row[5])
            for row in purchases
        ),
    )


def _conversation(n: int, mail: bool) -> Row:
    at = _NOW_MS - (n * 7919) % (_DAYS * _DAY_MS // 2)
    state = "open" if not mail and n % 2 == 0 else "closed"
    key = None if mail else f"tel:{phone(n)}"
    channel, medium, subject = ("support_mail", "email", "A question") if mail else ("main_number", "sms", "")
    return (2 * n - 1 + mail, 2 * n - 1 + mail, key, channel, medium, subject, "Thank you", state, False, at, at)


def _interactions(size: Size) -> Iterator[Row]:
    chance = random.Random(1)
    vocabulary = _vocabulary()
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    # Drawing words in bulk is ten times as fast as one text at a time.
    words = iter(chance.choices(vocabulary, weights, k=500_000))
    often = max(1, size.customers // 10)
    step = _DAYS * _DAY_MS / size.interactions
    for at in range(size.interactions):
        customer = chance.randint(1, often if chance.random() < 0.5 else size.customers)
        mail, out = chance.random() < 0.4, chance.random() < 0.3
        said = list(islice(words, chance.randint(4, 20)))
        if len(said) < 4:
            words = iter(chance.choices(vocabulary, weights, k=500_000))
        text = f"{chance.choice(_OPENINGS)}, {' '.join(said)}{f' {RARE}' if at % 10_000 == 0 else ''}."
        moment = _NOW_MS - round((size.interactions - at) * step)
        row = 2 * customer - 1 + mail
        yield (
            moment << 20 | at & 0xFFFFF, row, row, "support_mail" if mail else "main_number",
            "email" if mail else "sms", "out" if out else "in", "message", "signed",
            f"SM{chance.getrandbits(128):032x}",
            "A question" if mail else "", text, f"holds {'mailto' if mail else 'tel'}", "open conversation", moment,
        )  # fmt: skip


def _vocabulary() -> list[str]:
    chance = random.Random(2)
    return ["".join(chance.choices("abcdefghiklmnoprstuvwy", k=chance.randint(3, 10))) for _ in range(20_000)]


def _purchases(size: Size) -> Iterator[Row]:
    chance = random.Random(3)
    for n in range(1, size.purchases + 1):
        at = _NOW_MS - chance.randrange(_DAYS * _DAY_MS)
        yield (
            n, chance.randint(1, size.customers), "shop", f"P{n}", at, chance.randint(500, 20_000) * 100, "USD", "paid",
            "", at, at, at,
        )  # fmt: skip


def _fill_sqlite(file: Path, size: Size) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    for table, columns, rows in _tables(size):
        marks = ", ".join("?" * len(columns))
        into = "interaction_search (rowid, words)" if table == "document" else f"{table} ({', '.join(columns)})"
        connection.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


async def _fill_postgres(url: str, size: Size) -> None:
    connection = await asyncpg.connect(url)
    try:
        # Rows first, then their indexes, at once: a third of the time. Nobody asks whether keys of ours exist.
        for setting in ("session_replication_role = replica", "maintenance_work_mem = '512MB'"):
            await connection.execute(f"SET {setting}")
        indexes = await connection.fetch(_INDEXES)
        for name, _ in indexes:
            await connection.execute(f'DROP INDEX "{name}"')
        await connection.execute("CREATE TEMPORARY TABLE document (id BIGINT, words TEXT)")
        for table, columns, rows in _tables(size):
            await connection.copy_records_to_table(table, columns=columns, records=rows)
        await connection.execute(
            "INSERT INTO interaction_search SELECT id, array_to_tsvector(string_to_array(words, ' ')) FROM document"
        )
        await connection.execute("DROP TABLE document")
        for _, definition in indexes:
            await connection.execute(definition)
        for table in ("customer", "identity", "conversation", "arrival", "purchase"):
            await connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


# Those of the tables that are filled, but for what constraints stand on.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
AND tablename IN ('customer', 'identity', 'conversation', 'interaction', 'interaction_search', 'arrival', 'purchase',
                  'purchase_line')
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def days_ago(days: float) -> datetime:
    """Returns a moment of the world's time."""
    return NOW - timedelta(days=days)
