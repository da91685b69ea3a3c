"""A copy of everything that is kept of a customer, as they may ask for it (GDPR article 15): read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, LargeBinary, select

from hub.store import tables as t
from hub.store.erasing.person import Person
from hub.store.erasing.rules import KEPT, Rule, every_rule

_BY_HAND = (
    Rule(table=t.IdentityRow, of={"customer_id": "customer"}),
    Rule(table=t.ConsentRow, of={"identity_id": "identity"}),
    Rule(table=t.SuppressionRow, of={"address": "address"}),
    Rule(table=t.MessageRow, of={"customer_id": "customer", "identity_id": "identity"}),
    Rule(table=t.OfferCodeRow, of={"customer_id": "customer"}),
    Rule(table=t.PurchaseLineRow, of={"purchase_id": "purchase"}),
)
# The hub's own bookkeeping: what it says of the customer stands in other tables, in words.
_BOOKS = frozenset({"domain_event", "sequence_member", "upload_outcome", "message_ref"}) | {
    table.__tablename__ for table in KEPT
}
# What proves or protects, and says nothing of anybody.
_LEFT_OUT = frozenset({"digest", "erased", "body_hash", "worker", "lease_until", "dedupe_key", "raw_blob"})


def copy_of(conn: Connection, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Returns the rows of a person by table, in words that JSON has; files by name and hash, not their bytes."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in (*_BY_HAND, *every_rule()):
        name = rule.table.__tablename__
        if name in found or (name in _BOOKS and rule not in _BY_HAND):
            continue
        wanted = [
            column
            for column in rule.table.__table__.c
            if column.name not in _LEFT_OUT and not isinstance(column.type, LargeBinary)
        ]
        rows = conn.execute(select(*wanted).where(rule.rows(person))).mappings()
        if told := [_plain(row) for row in rows]:
            found[name] = told
    return found


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _word(value) for name, value in row.items() if value not in (None, "", {}, [])}


def _word(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    # Interaction ids are larger than the whole numbers of JavaScript.
    return str(value) if isinstance(value, int) and abs(value) > (1 << 53) else value
