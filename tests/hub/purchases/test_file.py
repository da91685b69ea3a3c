"""Import of purchases from a CSV file: rows of one id are one purchase; a dry run, then for good, then again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.capture.capture import Capture
from hub.capture.purchases import Purchases
from hub.desk.import_report import Report
from hub.desk.purchase_columns import money, read_sheet
from hub.desk.purchase_import import RowReport, import_purchases
from hub.model.errors import Refused
from hub.store import purchases
from hub.store.session import Database
from hub.store.tables import CustomerRow, InteractionRow, PurchaseRow
from tests.builders import NOW
from tests.desk_world import KEY, customer_of

FILE = """Order ID;E-mail;Phone;Name;Date;Total;Currency;Status;Product;SKU;Category;Quantity;Amount
1001;ada@example.com;;Ada;5.3.2026 10:00;1.234,50;EUR;paid;Tea;T1;tea;2;19,80
1001;ada@example.com;;Ada;5.3.2026 10:00;;;;Kettle;K1;kitchen;1;1.214,70
1002;;+44 20 7946 0958;Grace;2026-03-05;10,00;;;;;;;
1003;not an address;;Eve;2026-03-05;5;EUR;paid;;;;;
1004;eve@example.com;;Eve;one day;5;EUR;paid;;;;;
1005;eve@example.com;;Eve;2026-03-05;5;EUR;stolen;;;;;
;eve@example.com;;Eve;2026-03-05;5;EUR;paid;;;;;
1006;eve@example.com;;Eve;2026-03-05;;EUR;;Soap;;;;
1007;eve@example.com;;Eve;2026-03-05;;EUR;Zaplaceno;Soap;;;3;4,50
"""
EXPECTED = [
    (2, "1001", "created", ""), (3, "1001", "created", ""), (4, "1002", "created", ""),
    (5, "1003", "rejected", "email"), (6, "1004", "rejected", "bought_at"), (7, "1005", "rejected", "state"),
    (8, "", "rejected", "external_id"), (9, "1006", "rejected", "total"), (10, "1007", "created", ""),
]  # fmt: skip


async def load(database: Database, text: str, *, dry: bool = False, **more: Any) -> Report[RowReport]:
    told: dict[str, Any] = {"time_zone": "Europe/Prague", "region": "CZ", "dry": dry, **more}
    return await import_purchases(database, Purchases(Capture(KEY)), text.encode(), NOW, **told)


async def counted(database: Database) -> tuple[int, ...]:
    def count(conn: Connection, _: None) -> tuple[int, ...]:
        tables = (PurchaseRow, CustomerRow, InteractionRow)
        return tuple(conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    return await database.read(count, None)


async def test_a_file_is_tried_taken_in_and_read_again_without_doubling_anything(database: Database) -> None:
    tried = await load(database, FILE, dry=True)
    assert [(row.line, row.external_id, row.outcome, row.field) for row in tried.rows] == EXPECTED
    assert (await counted(database), {row.purchase for row in tried.rows}) == ((0, 0, 0), {None})
    done = await load(database, FILE)
    assert [(row.line, row.external_id, row.outcome, row.field) for row in done.rows] == EXPECTED
    assert done.counts == {"created": 4, "changed": 0, "unchanged": 0, "rejected": 5}
    assert await counted(database) == (3, 3, 3)
    again = await load(database, FILE)
    assert again.counts == {"created": 0, "changed": 0, "unchanged": 4, "rejected": 5}
    assert await counted(database) == (3, 3, 3)
    corrected = await load(database, FILE.replace("1.234,50;EUR;paid", "1.234,50;EUR;refunded"))
    assert corrected.counts["changed"] == 2

    ada, _ = await customer_of(database)
    [row] = await database.read(lambda conn, _: purchases.of(conn, ada, 5), None)
    bought = row.purchase
    assert (bought.source, bought.amount, bought.state) == ("import", Decimal("1234.50"), "refunded")
    assert bought.bought_at.isoformat() == "2026-03-05T09:00:00+00:00", "10:00 in Prague"
    assert [(line.name, line.quantity, line.amount) for line in bought.lines] == [
        ("Tea", Decimal(2), Decimal("19.80")), ("Kettle", Decimal(1), Decimal("1214.70")),
    ]  # fmt: skip


async def test_what_rows_do_not_say_is_said_for_the_whole_file(database: Database) -> None:
    report = await load(
        database,
        "id,email,date,price,qty,item\n7,ada@example.com,2026-03-05,2.50,3,Tea\n",
        source="till",
        currency="gbp",
    )
    assert report.counts["created"] == 1
    ada, _ = await customer_of(database)
    [row] = await database.read(lambda conn, _: purchases.of(conn, ada, 5), None)
    bought = row.purchase
    assert (bought.source, bought.currency, bought.amount) == ("till", "GBP", Decimal("7.50"))


@pytest.mark.parametrize(
    ("text", "comma", "amount"),
    [
        ("1.234,50", True, "1234.50"), ("1 234,5 Kč", True, "1234.5"), ("€ 49,90", True, "49.90"), ("-3", True, "-3"),
        ("1,234.50", False, "1234.50"), ("$1,234", False, "1234"), ("1'234.50 CHF", False, "1234.50"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, comma: bool, amount: str) -> None:
    assert money(text, "total", comma=comma) == Decimal(amount)


@pytest.mark.parametrize("text", ["free", "", "1.2.3,4,5", "--1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        money(text, "total", comma=True)


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        ("email,date,total", "external_id"), ("id,date,total", "customer"), ("id,email,total", "bought_at"),
        ("id,email,date", "total"), ("", "external_id"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_which_column_it_lacks(headings: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sheet(headings.encode(), region="CZ")
    assert (refused.value.field, bool(refused.value.next_step)) == (field, True)
