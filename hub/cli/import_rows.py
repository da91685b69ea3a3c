"""Importing a file of rows: through the running hub, or by the command itself when none runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub.app import Hub
from hub.app.data import running
from hub.capture.purchases import Purchases
from hub.cli.alone import alone
from hub.cli.frame import emit, wants_json
from hub.cli.hub_api import HubApi
from hub.config import Settings
from hub.desk.appointment_import import import_appointments
from hub.desk.customer_import import import_customers
from hub.desk.equipment_import import import_equipment
from hub.desk.import_report import Report
from hub.desk.offer_import import import_offers
from hub.desk.product_import import import_products
from hub.desk.purchase_import import import_purchases

_PROBLEMS_TOLD = 20


async def import_file(
    settings: Settings, what: str, file: Path, told: Mapping[str, str], *, dry: bool
) -> dict[str, Any]:
    """Imports a file and returns its report, as the API tells it.

    `what`: customers, appointments, purchases, products, equipment or offers. `told`: what rows mean that do not say it
    (time_zone, source, currency).
    """
    found = running(settings.hub.data)
    if found is not None:
        fields = {"dry": str(dry).lower(), **told}
        api = HubApi(found)
        answer: dict[str, Any] = await asyncio.to_thread(api.send_file, f"/{what}/file", file, file.name, fields)
        return answer
    async with alone(settings) as hub:
        content = await asyncio.to_thread(file.read_bytes)
        report = await _TAKE[what](hub, settings, content, dict(told), dry)
    return {**asdict(report), "counts": report.counts}


async def _customers(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_customers(
        hub.database, content, hub.clock(), region=settings.hub.region, dry=dry, key=hub.keys.consent
    )


async def _appointments(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_appointments(
        hub.database,
        content,
        hub.clock(),
        time_zone=told["time_zone"] or settings.hub.time_zone,
        region=settings.hub.region,
        dry=dry,
    )


async def _purchases(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_purchases(
        hub.database,
        Purchases(hub.intake.capture),
        content,
        hub.clock(),
        time_zone=told["time_zone"] or settings.hub.time_zone,
        region=settings.hub.region,
        dry=dry,
        source=told["source"],
        currency=told["currency"],
    )


async def _products(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_products(hub.database, content, hub.clock(), region=settings.hub.region, dry=dry)


async def _equipment(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_equipment(hub.database, content, hub.clock(), region=settings.hub.region, dry=dry)


async def _offers(hub: Hub, settings: Settings, content: bytes, told: dict[str, str], dry: bool) -> Report[Any]:
    return await import_offers(hub.database, content, hub.clock(), region=settings.hub.region, dry=dry)


_TAKE = {
    "customers": _customers,
    "appointments": _appointments,
    "purchases": _purchases,
    "products": _products,
    "equipment": _equipment,
    "offers": _offers,
}


def tell(report: dict[str, Any], line: Callable[[str], None], *, plainly: bool = False) -> None:
    """Tells what became of a file, or would."""
    if wants_json() and not plainly:
        emit({name: report[name] for name in ("dry", "encoding", "columns", "counts", "rows")})
        return
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in report["counts"].items() if count)
    line(f"{len(report['rows']):,} rows: {counts or 'nothing'}")
    rejected = [row for row in report["rows"] if row["outcome"] == "rejected"]
    for row in rejected[:_PROBLEMS_TOLD]:
        line(f"  line {row['line']}: {row['reason']}")
    if len(rejected) > _PROBLEMS_TOLD:
        line(f"  and {len(rejected) - _PROBLEMS_TOLD:,} more")
