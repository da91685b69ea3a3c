"""After an erasure no table holds a word that named the customer: rows in every table, made by the schema itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Integer, LargeBinary, String, select, text

from hub.store import consent_chain, search
from hub.store.erasing.erase import erase
from hub.store.erasing.person import person_of
from hub.store.erasing.rules import RULES
from hub.store.keys import Keys
from hub.store.session import Database
from hub.store.tables import Base, Exact, Moment
from tests.builders import NOW

KEYS = Keys.of(b"k" * 32)
WORD = "Zerzura"
NAME, MAIL, PHONE = f"{WORD} Almásy", f"{WORD.lower()}@example.com", "+14155550177"
CUSTOMER, IDENTITY, OTHER = 71, 72, 73
# Columns whose words are the hub's own, staff's or a provider's number for something: they never hold what a customer
# is called or says. A new column of text stands here, or an erasure empties it.
OUR_WORDS = {
    "about", "action", "adapter", "by", "channel", "code", "content_type", "currency", "delivery", "direction",
    "dkim", "external_id", "given_by", "kind", "language", "lifted_by", "medium", "origin", "outcome", "phase",
    "purpose", "reason", "redeemed_by", "reference", "relationship", "rfc_message_id", "role", "scheme", "sequence",
    "sku", "source", "state", "status", "step", "template", "tier", "time_zone", "trust", "unit", "version", "worker",
    "content_key", "key", "model", "category", "fault_code", "asked_by", "digest", "call", "granted_by",
    "joined_by", "created_by", "closed_by",
}  # fmt: skip
REFERRING = {
    "customer_id": CUSTOMER, "site_id": CUSTOMER, "into_id": CUSTOMER, "identity_id": IDENTITY,
}  # fmt: skip


def _rows(conn: Connection) -> dict[str, dict[str, Any]]:
    """Puts one row of the customer's into every table that refers to them; returns the rows by table."""
    made: dict[str, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        row = {column.name: _value(column, made) for column in table.columns}
        if table.name == "customer":
            row |= {"id": CUSTOMER, "display_name": NAME, "merged_into": None}
        if table.name == "identity":
            row |= {"id": IDENTITY, "scheme": "mailto", "value": MAIL, "closed_at": None}
        if table.name == "message":
            row |= {"state": "ready", "dedupe_key": f"run:1:mailto:{MAIL}"}
        if table.name == "suppression":
            row |= {"address": f"mailto:{MAIL}", "lifted_at": None}
        if table.name == "consent":
            row |= {"chained": 1, "erased": None, "basis": "consent"}
            row["digest"] = consent_chain.digest("", row, KEYS.consent, 1)
        if table.name == "arrival":
            row |= {"state": "captured"}
        conn.execute(table.insert(), row)
        made[table.name] = row
    number = {"id": IDENTITY + 10, "scheme": "tel", "value": PHONE, "customer_id": CUSTOMER, "opened_at": NOW}
    conn.execute(Base.metadata.tables["identity"].insert(), {"raw": PHONE, "display_name": NAME, **number})
    return made


def _value(column: Column[Any], made: dict[str, dict[str, Any]]) -> Any:
    """Returns a value that names the customer wherever the column can hold words of others than us."""
    foreign = next(iter(column.foreign_keys), None)
    if foreign is not None:
        target = foreign.column
        return made[target.table.name][target.name] if target.table.name in made else None
    if column.name in REFERRING:
        return REFERRING[column.name]
    if column.name.endswith("_id") and column.name[:-3] in made and not column.primary_key:
        return made[column.name[:-3]]["id"]
    match column.type:
        case Moment():
            return NOW
        case Exact():
            return Decimal(3)
        case Boolean():
            return True
        case Date():
            return date(1990, 5, 17) if column.name == "birthday" else date(2026, 1, 2)
        case LargeBinary():
            return f"From: {NAME} <{MAIL}>".encode()
        case JSON():
            return {"who": NAME, "address": f"mailto:{MAIL}", "files": []} if column.name != "files" else []
        case String():
            return column.name if column.name in OUR_WORDS or "sha256" in column.name else f"{NAME} {MAIL} {PHONE}"
        case Integer():
            return 7
        case _:
            return 7


# Tables in which the test's row is nobody's: what staff or the hub itself wrote, with columns that a customer never
# fills. Who adds a table that customers fill refers to them by number, which puts it under the test.
NOT_OF_CUSTOMERS = {
    "sensitive_mark",
    "acknowledgement", "application", "audit", "backfill", "backup", "bought_together", "breach", "call_flow",
    "call_sound", "do_not_call_list", "do_not_call_number", "privacy_notice",
    "campaign", "campaign_version", "canned_text", "connection", "connection_draft", "consent_given", "cursor",
    "dkim_key", "erasure", "form", "free_slot", "installation", "lease", "link_check", "list_price",
    "mail_form", "mailbox",
    "offer", "offer_tier", "product", "queue_ring", "reminder_rule", "roster", "run", "secret", "segment",
    "segment_size", "sequence", "sequence_switch", "session", "signature", "snippet", "staff", "template", "tick",
    "token", "value_edge", "blob", "queued_call", "offer_code", "slot_asked", "purchase_line", "upload",
}  # fmt: skip


async def test_no_table_names_who_was_erased(database: Database) -> None:
    left = await database.write(_erase_and_look, None)
    assert left == {}


def _erase_and_look(conn: Connection, _: None) -> dict[str, list[str]]:
    if conn.dialect.name == "sqlite":
        conn.execute(text("PRAGMA defer_foreign_keys=ON"))
    said = _rows(conn)["interaction"]
    search.index_interactions(conn, [(said["id"], IDENTITY, said["subject"], said["text"])])
    assert search.search(conn, WORD) == [said["id"]]
    done = erase(conn, person_of(conn, CUSTOMER), KEYS, NOW)
    assert done.counts["interaction"] == 1
    assert list(consent_chain.breaks(conn, KEYS.consent)) == []
    assert search.search(conn, WORD) == []
    return {
        table.name: found for table in Base.metadata.sorted_tables if (found := sorted(_named(conn, table)))
    }  # fmt: skip


def _named(conn: Connection, table: Any) -> set[str]:
    if table.name in NOT_OF_CUSTOMERS:
        return set()
    rows = conn.execute(select(table)).mappings().all()
    signs = (WORD.casefold(), PHONE, "1990-05-17")
    return {name for row in rows for name, value in row.items() if any(sign in _said(value) for sign in signs)}


def _said(value: Any) -> str:
    return (bytes(value).decode() if isinstance(value, bytes | memoryview) else str(value)).casefold()


def test_every_rule_names_columns_that_there_are() -> None:
    for rule in RULES:
        columns = rule.table.__table__.c
        assert set(rule.of) <= set(columns.keys())
        assert all(columns[name].nullable or value is not None for name, value in (rule.blank or {}).items())
