"""People: customers as lists show them, found by name, by identity, or newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from hub.insight.paging import Page, page_of
from hub.model.errors import Refused
from hub.model.identity import Identity, email_identity, phone_identity
from hub.store.customers import find_identities
from hub.store.tables import CustomerRow, IdentityRow

RELATIONSHIPS = ("prospect", "customer", "supplier", "partner", "owner", "employee")
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLine:
    """One customer as a list shows them, with the identities they hold now."""

    id: int
    display_name: str
    relationship: str
    created_at: datetime
    identities: tuple[Identity, ...]

    @property
    def name(self) -> str:
        """The name, else the first address, else empty."""
        return self.display_name or next((identity.value for identity in self.identities), "")


_LINES = select(
    CustomerRow.id, CustomerRow.display_name, CustomerRow.relationship, CustomerRow.created_at
).where(CustomerRow.merged_into.is_(None))  # fmt: skip


def named(words: str) -> ColumnElement[bool]:
    """Returns the condition that a customer is called so.

    SQLite folds the case of ASCII letters only: other letters are tried as typed, in capitals and in title case.
    """
    spellings = {words.strip(), words.strip().lower(), words.strip().title(), words.strip().upper()}
    return or_(*[CustomerRow.display_name.icontains(spelling, autoescape=True) for spelling in sorted(spellings)])


def find_customers(
    conn: Connection, words: str = "", *, region: str | None = None, before: int | None = None, limit: int = 50
) -> Page[CustomerLine]:
    """Returns customers, newest first; those whose name or identity holds the words, where some are given.

    A phone number is found however it is written; `region` is the country of one without its own (ISO 3166).
    """
    statement = _LINES
    if words.strip():
        statement = statement.where(or_(named(words), CustomerRow.id.in_(_holding(conn, words.strip(), region))))
    if before is not None:
        statement = statement.where(CustomerRow.id < before)
    rows = conn.execute(statement.order_by(CustomerRow.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: str(row.id))
    return Page(tuple(_lines(conn, page.items)), page.next)


def customer_of(conn: Connection, identity: Identity) -> int | None:
    """Returns who holds an identity now."""
    held = find_identities(conn, [identity]).get(identity)
    return held.customer_id if held else None


def read_identity(written: str, region: str | None = None) -> Identity:
    """Reads an e-mail address, a phone number or `scheme:value` as a person types it. Raises Refused."""
    written = written.strip()
    scheme, colon, value = written.partition(":")
    if colon and scheme in ("ext", "hub", "sms") and value.strip():
        return Identity(scheme, value.strip()[:320])
    if colon and scheme in ("mailto", "tel", "whatsapp"):
        written = value
    found = email_identity(written) if "@" in written else phone_identity(written, region)
    if found is None:
        raise Refused(
            f"{written[:80]!r} is neither an e-mail address nor a phone number.",
            field="identity",
            next_step="Write it as ada@example.com or +1 415 555 0123.",
        )
    return Identity("whatsapp", found.value) if scheme == "whatsapp" and found.scheme == "tel" else found


def _holding(conn: Connection, words: str, region: str | None) -> Any:
    """Returns the condition that one of a customer's open identities holds the words, or is the number meant."""
    conditions: list[ColumnElement[bool]] = [IdentityRow.value.icontains(words, autoescape=True)]
    phone = phone_identity(words, region) if "@" not in words else None
    if phone:
        conditions.append(IdentityRow.value == phone.value)
    digits = "".join(character for character in words if character.isdecimal())
    if len(digits) >= _FEWEST_DIGITS and not any(character.isalpha() for character in words):
        conditions.append(IdentityRow.value.contains(digits, autoescape=True))
    return select(IdentityRow.customer_id).where(IdentityRow.closed_at.is_(None), or_(*conditions))


def _lines(conn: Connection, rows: Sequence[Any]) -> list[CustomerLine]:
    held: dict[int, list[Identity]] = {row.id: [] for row in rows}
    if rows:
        identities = (
            select(IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value)
            .where(IdentityRow.customer_id.in_(list(held)), IdentityRow.closed_at.is_(None))
            .order_by(IdentityRow.id)
        )
        for row in conn.execute(identities):
            held[row.customer_id].append(Identity(row.scheme, row.value))
    return [CustomerLine(**row._mapping, identities=tuple(held[row.id])) for row in rows]


def names_of(conn: Connection, customers: Iterable[int]) -> dict[int, str]:
    """Returns what customers are called: by their name, else by the address known longest."""
    wanted = sorted(set(customers))
    if not wanted:
        return {}
    rows = conn.execute(select(CustomerRow.id, CustomerRow.display_name).where(CustomerRow.id.in_(wanted)))
    names = {row.id: row.display_name for row in rows}
    held = conn.execute(
        select(IdentityRow.customer_id, IdentityRow.value)
        .where(IdentityRow.customer_id.in_(wanted), IdentityRow.closed_at.is_(None))
        .order_by(IdentityRow.id.desc())
    )
    addresses = {row.customer_id: row.value for row in held}
    return {number: name or addresses.get(number, "") for number, name in names.items()}
