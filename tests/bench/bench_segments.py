"""Counting people by their records as a marketer types: 100,000 customers, 300,000 purchases; what is learnt of them.

A live count may take 300 ms, so each kind of row is noted with that bound.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from hub.model.segment import Segment, read_segment
from hub.store import advice, audience
from hub.store.session import Database, open_database
from tests.bench.measure import Board, Result
from tests.bench.world import NOW, Worlds
from tests.servers.postgres import Postgres

COUNTED = 12
_NOW = int(NOW.timestamp() * 1000)
# Every tenth customer has a thing that is serviced, six in ten a code, which one in six redeemed.
_RECORDS = (
    "INSERT INTO equipment (customer_id, name, sku, model, serial, location, note, unit, state, revision, source,"
    " next_service_on, warranty_until, created_at, changed_at)"
    f" SELECT id, 'Boiler', '', 'B1', '', '', '', '', 'in_use', 1, '', DATE('2026-03-10'), DATE('2026-05-01'),"
    f" {_NOW}, {_NOW} FROM customer WHERE id % 10 = 0",
    "INSERT INTO offer (external_id, title, sku, category, for_bought, percent, currency, makes_codes, prefix,"
    f" tell_below, is_open, created_at, changed_at) VALUES ('spring', 'Spring', '', '', false, 100000, '', true, '', 0,"
    f" true, {_NOW}, {_NOW})",
    "INSERT INTO offer_code (offer_id, code, customer_id, tier, category, percent, given_at, given_by, redeemed_at,"
    f" redeemed_by, created_at) SELECT 1, 'C' || id, id, '', '', 100000, {_NOW}, 'run 1',"
    f" CASE WHEN id % 10 = 1 THEN {_NOW} END, '', {_NOW} FROM customer WHERE id % 10 < 6",
    "ANALYZE",
)
ROWS: dict[str, dict[str, Any]] = {
    "service due in 30 days": {"about": "equipment", "is": "has", "which": "service_due", "days": 30},
    "given and not redeemed": {"about": "offers", "is": "open", "offer": "spring"},
    "redeemed": {"about": "offers", "is": "redeemed", "days": 30},
    "margin of a year": {"about": "margin", "is": "at_least", "amount": "1", "currency": "EUR", "days": 365},
    "the best": {"about": "value", "is": "best"},
    "slipping": {"about": "value", "is": "slipping"},
    "may want vitamins": {"about": "advice", "is": "category", "value": "vitamins"},
    "bought three times in a year": {"about": "purchases", "is": "has", "days": 365, "times": 3},
    "birthday within 14 days": {"about": "birthday", "is": "within", "days": 14},
}


def bench_segments_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    file = worlds.sqlite(tmp_path / "data" / "hub.sqlite3")
    asyncio.run(_ask_all(board, "sqlite", f"sqlite:///{file}"))


def bench_segments_on_postgresql(board: Board, worlds: Worlds, durable_postgres: Postgres) -> None:
    with durable_postgres.database(worlds.postgres(durable_postgres)) as url:
        asyncio.run(_ask_all(board, "postgresql", url))


async def _ask_all(board: Board, engine: str, url: str) -> None:
    database = open_database(url)
    await database.open()
    try:
        for statement in _RECORDS:
            await database.write(lambda conn, told: conn.execute(text(told)) and None, statement)
        began = time.perf_counter()
        pairs = await database.read(advice.pairs, NOW)
        edges = await database.read(advice.edges, NOW)
        took = time.perf_counter() - began
        await database.write(lambda conn, _: advice.keep(conn, pairs, edges), None)
        print(f"\n  {engine}, learnt {len(pairs)} pairs and {len(edges)} edges: {took:.1f} s")
        board.note(_figure("what goes with what, of 300,000 purchases", engine, took, "s", 10))
        for name, row in ROWS.items():
            segment = read_segment({"all": [row]})
            times = await _timed(database, segment)
            people = await database.read(lambda conn, asked: audience.count(conn, asked, NOW), segment)
            print(f"  {engine}, {name}: {people:,} customers, p50 {median(times):.0f} ms, worst {max(times):.0f} ms")
            board.note(_figure(f"live count, {name}", engine, median(times), "ms", 300))
    finally:
        await database.close()


def _figure(name: str, engine: str, figure: float, unit: str, target: float) -> Result:
    bounds: dict[str, Any] = {"aim": "figure at most", "floor": 2 * target, "target": target}
    return Result(name=name, engine=engine, figure=figure, unit=unit, **bounds)


async def _timed(database: Database, segment: Segment) -> list[float]:
    def timed(conn: Connection, _: None) -> float:
        began = time.perf_counter()
        audience.preview(conn, segment, NOW, 8)
        return (time.perf_counter() - began) * 1000

    await database.read(timed, None)
    return [await database.read(timed, None) for _ in range(COUNTED)]
