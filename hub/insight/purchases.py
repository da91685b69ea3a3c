"""Purchases as pages show them: the newest of everybody, and what one customer bought in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.insight.paging import Page, page_of, time_cursor
from hub.insight.people import names_of
from hub.store import purchases
from hub.store.purchases import Stored, Total


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """One purchase with the name of who bought."""

    stored: Stored
    customer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What a customer paid in each currency, and their newest purchases."""

    totals: Sequence[Total]
    newest: Sequence[Stored]


def purchase_lines(
    conn: Connection, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> Page[PurchaseLine]:
    """Returns purchases, newest first; `before`: what `read_time_cursor` read."""
    rows = purchases.listed(conn, before=before, limit=limit + 1)
    page = page_of(rows, limit, lambda row: time_cursor(row.purchase.bought_at, row.id))
    names = names_of(conn, {row.customer_id for row in page.items})
    lines = tuple(PurchaseLine(stored=row, customer_name=names.get(row.customer_id, "")) for row in page.items)
    return Page(lines, page.next)


def bought(conn: Connection, customer_id: int, *, limit: int = 5) -> Bought:
    """Returns what a customer bought, all in all and lately."""
    return Bought(totals=purchases.totals(conn, customer_id), newest=purchases.of(conn, customer_id, limit))
