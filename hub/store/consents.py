"""Consents and suppressions: append-only evidence, chained by keyed digests, and addresses not to be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hub.store import agreed, consent_chain
from hub.store.tables import ConsentRow, SuppressionRow
from hub.store.upsert import insert_new

_OF_IDENTITIES = (
    select(ConsentRow.__table__)
    .where(ConsentRow.identity_id.in_(bindparam("identities", expanding=True)))
    .order_by(ConsentRow.id)
)
_LAST = select(ConsentRow.digest).order_by(ConsentRow.id.desc()).limit(1)
_APPEND = ConsentRow.__table__.insert().returning(ConsentRow.id)
_OF_ADDRESSES = select(SuppressionRow.__table__).where(
    SuppressionRow.address.in_(bindparam("addresses", expanding=True)), SuppressionRow.lifted_at.is_(None)
)


def record(conn: Connection, rows: Sequence[Mapping[str, Any]], key: bytes) -> list[int]:
    """Appends consent evidence and returns the ids; each digest covers the one before, keyed by `key`.

    A row: identity_id, purpose, granted, wording, version, language, source, ip, user_agent, at, interaction_id, basis.
    """
    if not rows:
        return []
    consent_chain.lock(conn)
    previous = conn.scalar(_LAST) or ""
    ids = []
    for row in rows:
        previous = consent_chain.digest(previous, row, key)
        evidence = {**row, "digest": previous, "chained": consent_chain.CHAINED}
        ids.append(conn.execute(_APPEND, evidence).scalar_one())
    agreed.keep(conn, rows)
    return ids


def chain_breaks(conn: Connection, key: bytes) -> list[int]:
    """Returns the ids of rows whose digest does not fit: evidence that was changed outside the hub."""
    return list(consent_chain.breaks(conn, key))


def in_force(conn: Connection, identities: Sequence[int]) -> dict[tuple[int, str], dict[str, Any]]:
    """Returns the newest evidence of each (identity, purpose)."""
    if not identities:
        return {}
    rows = conn.execute(_OF_IDENTITIES, {"identities": identities})
    return {(row.identity_id, row.purpose): dict(row._mapping) for row in rows}


def suppress(
    conn: Connection,
    address: str,
    reason: str,
    now: datetime,
    *,
    purpose: str = "",
    channel: str = "",
    detail: str = "",
) -> None:
    """Notes that an address must not be written to; saying it twice changes nothing."""
    row = {
        "address": address,
        "purpose": purpose,
        "channel": channel,
        "reason": reason,
        "detail": detail,
        "at": now,
    }
    insert_new(conn, SuppressionRow, [row])


def lift(
    conn: Connection,
    address: str,
    reasons: Sequence[str],
    now: datetime,
    by: str,
    *,
    channel: str = "",
    purpose: str = "",
) -> int:
    """Ends suppressions of an address for these reasons; returns how many. Of one channel or purpose only, if named."""
    statement = update(SuppressionRow).where(
        SuppressionRow.address == address, SuppressionRow.reason.in_(reasons), SuppressionRow.lifted_at.is_(None)
    )
    if channel:
        statement = statement.where(SuppressionRow.channel == channel)
    if purpose:
        statement = statement.where(SuppressionRow.purpose == purpose)
    return conn.execute(statement.values(lifted_at=now, lifted_by=by)).rowcount


def suppressions(conn: Connection, addresses: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Returns what is in force against each address."""
    found: dict[str, list[dict[str, Any]]] = {}
    if addresses:
        for row in conn.execute(_OF_ADDRESSES, {"addresses": addresses}):
            found.setdefault(row.address, []).append(dict(row._mapping))
    return found
