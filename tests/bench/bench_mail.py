"""Mail in: a running hub follows a mailbox of a real Dovecot, from the fetch to the commit; beside it imaplib."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from channels.base import Context
from channels.email_imap import ImapMailbox
from hub.secrets import create_hub_key
from tests.bench.mails import Library, Mails
from tests.bench.measure import Board, Result, in_turn, peak_rss_mb
from tests.bench.watching import Arrivals
from tests.bench.world import BIG, Worlds
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.walks.running import RunningHub

MAILS = 1_000
WARM = 100


def bench_imap_fetch(board: Board, dovecot: Dovecot) -> None:
    user, password = dovecot.add_user()
    for mail in Mails(BIG.customers).take(MAILS):
        dovecot.deliver(user, mail)
    library, channel = (
        Library(dovecot, user, password),
        ImapMailbox("support", _settings(dovecot, user, password), _HUB),
    )

    async def ours() -> int:
        count = 0
        async for raw in channel.poll("INBOX", None):
            if raw is None:
                break
            count += 1
        return count

    turns = in_turn(
        {
            "imaplib": lambda: _rate(lambda: len(library.fetch())),
            "hub": lambda: _rate(lambda: asyncio.run(ours())),
        }
    )
    board.note(Result(name="IMAP fetch", unit="/s", floor=0.25, target=0.5, **turns.compared("hub", "imaplib")))


def bench_mail_in_on_sqlite(board: Board, worlds: Worlds, dovecot: Dovecot, tmp_path: Path) -> None:
    file = worlds.sqlite(tmp_path / "data" / "hub.sqlite3")
    _compare(board, "sqlite", f"sqlite:///{file}", dovecot, tmp_path)


def bench_mail_in_on_postgresql(
    board: Board, worlds: Worlds, durable_postgres: Postgres, dovecot: Dovecot, tmp_path: Path
) -> None:
    with durable_postgres.database(worlds.postgres(durable_postgres)) as url:
        _compare(board, "postgresql", url, dovecot, tmp_path)


def _compare(board: Board, engine: str, url: str, dovecot: Dovecot, folder: Path) -> None:
    """Measures the hub and the library in turn, each on new mails: what Dovecot learns of a mail is not learnt before.

    The hub is timed from the first commit to the last, so that what Dovecot waits before it tells of new mail is not.
    """
    mails = Mails(BIG.customers)
    accounts = {name: dovecot.add_user() for name in ("library", "hub")}
    library = Library(dovecot, *accounts["library"])
    settings = "\n".join(f"{name} = {value!r}" for name, value in _settings(dovecot, *accounts["hub"]).items())
    config = f'[hub]\ndatabase_url = "{url}"\n[channels.support_mail]\nadapter = "channels.email_imap:ImapMailbox"\n'
    config += f'mode = "live"\n{settings}\n'
    create_hub_key(folder / "data")
    with Arrivals(url) as arrivals, RunningHub(folder / "data", config=config) as hub:

        def read_whole() -> float:
            batch = f"batch{time.monotonic_ns()}"
            for mail in mails.take(MAILS):
                dovecot.deliver(accounts["library"][0], mail, batch)
            return _rate(lambda: library.fetch_and_parse(batch))

        def captured(count: int = MAILS) -> float:
            before = arrivals.newest()
            for mail in mails.take(count):
                dovecot.deliver(accounts["hub"][0], mail)
            return arrivals.rate(before, count)

        captured(WARM)
        turns = in_turn({"imaplib": read_whole, "hub": captured})
        peak = peak_rss_mb(hub.pid)
    board.note(
        Result(
            name="mail in",
            engine=engine,
            unit="/s",
            floor=0.20,
            target=0.40,
            peak_rss_mb=peak,
            **turns.compared("hub", "imaplib"),
        )
    )


_HUB = Context(public_url="https://hub.example.com")


def _settings(dovecot: Dovecot, user: str, password: str) -> dict[str, str | int]:
    return {
        "host": dovecot.host,
        "port": dovecot.port,
        "tls": "none",
        "username": user,
        "password": password,
        "address": "support@example.org",
    }


def _rate(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    count = read()
    assert count == MAILS, f"read {count} mails of {MAILS}"
    return count / (time.perf_counter() - began)
