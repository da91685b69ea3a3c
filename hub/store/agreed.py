"""What each address agreed to last, kept with the address: a segment of many finds it without grouping all evidence.

The evidence alone decides whether something may be sent (hub.store.consents.in_force, asked for each message); this is
worked out from it, by the one place that appends to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, ScalarSelect, bindparam, or_, select, update

from hub.model.outbound import Purpose
from hub.store import consent_chain
from hub.store.tables import ConsentRow, IdentityRow

COLUMNS: Mapping[str, Any] = {purpose.value: getattr(IdentityRow, f"agreed_{purpose.value}") for purpose in Purpose}
_KEEP = {
    purpose: update(IdentityRow)
    .where(IdentityRow.id == bindparam("identity"))
    .values({column.key: bindparam("granted")})
    for purpose, column in COLUMNS.items()
}


def newest(purpose: str) -> ScalarSelect[Any]:
    """Returns the newest word of the evidence of the identity in hand on a purpose, null for none."""
    return (
        select(ConsentRow.granted)
        .where(ConsentRow.identity_id == IdentityRow.id, ConsentRow.purpose == purpose)
        .order_by(ConsentRow.id.desc())
        .limit(1)
        .correlate(IdentityRow)
        .scalar_subquery()
    )


def keep(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps what these rows of evidence say, the newest last; what is no purpose of messages is kept nowhere."""
    said: dict[str, dict[int, bool]] = {}
    for row in rows:
        if row["purpose"] in COLUMNS:
            said.setdefault(row["purpose"], {})[row["identity_id"]] = row["granted"]
    for purpose, words in said.items():
        # In one order, so that two who keep the same ones wait for each other and not crosswise.
        given = [{"identity": identity, "granted": words[identity]} for identity in sorted(words)]
        conn.execute(_KEEP[purpose], given)


def differing(conn: Connection) -> list[int]:
    """Returns the identities of which something else is kept than the evidence says; it reads all of it."""
    wrong = or_(*(column.is_distinct_from(newest(purpose)) for purpose, column in COLUMNS.items()))
    return list(conn.scalars(select(IdentityRow.id).where(wrong).order_by(IdentityRow.id)))


def mend(conn: Connection, identities: Sequence[int]) -> None:
    """Makes what is kept of these identities say what the evidence says."""
    consent_chain.lock(conn)
    anew = {column.key: newest(purpose) for purpose, column in COLUMNS.items()}
    conn.execute(update(IdentityRow).where(IdentityRow.id.in_(identities)).values(anew))
