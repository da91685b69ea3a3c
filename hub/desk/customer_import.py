"""Import of customers from a CSV file, each by their id elsewhere or by an address, with what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hub.desk.consent_import import note_said, said_in
from hub.desk.customers import RELATIONSHIPS, checked_fields, known_facts
from hub.desk.import_report import Report, Tell, unheard
from hub.desk.record_import import Importing, RowReport, import_records
from hub.desk.sheet import Headings, Row, folded, instant, read_table
from hub.desk.sheet_people import customer_of, identities_of
from hub.model.birthday import read_birthday
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.store import veil
from hub.store.customers import addresses_of, find_identities
from hub.store.session import Database
from hub.store.tables import CustomerRow

MOST_ROWS = 200_000
_HEADINGS: Headings = {
    "external_id": (
        "external id", "id", "customer", "customer id", "client id", "cliente", "codigo", "zakaznik", "cislo", "клиент",
        "код", "номер",
    ),
    "email": ("email", "e mail", "mail", "email address", "correio", "почта", "эл почта"),
    "phone": ("phone", "mobile", "telephone", "tel", "phone number", "telefone", "telefon", "mobil", "телефон"),
    "display_name": ("name", "full name", "customer name", "display name", "nome completo", "cele jmeno", "фио"),
    "first_name": ("first name", "given name", "forename", "nome", "jmeno", "имя"),
    "last_name": ("last name", "surname", "family name", "sobrenome", "apelido", "prijmeni", "фамилия"),
    "birthday": ("birthday", "birth date", "date of birth", "born", "aniversario", "nascimento", "data de nascimento",
        "narozeniny", "datum narozeni", "narozen", "день рождения", "дата рождения"),
    "language": ("language", "lang", "locale", "idioma", "lingua", "jazyk", "язык"),
    "country": ("country", "country code", "pais", "zeme", "stat", "страна"),
    "time_zone": ("time zone", "timezone", "fuso horario", "casove pasmo", "часовои пояс"),
    "relationship": ("relationship", "relacao", "vztah", "отношение"),
    "note": ("note", "notes", "comment", "observacao", "poznamka", "примечание"),
    "offers_by_mail": ("offers by mail", "offers by email", "newsletter", "email consent", "email opt in",
        "ofertas por email", "nabidky e mailem", "рассылка"),
    "offers_by_text": ("offers by text", "offers by sms", "sms consent", "sms opt in", "ofertas por sms",
        "nabidky sms", "смс рассылка"),
    "agreed_on": ("agreed on", "consent date", "opt in date", "data do consentimento", "datum souhlasu",
        "дата согласия"),
    "agreed_how": ("agreed how", "consent text", "consent wording", "consent source", "consentimento", "souhlas",
        "согласие"),
}  # fmt: skip
_FACT = "fact"
_NUMBER = "ext:import/"
_TEXTS = ("language", "country", "time_zone", "note")


async def import_customers(
    database: Database, content: bytes, now: datetime, *, region: str, dry: bool, key: bytes, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected, and never stops the next.

    A customer is known by `external_id`, else by mail address or phone number. An empty cell, and a column that the
    file does not have, change nothing; a column `fact: size` is the fact "size". `key`: `Keys.consent`. Raises Refused
    and TooLarge when the file as a whole cannot be used.
    """
    sheet = read_table(content, _HEADINGS, ("birthday", "agreed_on"), region=region, most_rows=MOST_ROWS, family=_FACT)
    if not {"email", "phone", "external_id"} & set(sheet.columns):
        raise Refused(
            "The file does not say who they are.", field="file", next_step="Add a column email, phone or external_id."
        )
    sheet = replace(sheet, rows=tuple((line, _identified(row)) for line, row in sheet.rows))

    def take(conn: Connection, importing: Importing, row: Row) -> tuple[int, str]:
        return _take(conn, importing, row, key)

    importing = Importing(sheet=sheet, key="external_id", region=region, comma=False, now=now, take=take)
    return await import_records(database, importing, dry=dry, tell=tell)


