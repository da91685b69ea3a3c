"""Limits: what must not be done with a customer, and until when; what they asked for, or what we learnt of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from hub.store.question import Question, columns_of
from hub.store.tables import CustomerLimitRow
from hub.store.upsert import insert_new


class Limit(StrEnum):
    """`deceased`: nothing at all; `restriction` (GDPR article 18): nothing they did not ask for; `profiling` (article
    21): no choosing by what they did; `child` (article 8): no promotions without a guardian's consent.
    """

    DECEASED = "deceased"
    RESTRICTION = "restriction"
    PROFILING = "profiling"
    CHILD = "child"


class Held(NamedTuple):
    """A limit in force; `guardian`: who may agree for a child."""

    customer_id: int
    kind: str
    guardian: str
    since: datetime


_IN_FORCE = Question(
    columns_of(CustomerLimitRow.customer_id, CustomerLimitRow.kind, CustomerLimitRow.guardian, CustomerLimitRow.since),
    "customer_limit WHERE customer_limit.customer_id {among} AND customer_limit.lifted_at IS NULL"
    " ORDER BY customer_limit.id",
)


def in_force(conn: Connection, customers: Sequence[int]) -> dict[int, list[Held]]:
    """Returns the limits of each customer who has any."""
    found: dict[int, list[Held]] = {}
    for row in _IN_FORCE(conn, customers):
        found.setdefault(row[0], []).append(Held(*row))
    return found


def objected(conn: Connection, customers: Sequence[int]) -> set[int]:
    """Returns those of these customers who objected to profiling."""
    return {
        one for one, held in in_force(conn, customers).items() if any(each.kind == Limit.PROFILING for each in held)
    }


def of_customer(conn: Connection, customer_id: int) -> list[dict[str, object]]:
    """Returns the limits of a customer, those that were lifted too, newest first."""
    rows = conn.execute(
        select(*CustomerLimitRow.__table__.c)
        .where(CustomerLimitRow.customer_id == customer_id)
        .order_by(CustomerLimitRow.id.desc())
    )
    return [dict(row._mapping) for row in rows]


def has(conn: Connection, customer_id: int, kind: Limit) -> bool:
    """Says whether a limit of this kind is in force."""
    return any(one.kind == kind for one in in_force(conn, [customer_id]).get(customer_id, ()))


def limit(
    conn: Connection,
    customer_id: int,
    kind: Limit,
    why: str,
    by: str,
    now: datetime,
    *,
    guardian: str = "",
    request_id: int | None = None,
) -> None:
    """Puts a limit in force; one of this kind that is there already stays as it is."""
    row = {
        "customer_id": customer_id, "kind": kind.value, "why": why, "guardian": guardian, "request_id": request_id,
        "since": now, "by": by, "lifted_by": "",
    }  # fmt: skip
    insert_new(conn, CustomerLimitRow, [row])


def lift(conn: Connection, customer_id: int, kind: Limit, by: str, now: datetime) -> bool:
    """Ends a limit; returns whether there was one."""
    held = update(CustomerLimitRow).where(
        CustomerLimitRow.customer_id == customer_id,
        CustomerLimitRow.kind == kind.value,
        CustomerLimitRow.lifted_at.is_(None),
    )
    return conn.execute(held.values(lifted_at=now, lifted_by=by)).rowcount == 1
