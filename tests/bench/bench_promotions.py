"""Promotions, whole: a campaign launched through the API of a running hub until its last message was accepted: claimed,
asked about at every gate, rendered, built, sent, and written down. Mails are planned before (that has its own bench).

By mail beside postfix's smtp-source into the same smtp-sink (stand-ins in Python where they are not installed), by text
against a provider that takes 50 ms for each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.measure import Board, Result, children, in_turn, peak_rss_mb
from tests.bench.shop import IN_FLIGHT, Postgresql, Shop, Sqlite, mail_config, running, served, text_config
from tests.bench.slow_provider import Figures
from tests.bench.texts_out import slow_provider
from tests.bench.world import Size, Worlds
from tests.servers.postgres import Postgres
from tests.servers.process import Missing, find_program, free_port
from tests.walks.running import ROOT

# As many mails as are a few seconds of work: beginning and ending are a part of a run, not most of it.
MAILS, TEXTS = 20_000, 1_500
PLAIN_MAILS = 20_000


def bench_promotion_by_mail_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(MAILS, 1_000, 10)))
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(tmp_path))
        _mails(board, "sqlite", Shop(stack, data, world, mail_config(sink.port)), sink)


def bench_promotion_by_mail_on_postgresql(
    board: Board, worlds: Worlds, durable_postgres: Postgres, tmp_path: Path
) -> None:
    template = worlds.postgres(durable_postgres, Size(MAILS, 1_000, 10))
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(tmp_path))
        url = stack.enter_context(durable_postgres.database(template))
        config = f'[hub]\ndatabase_url = "{url}"\n{mail_config(sink.port)}'
        _mails(board, "postgresql", Shop(stack, tmp_path / "data", Postgresql(url), config), sink)


def bench_promotion_by_text(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    """The baseline is the provider's own: so many places, by how long a text was in one as it measured."""
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(TEXTS, 1_000, 10)))
    with ExitStack() as stack:
        provider = stack.enter_context(slow_provider(tmp_path))
        shop = Shop(stack, data, world, text_config(provider.port))
        shop.send("main_number")
        provider.figures()
        seen: list[Figures] = []
        used: list[float] = []

        def taken() -> float:
            used.append(-shop.hub_cpu())
            rate = shop.send("main_number")
            used[-1] = (used[-1] + shop.hub_cpu()) / TEXTS
            seen.append(provider.figures())
            return rate

        turns = in_turn({"hub": taken, "provider": lambda: IN_FLIGHT * seen[-1].taken / seen[-1].seconds})
        assert max(one.most for one in seen) <= IN_FLIGHT
        assert sum(one.refused for one in seen) == 0
        print(f"\n  {median(used) * 1000:.2f} ms of the processor a text, planning included")
        board.note(
            Result(name="promotion by text, to in flight / latency", engine="sqlite", unit="/s", floor=0.45, target=0.9,
                   peak_rss_mb=peak_rss_mb(shop.hub.pid), **turns.compared("hub", "provider"))
        )  # fmt: skip


def _mails(board: Board, engine: str, shop: Shop, sink: MailSink) -> None:
    shop.send_planned("outgoing_mail")
    planned: list[float] = []

    def sent() -> float:
        rate = shop.send_planned("outgoing_mail")
        planned.append(MAILS / (MAILS / rate + shop.planned_within))
        return rate

    turns = in_turn({"smtp-source": sink.rate, "hub": sent})
    print(f"\n  {median(planned):,.0f}/s with what planning took before")
    board.note(
        Result(name=f"promotion by mail, to {sink.name}", engine=engine, unit="/s", floor=0.10, target=0.20,
               peak_rss_mb=peak_rss_mb([shop.hub.pid, *children(shop.hub.pid)]),
               **turns.compared("hub", "smtp-source"))
    )  # fmt: skip


@dataclass(frozen=True)
class MailSink:
    """Takes mails and forgets them. `rate`: how many a second a plain sender gives it over ten connections."""

    name: str
    port: int
    source: tuple[str, ...]

    def rate(self) -> float:
        began = time.perf_counter()
        subprocess.run([*self.source, f"127.0.0.1:{self.port}"], check=True, cwd=ROOT)
        return PLAIN_MAILS / (time.perf_counter() - began)


@contextmanager
def mail_sink(folder: Path) -> Iterator[MailSink]:
    """Runs smtp-sink, or a stand-in where postfix is not installed."""
    mails = ("-s", "10", "-d", "-m", str(PLAIN_MAILS), "-l", "1500")
    try:
        sink, source = (
            str(find_program([name], ["/usr/sbin"], "apt install postfix")) for name in ("smtp-sink", "smtp-source")
        )
    except Missing:
        stand_in = (sys.executable, "-m", "tests.bench.plain_smtp")
        with running([*stand_in, "sink"], [], folder) as port:
            yield MailSink("a plain sender", port, (*stand_in, "source", *mails))
        return
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    port = free_port()
    with served([sink, *user, f"127.0.0.1:{port}", "200"], port, folder):
        yield MailSink("smtp-source", port, (source, *mails))
