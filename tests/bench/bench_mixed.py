"""A shop at noon: texts and mails come in while a campaign goes out by mail. Without a target: for comparison."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench_promotions import mail_sink
from tests.bench.mails import Mails
from tests.bench.measure import Board, Result, children, peak_rss_mb
from tests.bench.shop import Shop, Sqlite, mail_config
from tests.bench.traffic import TEXTS_ONLY, Answers, Load, hook, token
from tests.bench.watching import Arrivals
from tests.bench.world import Size, Worlds
from tests.servers.dovecot import Dovecot

CUSTOMERS = 4_000
SHARE = float(os.environ.get("HUB_BENCH_MIXED", "1"))
TEXTS, MAILS = round(6_000 * SHARE), round(1_000 * SHARE)


def bench_texts_mails_and_a_campaign_at_once(board: Board, worlds: Worlds, dovecot: Dovecot, tmp_path: Path) -> None:
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(CUSTOMERS, 20_000, 1_000)))
    user, password = dovecot.add_user()
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(tmp_path))
        config = f"{mail_config(sink.port)}{TEXTS_ONLY}{_mailbox(dovecot, user, password)}"
        shop = Shop(stack, data, world, config)
        load = stack.enter_context(Load(CUSTOMERS))
        urls, secret, answers = [hook(shop.hub.port)], token(shop.hub), Answers()
        load.texts(urls, secret, 100, Answers())
        mails = list(Mails(CUSTOMERS).take(MAILS))

        def mails_in() -> float:
            with Arrivals(f"sqlite:///{world.file}", "support_mail") as arrivals:
                before = arrivals.newest()
                for mail in mails:
                    dovecot.deliver(user, mail)
                return arrivals.rate(before, MAILS)

        took = _together(
            {
                "texts in": lambda: load.texts(urls, secret, TEXTS, answers, connections=16),
                "mails in": mails_in,
                "campaign by mail out": lambda: shop.send("outgoing_mail"),
            }
        )
        peak = peak_rss_mb([shop.hub.pid, *children(shop.hub.pid)])
    print(f"\n  texts: {answers}; " + ", ".join(f"{name} for {each.seconds:.1f} s" for name, each in took.items()))
    for name, each in took.items():
        board.note(Result(name=f"mixed load, {name}", engine="sqlite", figure=each.rate, unit="/s", peak_rss_mb=peak))


@dataclass(frozen=True, slots=True)
class Took:
    rate: float
    seconds: float


def _together(works: Mapping[str, Callable[[], float]]) -> dict[str, Took]:
    """Runs all at once, begun at one moment; returns the rate of each, and for how long it ran."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], float]) -> Took:
        start.wait()
        began = time.perf_counter()
        rate = work()
        return Took(rate, time.perf_counter() - began)

    with ThreadPoolExecutor(len(works)) as pool:
        begun = {name: pool.submit(run, work) for name, work in works.items()}
        return {name: future.result() for name, future in begun.items()}


def _mailbox(dovecot: Dovecot, user: str, password: str) -> str:
    return f"""
[channels.support_mail]
adapter = "channels.email_imap:ImapMailbox"
mode = "live"
host = "{dovecot.host}"
port = {dovecot.port}
tls = "none"
username = "{user}"
password = "{password}"
address = "support@example.org"
"""
