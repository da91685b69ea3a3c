"""A customer's newest interactions over all their identities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Executable, Text, any_, bindparam, func, select, true
from sqlalchemy.dialects import postgresql

from hub.store.interactions import NEWEST, before_key, read_rows
from hub.store.tables import InteractionRow

_OF_IDENTITY = NEWEST.where(InteractionRow.identity_id == bindparam("of"))


def _of_all(*also: ColumnElement[bool]) -> Executable:
    """Returns one statement for all identities: on PostgreSQL each statement is a way to the server and back."""
    array = bindparam("identities", type_=postgresql.ARRAY(BigInteger))
    own = func.unnest(array).table_valued("id").render_derived(name="own")
    newest = NEWEST.where(InteractionRow.identity_id == own.c.id, *also).lateral("newest")
    return select(newest).select_from(own).join(newest, true()).order_by(newest.c.id.desc()).limit(bindparam("limit"))


_OF_ALL = _of_all()
_OF_ALL_BY_MEDIUM = _of_all(InteractionRow.medium == any_(bindparam("media", type_=postgresql.ARRAY(Text))))


def timeline(
    conn: Connection,
    identities: Sequence[int],
    *,
    before: int | None = None,
    media: Sequence[str] = (),
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Returns the newest interactions of these identities, newest first, each with `occurred_at`.

    `before`: only those with a smaller id (keyset paging); `media`: only these channels' media. Each identity is read
    by its own index range and the results are merged, so a customer's 50 newest never cost a sort of all.
    """
    asked: dict[str, Any] = {"before": before_key(before), "limit": limit}
    if conn.dialect.name == "postgresql":
        asked["identities"] = list(identities)
        if media:
            return read_rows(conn, _OF_ALL_BY_MEDIUM, {**asked, "media": list(media)})
        return read_rows(conn, _OF_ALL, asked)
    rows: list[dict[str, Any]] = []
    statement = _OF_IDENTITY.where(InteractionRow.medium.in_(media)) if media else _OF_IDENTITY
    for identity in identities:
        rows += read_rows(conn, statement, {**asked, "of": identity})
    rows.sort(key=lambda row: -row["id"])
    return rows[:limit]
