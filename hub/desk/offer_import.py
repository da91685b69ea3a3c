"""Import of offers from a CSV file, each by its external id; rows may add a tier's price or a code of its pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell, unheard
from hub.desk.purchase_columns import decimal_comma, money
from hub.desk.record_import import Importing, RowReport, import_records
from hub.desk.sheet import Row, folded, instant, read_table
from hub.model.errors import Refused
from hub.store import offers
from hub.store.session import Database

MOST_ROWS = 100_000
_HEADINGS: Mapping[str, Sequence[str]] = {
    "external_id": ("external id", "id", "offer", "offer id", "oferta", "nabidka", "предложение"),
    "title": ("title", "name", "what", "titulo", "nazev", "название"),
    "sku": ("sku", "product", "article", "артикул"),
    "category": ("category", "categoria", "kategorie", "категория"),
    "for_bought": ("for bought", "bought most", "what they bought most"),
    "price": ("price", "preco", "cena", "цена"),
    "percent": ("percent", "discount", "off", "desconto", "sleva", "скидка"),
    "currency": ("currency", "moeda", "mena", "валюта"),
    "valid_until": ("valid until", "until", "valido ate", "plati do", "до", "действует до"),
    "valid_days": ("valid days", "days", "dias", "dni", "днеи"),
    "makes_codes": ("makes codes", "hub makes codes"),
    "prefix": ("prefix", "codes begin with"),
    "tell_below": ("tell below", "warn below"),
    "is_open": ("open", "is open", "active", "ativo", "aktivni", "активно"),
    "tier": ("tier", "customer tier", "level", "nivel", "uroven", "уровень"),
    "code": ("code", "voucher", "coupon", "codigo", "kod", "код"),
}  # fmt: skip
_TEXTS = ("title", "sku", "category", "prefix")
_FLAGS = ("for_bought", "makes_codes", "is_open")
_NUMBERS = ("valid_days", "tell_below")
_NO = frozenset({"", "0", "no", "false", "n", "nao", "ne", "нет"})


async def import_offers(
    database: Database, content: bytes, now: datetime, *, region: str, dry: bool, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected by its external id, and never stops the next.

    A row with a tier says what that tier gets, one with a code adds it to the offer's pool; an empty cell and a column
    that the file does not have change nothing. Raises Refused and TooLarge when the file as a whole cannot be used.
    """
    sheet = read_table(content, _HEADINGS, ("valid_until",), region=region, most_rows=MOST_ROWS)
    if "external_id" not in sheet.columns:
        raise Refused(
            "The file has no column external_id.", field="external_id", next_step="Add one called external_id."
        )
    if not {"title", "price", "percent", "code", "is_open"} & set(sheet.columns):
        raise Refused("The file says nothing of its offers.", field="title", next_step="Add title and price, or code.")
    comma = decimal_comma(sheet, region, ("price", "percent"))
    importing = Importing(sheet=sheet, key="external_id", region=region, comma=comma, now=now, take=_take)
    return await import_records(database, importing, dry=dry, tell=tell)


def _take(conn: Connection, importing: Importing, row: Row) -> tuple[int, str]:
    name = row["external_id"]
    fields = _fields(importing, row)
    worth: dict[str, Any] = {key: fields.pop(key) for key in ("price", "percent") if row.get("tier") and key in fields}
    known = offers.by_external_id(conn, [name]).get(name)
    tiers: dict[str, Mapping[str, Any]] | None = None
    if row.get("tier"):
        here = offers.tiers_of(conn, [known["id"]]).get(known["id"], {}) if known else {}
        tiers = {**here, row["tier"]: worth}
    if known and row.get("code") and not fields and tiers is None:
        made, outcome = known["id"], "unchanged"
    else:
        made, outcome = offers.upsert(conn, name, fields, importing.now, tiers=tiers)
        known = offers.get(conn, made)
    if row.get("code") and offers.add_code(conn, known, row["code"], importing.now) and outcome == "unchanged":
        outcome = "changed"
    return made, outcome


def _fields(importing: Importing, row: Row) -> dict[str, Any]:
    said = {name: text for name, text in row.items() if text}
    fields: dict[str, Any] = {name: said[name] for name in _TEXTS if name in said}
    fields |= {name: folded(said[name]) not in _NO for name in _FLAGS if name in said}
    for name in ("price", "percent"):
        if name in said:
            fields[name] = money(said[name], name, comma=importing.comma)
    for name in _NUMBERS:
        if name in said:
            fields[name] = _whole(said[name], name)
    if "currency" in said:
        fields["currency"] = said["currency"].upper()
    if "prefix" in fields:
        fields["prefix"] = fields["prefix"].upper()
    if "valid_until" in said:
        day_first = importing.sheet.day_first
        fields["valid_until"] = instant(
            said["valid_until"], "UTC", "valid_until", day_first=day_first, midnight=True
        ).date()
    return fields


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Refused(f"{text[:40]!r} is no whole number.", field=field)
    return int(text)
