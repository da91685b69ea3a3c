"""Import of products from a CSV file, each by its sku."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell, unheard
from hub.desk.purchase_columns import decimal_comma, money
from hub.desk.record_import import Importing, RowReport, import_records
from hub.desk.sheet import Row, folded, read_table
from hub.model.errors import Refused
from hub.store import products
from hub.store.session import Database

MOST_ROWS = 100_000
_HEADINGS: Mapping[str, Sequence[str]] = {
    "sku": ("sku", "id", "external id", "product id", "article", "code", "codigo", "kod", "артикул", "код"),
    "name": ("name", "product", "title", "product name", "nome", "produto", "nazev", "produkt", "название", "товар"),
    "category": ("category", "group", "categoria", "kategorie", "категория"),
    "currency": ("currency", "moeda", "mena", "валюта"),
    "price": ("price", "unit price", "preco", "cena", "цена"),
    "cost": ("cost", "unit cost", "custo", "naklad", "себестоимость"),
    "successor": ("successor", "replaced by", "substituto", "nastupce", "замена"),
    "is_prescription": (
        "prescription", "is prescription", "rx", "prescription only", "receita", "sob receita", "na predpis",
        "predpis", "рецепт", "по рецепту",
    ),
    "is_sold": ("sold", "is sold", "active", "ativo", "aktivni", "активен"),
}  # fmt: skip
_NO = frozenset({"0", "no", "false", "n", "nao", "ne", "нет"})
_TEXTS = ("name", "category", "successor")


async def import_products(
    database: Database, content: bytes, now: datetime, *, region: str, dry: bool, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected by its sku, and never stops the next.

    A column that the file does not have changes nothing. Raises Refused and TooLarge when the file as a whole cannot be
    used.
    """
    sheet = read_table(content, _HEADINGS, (), region=region, most_rows=MOST_ROWS)
    for needed in ("sku", "name"):
        if needed not in sheet.columns:
            raise Refused(f"The file has no column {needed}.", field=needed, next_step=f"Add one called {needed}.")
    comma = decimal_comma(sheet, region)
    importing = Importing(sheet=sheet, key="sku", region=region, comma=comma, now=now, take=_take)
    return await import_records(database, importing, dry=dry, tell=tell)


def _take(conn: Connection, importing: Importing, row: Row) -> tuple[int, str]:
    fields: dict[str, Any] = {name: row[name] for name in _TEXTS if name in row}
    for name in ("price", "cost"):
        if name in row:
            fields[name] = money(row[name], name, comma=importing.comma) if row[name] else None
    if "currency" in row:
        fields["currency"] = row["currency"].upper()
    if "is_sold" in row:
        fields["is_sold"] = folded(row["is_sold"]) not in _NO
    if "is_prescription" in row:
        said = folded(row["is_prescription"])
        fields["is_prescription"] = bool(said) and said not in _NO
    return products.upsert(conn, row["sku"], fields, importing.now)