def _identified(row: Row) -> Row:
    """Returns a row whose `customer` is its id elsewhere as an identity, and which is told by that id or an address."""
    number = row.get("external_id", "")
    told = number or row.get("email", "") or row.get("phone", "")
    known = number if number.startswith(("ext:", "hub:")) or not number else f"{_NUMBER}{number}"
    return {**row, "customer": known, "external_id": told}


def _take(conn: Connection, importing: Importing, row: Row, key: bytes) -> tuple[int, str]:
    fields, said = _fields(row, importing), said_in(row, importing.now, lambda name: _day(row, name, importing))
    named = identities_of(row, importing.region)
    held_now = find_identities(conn, named)
    made = not held_now
    if row["customer"] and held_now and named[0] not in held_now:
        _refuse_shared(conn, {one: held.customer_id for one, held in held_now.items()})
    customer = customer_of(conn, row, fields.get("display_name", ""), importing.region, importing.now)
    held = conn.execute(_HERE, {"customer": customer}).mappings().one()
    if made:
        fields.setdefault("relationship", "customer")
    elif "relationship" in fields and fields["relationship"] != held["relationship"]:
        fields["relationship_chosen"] = True
    if "facts" in fields:
        veil.require_facts(conn, fields["facts"])
        fields["facts"] = known_facts(held["facts"] or {}, fields["facts"])
    changes = {name: value for name, value in fields.items() if name not in held or held[name] != value}
    if changes:
        conn.execute(update(CustomerRow).where(CustomerRow.id == customer).values(**changes))
    is_news = note_said(conn, customer, named, said, importing.now, key)
    if made:
        return customer, "created"
    return customer, "changed" if changes or is_news else "unchanged"


def _refuse_shared(conn: Connection, holders: Mapping[Identity, int]) -> None:
    """Refuses a row whose address is that of somebody with another number in the same file: two people, not one."""
    for identity, customer in holders.items():
        other = next((one for one in addresses_of(conn, customer) if one.startswith(_NUMBER)), "")
        if other:
            raise Refused(
                f"{identity.value} is the address of {other.removeprefix(_NUMBER)} already.",
                field="email" if identity.scheme == "mailto" else "phone",
                next_step="Leave it empty in one of the two rows, or give both the same external_id.",
            )


_HERE = select(
    CustomerRow.display_name,
    CustomerRow.birthday,
    CustomerRow.relationship,
    CustomerRow.facts,
    *(getattr(CustomerRow, name) for name in _TEXTS),
).where(CustomerRow.id == bindparam("customer"))


def _fields(row: Row, importing: Importing) -> dict[str, Any]:
    """Returns what a row says of its customer. Raises Refused."""
    given: dict[str, Any] = {name: row[name] for name in _TEXTS if row.get(name)}
    name = row.get("display_name") or " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))
    if name:
        given["display_name"] = name
    if row.get("birthday"):
        given["birthday"] = _birthday(row, importing)
    if word := folded(row.get("relationship", "")):
        if word not in RELATIONSHIPS:
            raise Refused(
                f"{row['relationship'][:40]!r} is no relationship.",
                field="relationship",
                next_step=f"One of: {', '.join(RELATIONSHIPS)}.",
            )
        given["relationship"] = word
    facts = {name.removeprefix(f"{_FACT}."): value for name, value in row.items() if name.startswith(f"{_FACT}.")}
    if facts := {name: value for name, value in facts.items() if value}:
        given["facts"] = facts
    return checked_fields(given)


def _birthday(row: Row, importing: Importing) -> date | None:
    try:
        return read_birthday(row["birthday"])
    except Refused:
        born = _day(row, "birthday", importing)
    if born is not None and born > importing.now.date():
        raise Refused(f"{row['birthday'][:40]!r} is in the future.", field="birthday")
    return born


def _day(row: Mapping[str, str], name: str, importing: Importing) -> date | None:
    if not row.get(name):
        return None
    return instant(row[name], "UTC", name, day_first=importing.sheet.day_first, midnight=True).date()
