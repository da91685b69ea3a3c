"""The chain of consents: each row's keyed digest covers the row before it, and outlasts the erasure of its person.

What names a person enters the chain as a keyed digest of its own. An erased field leaves that digest in the row, so the
chain is verified after an erasure as before it, and nobody without the key can say what the field said.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select, text, update

from hub.model.bases import Basis
from hub.store.tables import ConsentRow

# By which rule the digest of a new row is made. 1: over the fields themselves, as the first versions of the hub did;
# 2: without the basis, of which there was one only.
CHAINED = 3
_OWN_BASIS = 3
PERSONAL = ("wording", "ip", "user_agent")
_PLAIN = ("identity_id", "purpose", "granted", "version", "language", "source")
_FIRST = (*_PLAIN, *PERSONAL)
_SEAL = "seal"
# Any constant does.
_LOCK = text("SELECT pg_advisory_xact_lock(7341001)")


def lock(conn: Connection) -> None:
    """Lets one write to the chain at a time, until the commit; SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)


def digest(previous: str, row: Mapping[str, Any], key: bytes, chained: int = CHAINED) -> str:
    """Returns the keyed digest of a row and all before it; without the key nobody can make a chain that fits."""
    if chained == 1:
        return _keyed(key, previous, {name: row.get(name, "") for name in _FIRST} | _at(row))
    basis = {"basis": _basis(row)} if chained >= _OWN_BASIS else {}
    return _keyed(key, previous, _plain(row) | _digests(row, key) | {"chained": chained} | basis)


def breaks(conn: Connection, key: bytes) -> Iterator[int]:
    """Yields the ids of rows whose digest does not fit: evidence that was changed outside the hub."""
    previous = ""
    for found in conn.execute(select(ConsentRow.__table__).order_by(ConsentRow.id)):
        row = dict(found._mapping)
        if not _fits(previous, row, key):
            yield row["id"]
        previous = row["digest"]


def erase(conn: Connection, identities: Sequence[int], key: bytes) -> int:
    """Clears what names a person in the evidence of these identities; the digests stay. Returns how many rows."""
    rows = conn.execute(
        select(ConsentRow.__table__).where(ConsentRow.identity_id.in_(identities), ConsentRow.erased.is_(None))
    ).all()
    for found in rows:
        row = dict(found._mapping)
        left: dict[str, str] = _digests(row, key)
        if row["chained"] == 1:
            left[_SEAL] = _keyed(key, row["digest"], _plain(row) | left)
        emptied = dict.fromkeys(PERSONAL, "")
        conn.execute(update(ConsentRow).where(ConsentRow.id == row["id"]).values(**emptied, erased=left))
    return len(rows)


def _fits(previous: str, row: Mapping[str, Any], key: bytes) -> bool:
    left = row["erased"]
    if left is not None and any(row[name] for name in PERSONAL):
        return False
    if row["chained"] < _OWN_BASIS and _basis(row) != Basis.CONSENT:
        return False
    if left is None or row["chained"] != 1:
        expected = digest(previous, row, key, row["chained"])
        return hmac.compare_digest(expected, row["digest"])
    # Its fields are gone and with them what its digest was made of: the seal stands in for it, and the row after it
    # covers the digest as before.
    digests = {name: left.get(name, "") for name in PERSONAL}
    return hmac.compare_digest(_keyed(key, row["digest"], _plain(row) | digests), str(left.get(_SEAL, "")))


def _basis(row: Mapping[str, Any]) -> str:
    return str(row.get("basis") or Basis.CONSENT)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name, "") for name in _PLAIN} | _at(row)


def _at(row: Mapping[str, Any]) -> dict[str, str]:
    return {"at": row["at"].isoformat()}


def _digests(row: Mapping[str, Any], key: bytes) -> dict[str, str]:
    left = row.get("erased") or {}
    return {
        name: left.get(name) or hmac.new(key, f"{name}\0{row.get(name) or ''}".encode(), hashlib.sha256).hexdigest()
        for name in PERSONAL
    }


def _keyed(key: bytes, previous: str, fields: Mapping[str, Any]) -> str:
    body = previous.encode() + orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return hmac.new(key, body, hashlib.sha256).hexdigest()
