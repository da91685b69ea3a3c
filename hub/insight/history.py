"""History: a customer's timeline, one conversation, and full-text search; newest first, by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.insight.entries import Entry, entries
from hub.insight.paging import Page, one_of, page_of
from hub.model.contact import Medium
from hub.model.errors import NotFound
from hub.store import interactions, veil
from hub.store.search import search
from hub.store.tables import CustomerRow, IdentityRow
from hub.store.timeline import timeline as newest

MEDIA = tuple(medium.value for medium in Medium)
_LONGEST_SCAN = 1_000
_IDENTITIES = select(IdentityRow.id).where(IdentityRow.customer_id == bindparam("customer")).order_by(IdentityRow.id)


def timeline(
    conn: Connection,
    customer_id: int,
    *,
    before: int | None = None,
    media: Sequence[str] = (),
    words: str = "",
    limit: int = 50,
) -> Page[Entry]:
    """Returns a customer's history over all identities they hold or held, newest first.

    `before`: only entries with a smaller id; `media`: only these; `words`: only what holds all of them.
    Raises NotFound for an unknown customer, Refused for an unknown medium.
    """
    for medium in media:
        one_of(medium, MEDIA, "medium")
    identities = identities_of(conn, customer_id)
    if not identities:
        return Page(())
    if words.strip():
        rows = _found(conn, words, identities, media, before, limit + 1)
    else:
        rows = newest(conn, identities, before=before, media=media, limit=limit + 1)
    return _page(conn, rows, limit)


def identities_of(conn: Connection, customer_id: int) -> list[int]:
    """Returns every identity row of a customer, closed ones too: old interactions stay where they were.

    Raises NotFound.
    """
    found = list(conn.scalars(_IDENTITIES, {"customer": customer_id}))
    if not found and conn.scalar(select(CustomerRow.id).where(CustomerRow.id == customer_id)) is None:
        raise NotFound(f"There is no customer {customer_id}.")
    return found


def conversation_entries(
    conn: Connection, conversation_id: int, *, before: int | None = None, limit: int = 50
) -> Page[Entry]:
    """Returns the newest entries of a conversation, newest first."""
    rows = interactions.of_conversation(conn, conversation_id, before=before, limit=limit + 1)
    return _page(conn, rows, limit)


def search_history(conn: Connection, words: str, *, before: int | None = None, limit: int = 50) -> Page[Entry]:
    """Returns entries of all customers that hold all the words, newest first."""
    ids = search(conn, words, before=before, limit=limit + 1)
    found = veil.findable(conn, interactions.by_ids(conn, ids))
    page = _page(conn, found, limit)
    # What the reader may not find was looked through too: the next page goes on below all of it.
    more = str(ids[-1]) if len(ids) > limit else ""
    return Page(page.items, page.next or more)


def entry(conn: Connection, interaction_id: int) -> Entry:
    """Returns one entry. Raises NotFound."""
    rows = interactions.by_ids(conn, [interaction_id])
    if not rows:
        raise NotFound("There is no such interaction.")
    return entries(conn, rows)[0]


def _found(
    conn: Connection,
    words: str,
    identities: Sequence[int],
    media: Sequence[str],
    before: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Searches within a customer; the index knows no medium, so hits are read on until enough of it are found."""
    rows: list[dict[str, Any]] = []
    seen = 0
    while len(rows) < limit and seen < _LONGEST_SCAN:
        ids = search(conn, words, identities=identities, before=before, limit=limit)
        hits = veil.findable(conn, interactions.by_ids(conn, ids))
        rows += [row for row in hits if not media or row["medium"] in media]
        if len(ids) < limit:
            break
        before, seen = ids[-1], seen + len(ids)
    return rows[:limit]


def _page(conn: Connection, rows: Sequence[dict[str, Any]], limit: int) -> Page[Entry]:
    page = page_of(rows, limit, lambda row: str(row["id"]))
    return Page(tuple(entries(conn, page.items)), page.next)
