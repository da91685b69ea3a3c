"""Erasures once more: after a backup of before was restored, by the list that is kept outside of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.outbound import Purpose
from hub.store.erasing.erase import erase
from hub.store.erasing.met import ERASED, digest_of
from hub.store.erasing.person import person_of
from hub.store.keys import Keys
from hub.store.tables import CustomerRow, ErasureRow, IdentityRow, SuppressionRow
from hub.store.upsert import insert_new

_LINE = ("key", "customer_id", "reason", "digests", "by")


def kept(conn: Connection, _: None = None) -> list[dict[str, Any]]:
    """Returns every erasure that this database knows of, as the list outside keeps them: by whom, when, digests."""
    rows = conn.execute(select(ErasureRow.__table__).order_by(ErasureRow.id)).mappings()
    return [{**{name: row[name] for name in _LINE}, "at": row["at"].isoformat()} for row in rows]


def keep(conn: Connection, line: Mapping[str, Any], counts: Mapping[str, int], now: datetime) -> bool:
    """Notes an erasure; returns False where this database knows of it already."""
    row = {**{name: line[name] for name in _LINE}, "counts": dict(counts), "at": now}
    return insert_new(conn, ErasureRow, [row]) == 1


def repeat(conn: Connection, lines: Sequence[Mapping[str, Any]], keys: Keys, now: datetime) -> list[int]:
    """Repeats the erasures that this database does not know of; returns the customers who were erased once more.

    Who it was is found by the digests of their addresses, so that a number that became somebody else's harms nobody.
    """
    known = set(conn.scalars(select(ErasureRow.key)))
    fresh = [line for line in lines if line["key"] not in known]
    if not fresh:
        return []
    wanted = {digest for line in fresh for digest in line["digests"]}
    insert_new(conn, SuppressionRow, [_silence(digest, now) for digest in sorted(wanted)])
    found = _holders(conn, wanted, keys)
    for customer in found:
        erase(conn, person_of(conn, customer), keys, now)
    for line in fresh:
        keep(conn, line, {}, datetime.fromisoformat(line["at"]))
    return found


def _silence(digest: str, now: datetime) -> dict[str, Any]:
    return {
        "address": digest,
        "purpose": Purpose.PROMOTIONAL.value,
        "channel": "",
        "reason": ERASED,
        "detail": "",
        "at": now,
        "lifted_at": None,
        "lifted_by": "",
    }


def _holders(conn: Connection, wanted: Collection[str], keys: Keys) -> list[int]:
    rows = conn.execute(
        select(CustomerRow.id, CustomerRow.merged_into, IdentityRow.scheme, IdentityRow.value).join(
            IdentityRow, IdentityRow.customer_id == CustomerRow.id
        )
    )
    return sorted({row.merged_into or row.id for row in rows if digest_of(keys, f"{row.scheme}:{row.value}") in wanted})
