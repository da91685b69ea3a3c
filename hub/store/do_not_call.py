"""Do-not-call lists: loaded in pieces, kept as keyed digests, asked by number; of each name the newest whole one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, delete, insert, select, update

from hub.model.errors import NotFound
from hub.store.keys import Keys
from hub.store.question import Question, columns_of
from hub.store.tables import DoNotCallListRow, DoNotCallNumberRow
from hub.store.upsert import insert_new

LOADING, LOADED = "loading", "loaded"
_ALL = tuple(DoNotCallListRow.__table__.c)
_DIGITS = 32
_ON = Question(
    columns_of(DoNotCallNumberRow.digest) | {"do_not_call_number.list_id": BigInteger()},
    "do_not_call_number WHERE do_not_call_number.digest {among}",
    keys="TEXT",
)


def digest_of(keys: Keys, number: str) -> str:
    """Returns how a number (E.164) is known: without the key nobody can try numbers against it."""
    return hmac.new(keys.erasure, f"do-not-call\0{number}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def begin(conn: Connection, name: str, as_of: datetime, by: str, now: datetime) -> int:
    """Begins to load a list; it counts when it is finished. Returns its id."""
    row = {"name": name, "state": LOADING, "as_of": as_of, "loaded_at": now, "loaded_by": by}
    return int(conn.execute(insert(DoNotCallListRow).values(row).returning(DoNotCallListRow.id)).scalar_one())


def add(conn: Connection, list_id: int, digests: Sequence[str]) -> None:
    """Adds numbers to a list that is being loaded, by their digests; one that it has already is no other."""
    insert_new(conn, DoNotCallNumberRow, [{"digest": each, "list_id": list_id} for each in digests])


def finish(conn: Connection, list_id: int, numbers: int, unread: int) -> list[int]:
    """Makes a list count; returns the lists of the same name that it takes the place of, to be dropped."""
    name = conn.scalar(
        update(DoNotCallListRow)
        .where(DoNotCallListRow.id == list_id)
        .values(state=LOADED, numbers=numbers, unread=unread)
        .returning(DoNotCallListRow.name)
    )
    rows = conn.scalars(select(DoNotCallListRow.id).where(DoNotCallListRow.name == name, DoNotCallListRow.id < list_id))
    before = list(rows)
    conn.execute(delete(DoNotCallListRow).where(DoNotCallListRow.id.in_(before)))
    return before


def forget(conn: Connection, list_id: int) -> None:
    """Takes a list back: nobody is asked about it any more. Raises NotFound. Its numbers are dropped in pieces."""
    if not conn.execute(delete(DoNotCallListRow).where(DoNotCallListRow.id == list_id)).rowcount:
        raise NotFound(f"There is no do-not-call list {list_id}.")


def drop(conn: Connection, list_id: int, most: int) -> int:
    """Drops some numbers of a list that is gone; returns how many."""
    some = select(DoNotCallNumberRow.digest).where(DoNotCallNumberRow.list_id == list_id).limit(most)
    gone = delete(DoNotCallNumberRow).where(
        DoNotCallNumberRow.list_id == list_id, DoNotCallNumberRow.digest.in_(some.scalar_subquery())
    )
    return conn.execute(gone).rowcount


def lists(conn: Connection) -> list[dict[str, Any]]:
    """Returns the lists that count, by name."""
    rows = conn.execute(
        select(*_ALL).where(DoNotCallListRow.state == LOADED).order_by(DoNotCallListRow.name, DoNotCallListRow.id)
    )
    return [dict(row._mapping) for row in rows]


def named(conn: Connection, keys: Keys, numbers: Sequence[str], counting: Sequence[int]) -> Mapping[str, int]:
    """Returns for each number on one of these lists the list that has it."""
    known = {digest_of(keys, number): number for number in numbers}
    found: dict[str, int] = {}
    for digest, list_id in _ON(conn, sorted(known)):
        if list_id in counting:
            found[known[digest]] = list_id
    return found
