"""The first reading of a folder of 100,000 mails: killed halfway, it goes on; pages stay usable. And some of 25 MB."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from statistics import median
from typing import Any

from hub.secrets import create_hub_key
from tests.bench.mails import Mails
from tests.bench.measure import Board, Result, peak_rss_mb
from tests.bench.world import BIG, Worlds
from tests.servers.dovecot import Dovecot
from tests.walks.running import PASSWORD, Browser, RunningHub

MAILS = int(os.environ.get("HUB_BENCH_FOLDER", "100000"))
LOOKS = 60
LARGE_MB, LIMIT_MB = 25, 50
_ARRIVED = "SELECT count(*) FROM arrival WHERE channel = 'big_mail' AND state = 'captured'"


def bench_first_reading(board: Board, worlds: Worlds, dovecot: Dovecot, tmp_path: Path) -> None:
    file = worlds.sqlite(tmp_path / "data" / "hub.sqlite3")
    create_hub_key(tmp_path / "data")
    user, password = dovecot.add_user()
    for mail in Mails(BIG.customers).take(MAILS):
        dovecot.deliver(user, mail)
    with RunningHub(tmp_path / "data", config="") as hub:
        browser = signed_in(hub)
        before = [look(browser) for _ in range(LOOKS)]
    hub = RunningHub(tmp_path / "data", config=_section(dovecot, user, password))
    with counting(file) as count:
        during: list[float] = []
        shown: set[int] = set()
        began = time.perf_counter()
        while (there := count()) < MAILS:
            with hub:
                browser.base = hub.url
                half = there + (MAILS - there) // 2 if not there else MAILS
                while count() < half:
                    during.append(look(browser))
                    shown |= {each["done"] for each in told(hub) if each["total"]}
                    time.sleep(0.2)
                peak = peak_rss_mb(hub.pid)
        seconds = time.perf_counter() - began
        assert count() == MAILS
    print(
        f"\n  {MAILS:,} mails in {seconds:.0f} s, killed once; {len(shown)} steps of progress seen;"
        f" page p50 {median(during):.0f} ms, before {median(before):.0f} ms"
    )
    board.note(
        Result(
            name="customer page p95 during a first reading",
            engine="sqlite",
            baseline=p95(before),
            figure=p95(during),
            unit="ms",
            ratio=p95(during) / p95(before),
            aim="figure at most",
            target=200,
            peak_rss_mb=peak,
        )
    )
    board.note(
        Result(
            name="customer page p50 during a first reading, to before it",
            engine="sqlite",
            baseline=median(before),
            figure=median(during),
            unit="ms",
            ratio=median(during) / median(before),
            aim="ratio at most",
            target=2,
            peak_rss_mb=peak,
        )
    )


def bench_large_mails(board: Board, dovecot: Dovecot, tmp_path: Path) -> None:
    """Peak memory of the process after one, after three more in a row, and after one at the limit of 50 MB."""
    user, password = dovecot.add_user()
    with RunningHub(tmp_path / "data", config=_section(dovecot, user, password)) as hub:
        for name, size, numbers in (
            (f"one mail of {LARGE_MB} MB", LARGE_MB, range(1)),
            (f"three more of {LARGE_MB} MB in a row", LARGE_MB, range(1, 4)),
            (f"one of {LIMIT_MB} MB", LIMIT_MB, range(4, 5)),
        ):
            for number in numbers:
                dovecot.deliver(user, large(number, size))
            for number in numbers:
                customer = hub.customer(f"mailto:large{number}@example.com", 120)
                assert hub.timeline(customer)[0]["attachments"][0]["size"] > size * 700_000
            target = 300 if size == LARGE_MB else 350
            peak = peak_rss_mb(hub.pid)
            bounds: dict[str, Any] = {"aim": "figure at most", "target": target, "floor": target + 50}
            board.note(Result(name=f"memory after {name}", engine="sqlite", figure=peak, unit="MB", **bounds))


def large(number: int, size: int) -> bytes:
    """A mail of so many MB as it is sent: a picture in Base64."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"large{number}@example.com", "support@example.org", "A scan"
    mail["Message-ID"] = f"<large{number}@example.com>"
    mail.set_content("Please find the scan attached.")
    content = os.urandom(size * 1_000_000 * 73 // 100)
    mail.add_attachment(content, maintype="image", subtype="tiff", filename="scan.tiff")
    return mail.as_bytes()


def signed_in(hub: RunningHub) -> Browser:
    """Uses the link of the first start."""
    assert hub.sign_in
    browser = hub.browser()
    _, page, _ = browser.open(hub.sign_in)
    told = {"email": "grace@example.com", "display_name": "Grace", "password": PASSWORD, "again": PASSWORD}
    status, _, _ = browser.open(hub.sign_in, {**browser.hidden(page), **told}, follow=False)
    assert status == 303
    return browser


_customers = iter(range(1, 10_000_000, 7))


def look(browser: Browser) -> float:
    """Returns how many milliseconds a customer's page took."""
    began = time.perf_counter()
    status, _, _ = browser.open(f"/customers/{next(_customers) % BIG.customers + 1}")
    assert status == 200
    return (time.perf_counter() - began) * 1000


def told(hub: RunningHub) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = hub.api("GET", "/channels/big_mail/mailboxes")["items"]
    return items


def p95(took: list[float]) -> float:
    return sorted(took)[len(took) * 95 // 100]


@contextmanager
def counting(file: Path) -> Iterator[Any]:
    """Yields what counts the mails that are here."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        yield lambda: int(conn.execute(_ARRIVED).fetchone()[0])


def _section(dovecot: Dovecot, user: str, password: str) -> str:
    return f"""
[channels.big_mail]
adapter = "channels.email_imap:ImapMailbox"
mode = "live"
host = "{dovecot.host}"
port = {dovecot.port}
tls = "none"
username = "{user}"
password = "{password}"
address = "support@example.org"
"""
