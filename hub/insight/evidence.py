"""Evidence: every consent of a customer as it was given, and the addresses that must not be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.insight.history import identities_of
from hub.insight.paging import Page, page_of
from hub.store.tables import ConsentRow, IdentityRow, SuppressionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that a customer agreed to or withdrew; the newest of an identity and purpose is in force."""

    id: int
    identity_id: int
    scheme: str
    value: str
    purpose: str
    granted: bool
    basis: str
    wording: str
    version: str
    language: str
    source: str
    ip: str
    user_agent: str
    at: datetime
    interaction_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An address that must not be written to; `purpose` empty = for anything, `channel` empty = from any sender."""

    id: int
    address: str
    purpose: str
    channel: str
    reason: str
    detail: str
    at: datetime
    lifted_at: datetime | None
    lifted_by: str


_EVIDENCE = [
    ConsentRow.__table__.c[name] for name in Evidence.__slots__ if name not in ("scheme", "value")
]  # fmt: skip


def consents_of(conn: Connection, customer_id: int, *, before: int | None = None, limit: int = 50) -> Page[Evidence]:
    """Returns the evidence of a customer's consents, newest first. Raises NotFound."""
    statement = (
        select(*_EVIDENCE, IdentityRow.scheme, IdentityRow.value)
        .join(IdentityRow, IdentityRow.id == ConsentRow.identity_id)
        .where(ConsentRow.identity_id.in_(identities_of(conn, customer_id)))
    )
    if before is not None:
        statement = statement.where(ConsentRow.id < before)
    rows = conn.execute(statement.order_by(ConsentRow.id.desc()).limit(limit + 1))
    return page_of([Evidence(**row._mapping) for row in rows], limit, lambda line: str(line.id))


def suppressions(
    conn: Connection,
    *,
    address: str = "",
    lifted: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> Page[Suppressed]:
    """Returns what speaks against writing to addresses, newest first; `lifted`: what no longer does, too."""
    statement = select(*[SuppressionRow.__table__.c[name] for name in Suppressed.__slots__])
    if address:
        statement = statement.where(SuppressionRow.address == address)
    if not lifted:
        statement = statement.where(SuppressionRow.lifted_at.is_(None))
    if before is not None:
        statement = statement.where(SuppressionRow.id < before)
    rows = conn.execute(statement.order_by(SuppressionRow.id.desc()).limit(limit + 1))
    return page_of([Suppressed(**row._mapping) for row in rows], limit, lambda line: str(line.id))
