"""Planning a run: how soon its messages are there, and that a million recipients take no more memory than a thousand.

HUB_BENCH_RUN says how many recipients the second one has, where a million take too long.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.measure import Board, Result, peak_rss_mb
from tests.bench.shop import STOP, Shop, Sqlite, mail_config
from tests.bench.world import Size, Worlds
from tests.servers.process import free_port

PLANNED = 100_000
MANY = int(os.environ.get("HUB_BENCH_RUN", "1000000"))
_HOURS = 3_600 * 4


def bench_plan_of_a_run(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    with ExitStack() as stack:
        shop = _shop(stack, worlds, tmp_path, PLANNED)
        shop.launch("outgoing_mail")
        began, used = time.perf_counter(), shop.hub_cpu()
        shop.wait_for(lambda: shop.world.ask("SELECT count(*) FROM message") >= PLANNED)
        took = time.perf_counter() - began
        print(f"\n  {shop.hub_cpu() - used:.1f} s of the processor for {took:.1f} s")
        board.note(
            Result(name=f"plan a run for {PLANNED:,}", engine="sqlite", figure=took, unit="s",
                   floor=20, target=10, aim="figure at most", peak_rss_mb=peak_rss_mb(shop.hub.pid))
        )  # fmt: skip


def bench_memory_of_a_large_run(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    with ExitStack() as stack:
        shop = _shop(stack, worlds, tmp_path, MANY)
        assert isinstance(shop.world, Sqlite)
        rest = peak_rss_mb(shop.hub.pid)
        campaign = shop.draft("outgoing_mail")
        began = time.perf_counter()
        fingerprint = shop.planned(campaign)["hash"]
        flown, peak_of_plan = time.perf_counter() - began, peak_rss_mb(shop.hub.pid)
        shop.hub.api("POST", f"/campaigns/{campaign}/launch", {"plan_hash": fingerprint})
        began = time.perf_counter()
        shop.wait_for(lambda: shop.world.ask("SELECT max(audience) FROM run") >= MANY, _HOURS)
        planned = time.perf_counter() - began
        print(
            f"\n  at rest {rest:.0f} MB; flight plan {flown:.0f} s, {peak_of_plan:.0f} MB; planned in {planned:.0f} s,"
            f" {peak_rss_mb(shop.hub.pid):.0f} MB"
        )
        board.note(
            Result(name=f"memory of a run for {MANY:,}, flight plan and plan", engine="sqlite", unit="MB", floor=350,
                   target=300, aim="figure at most", figure=peak_rss_mb(shop.hub.pid))
        )  # fmt: skip


def _shop(stack: ExitStack, worlds: Worlds, folder: Path, customers: int) -> Shop:
    """Returns a shop that plans only: nothing leaves it."""
    data = folder / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(customers, 1_000, 10)))
    shop = Shop(stack, data, world, mail_config(free_port()))
    world.run(STOP)
    return shop
