"""Import of equipment from a CSV file, each thing by its external id, with whose it is and when it was serviced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell, unheard
from hub.desk.purchase_columns import decimal_comma, money
from hub.desk.record_import import Importing, RowReport, import_records
from hub.desk.sheet import Row, folded, instant, read_table
from hub.desk.sheet_people import customer_of
from hub.model.equipment import IN_USE, RETIRED
from hub.model.errors import Refused
from hub.store import equipment
from hub.store.session import Database

MOST_ROWS = 50_000
_HEADINGS: Mapping[str, Sequence[str]] = {
    "external_id": ("external id", "id", "equipment id", "asset", "asset id", "cislo", "codigo", "номер"),
    "email": ("email", "e mail", "mail", "email address", "correio", "почта", "эл почта"),
    "phone": ("phone", "mobile", "telephone", "tel", "phone number", "telefone", "telefon", "mobil", "телефон"),
    "customer": ("customer", "customer id", "owner", "cliente", "zakaznik", "клиент", "владелец"),
    "owner_name": ("customer name", "owner name", "full name", "nome", "jmeno", "имя", "фио"),
    "name": ("name", "equipment", "title", "machine", "equipamento", "zarizeni", "оборудование"),
    "sku": ("sku", "product", "product id", "article", "артикул"),
    "model": ("model", "modelo", "модель"),
    "serial": ("serial", "serial number", "numero de serie", "vyrobni cislo", "серииныи номер"),
    "location": ("location", "place", "address", "site", "local", "endereco", "misto", "адрес", "место"),
    "note": ("note", "notes", "observacao", "poznamka", "примечание"),
    "installed_on": ("installed on", "installed", "installation date", "instalado em", "instalovano", "установлено"),
    "warranty_until": ("warranty until", "warranty", "garantia ate", "zaruka do", "гарантия до"),
    "service_months": ("service months", "service interval", "interval", "meses", "interval mesicu", "интервал"),
    "service_every": ("service every", "reading interval", "meter interval"),
    "unit": ("unit", "unidade", "jednotka", "единица"),
    "last_service_on": ("last service on", "last service", "ultima revisao", "posledni servis", "последнии сервис"),
    "reading": ("reading", "meter", "counter", "mileage", "leitura", "stav", "показание"),
    "read_on": ("read on", "reading date", "lido em", "odecteno", "дата показания"),
    "state": ("state", "status", "situacao", "состояние", "статус"),
}  # fmt: skip
_DAYS = ("installed_on", "warranty_until", "last_service_on", "read_on")
_TEXTS = ("name", "sku", "model", "serial", "location", "note", "unit")
_STATES: Mapping[str, Sequence[str]] = {
    IN_USE: ("", "in use", "active", "em uso", "aktivni", "в работе"),
    RETIRED: ("retired", "scrapped", "sold", "removed", "desativado", "vyrazeno", "списано"),
}


async def import_equipment(
    database: Database, content: bytes, now: datetime, *, region: str, dry: bool, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected by its id, and never stops the next.

    A column that the file does not have changes nothing. Raises Refused and TooLarge when the file as a whole cannot be
    used.
    """
    sheet = read_table(content, _HEADINGS, _DAYS, region=region, most_rows=MOST_ROWS)
    for needed in ("external_id", "name"):
        if needed not in sheet.columns:
            raise Refused(f"The file has no column {needed}.", field=needed, next_step=f"Add one called {needed}.")
    if not {"email", "phone", "customer"} & set(sheet.columns):
        raise Refused("The file does not say whose.", field="customer", next_step="Add email, phone or customer.")
    comma = decimal_comma(sheet, region, ("service_every", "reading"))
    importing = Importing(sheet=sheet, key="external_id", region=region, comma=comma, now=now, take=_take)
    return await import_records(database, importing, dry=dry, tell=tell)


def _take(conn: Connection, importing: Importing, row: Row) -> tuple[int, str]:
    fields: dict[str, Any] = {name: row[name] for name in _TEXTS if name in row}
    fields |= {name: _day(row[name], name, importing) for name in _DAYS if name in row}
    for name in ("service_every", "reading"):
        if name in row:
            fields[name] = money(row[name], name, comma=importing.comma) if row[name] else None
    if "service_months" in row:
        fields["service_months"] = _months(row["service_months"])
    if fields.get("reading") is not None and not fields.get("read_on"):
        fields["read_on"] = importing.now.date()
    if "state" in row:
        fields["state"] = _state(row["state"])
    owner = customer_of(conn, row, row.get("owner_name", ""), importing.region, importing.now)
    return equipment.upsert(conn, row["external_id"], customer_id=owner, now=importing.now, source="import", **fields)


def _day(text: str, name: str, importing: Importing) -> date | None:
    if not text:
        return None
    return instant(text, "UTC", name, day_first=importing.sheet.day_first, midnight=True).date()


def _months(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise Refused(f"{text[:40]!r} is no number of months.", field="service_months")
    return int(text)


def _state(text: str) -> str:
    word = folded(text)
    for state, words in _STATES.items():
        if word in {folded(known) for known in words}:
            return state
    raise Refused(f"{text[:40]!r} is no state of equipment: {', '.join(_STATES)}.", field="state")
