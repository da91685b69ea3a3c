"""Products and equipment as files, on both engines: tried, taken in once, corrected, refused row by row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.desk.equipment_import import import_equipment
from hub.desk.product_import import import_products
from hub.model.errors import Refused
from hub.store import equipment, products
from hub.store.session import Database
from tests.builders import NOW

PRODUCTS = "sku;name;category;price;currency;successor\nT1;Tea;tea;1.234,50;eur;T2\n;No number;;;;\nT3;Cup;;-1;EUR;\n"
EQUIPMENT = (
    "id,email,customer name,name,installed on,service months,last service,reading,state\n"
    "b1,eve@example.com,Eve,Boiler,31.01.2025,12,,,\n"
    "b2,eve@example.com,,Pump,2025-06-01,6,2026-01-15,1200,in use\n"
    "b3,no address,,Fan,,,,,\nb4,eve@example.com,,Lamp,,many,,,\n"
)


async def test_products_are_taken_in_once_by_their_sku(database: Database) -> None:
    async def take(text: str, *, dry: bool = False) -> list[tuple[str, str]]:
        report = await import_products(database, text.encode(), NOW, region="CZ", dry=dry)
        return [(row.outcome, row.field) for row in report.rows]

    first = [("created", ""), ("rejected", "sku"), ("rejected", "price")]
    assert await take(PRODUCTS, dry=True) == first
    assert await take(PRODUCTS) == first, "the dry run stored nothing"
    assert (await take(PRODUCTS))[0] == ("unchanged", "")
    assert (await take(PRODUCTS.replace("Tea", "Green tea")))[0] == ("changed", "")
    row = (await database.read(lambda conn, _: products.by_sku(conn, ["T1"]), None))["T1"]
    assert (row["name"], row["price"], row["currency"], row["successor"]) == (
        "Green tea",
        Decimal("1234.5"),
        "EUR",
        "T2",
    )
    with pytest.raises(Refused, match="no column name"):
        await take("sku\nT1\n")


async def test_equipment_is_taken_in_once_and_its_next_service_computed(database: Database) -> None:
    async def take(text: str, *, dry: bool = False) -> list[tuple[str, str]]:
        report = await import_equipment(database, text.encode(), NOW, region="CZ", dry=dry)
        return [(row.outcome, row.field) for row in report.rows]

    first = [("created", ""), ("created", ""), ("rejected", "email"), ("rejected", "service_months")]
    assert await take(EQUIPMENT, dry=True) == first
    assert await take(EQUIPMENT) == first
    assert [outcome for outcome, _ in await take(EQUIPMENT)] == ["unchanged", "unchanged", "rejected", "rejected"]

    def due(conn: Any, _: None) -> list[tuple[str, date, int]]:
        rows = equipment.due(conn, None, date(2026, 12, 31))
        return [(row["name"], row["next_service_on"], row["revision"]) for row in rows]

    assert await database.read(due, None) == [("Boiler", date(2026, 1, 31), 1), ("Pump", date(2026, 7, 15), 1)]
    older = EQUIPMENT.replace("2026-01-15,1200", "2024-01-01,10")
    assert (await take(older))[1] == ("changed", ""), "its reading is of today, its older service is left out"
    assert (await database.read(due, None))[1][:2] == ("Pump", date(2026, 7, 15))
