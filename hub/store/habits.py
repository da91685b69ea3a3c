"""Habits of customers: worked out from a year of what they wrote, kept a row each, asked for when writing to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from hub.model.errors import Refused
from hub.model.habits import SPOKEN, Habits, habits
from hub.model.local_time import zone
from hub.store import limits
from hub.store.batch import insert_batch
from hub.store.ids import first_id, occurred_at
from hub.store.question import Question, columns_of
from hub.store.tables import CustomerRow, HabitRow, IdentityRow, InteractionRow

_A_YEAR = timedelta(days=365)
# So many customers are read, or written, at once.
PAGE = 500
_MOST = 500
_COLUMNS = ("many", "medium", "of_medium", "part_of_day", "in_part", "hour", "of_hour")
_KEPT = insert_batch(HabitRow, ("customer_id", *_COLUMNS, "looked_at"))
_BEST = Question(
    columns_of(HabitRow.customer_id, *(getattr(HabitRow, name) for name in _COLUMNS)),
    "habit WHERE habit.customer_id {among}",
)
_WROTE = (
    select(IdentityRow.customer_id, InteractionRow.medium, InteractionRow.id)
    .join(InteractionRow, InteractionRow.identity_id == IdentityRow.id)
    .where(
        IdentityRow.customer_id.in_(bindparam("customers", expanding=True)),
        InteractionRow.id >= bindparam("since"),
        InteractionRow.direction == "in",
        InteractionRow.medium.in_(SPOKEN),
        or_(InteractionRow.kind == "message", InteractionRow.medium == "call"),
    )
)
_ZONES = Question(columns_of(CustomerRow.id, CustomerRow.time_zone), "customer WHERE customer.id {among}")


def shown(conn: Connection, customers: Sequence[int], now: datetime, own_zone: str) -> dict[int, Habits]:
    """Returns the habits that a year of messages shows of each customer of whom there are enough; only reads."""
    wrote: dict[int, list[tuple[int, str]]] = {}
    asked = {"customers": list(customers), "since": first_id(now - _A_YEAR)}
    for customer, medium, number in conn.execute(_WROTE, asked) if customers else ():
        wrote.setdefault(customer, []).append((number, medium))
    for customer in limits.objected(conn, sorted(wrote)):
        del wrote[customer]  # GDPR article 21: nothing is worked out of what they did
    zones: dict[int, str] = {row[0]: row[1] for row in _ZONES(conn, sorted(wrote))}
    found: dict[int, Habits] = {}
    for customer, those in wrote.items():
        place = _place(zones.get(customer) or own_zone)
        newest = sorted(those, reverse=True)[:_MOST]
        hours = [occurred_at(number).astimezone(place).hour for number, _ in newest]
        if (told := habits([medium for _, medium in newest], hours)) is not None:
            found[customer] = told
    return found


def page(conn: Connection, after: int) -> list[int]:
    """Returns the next customers whose habits are to be worked out, in order of their numbers."""
    asked = select(CustomerRow.id).where(CustomerRow.id > after, CustomerRow.merged_into.is_(None))
    return list(conn.scalars(asked.order_by(CustomerRow.id).limit(PAGE)))


def known(conn: Connection, customers: Sequence[int]) -> dict[int, Habits]:
    """Returns the habits that are kept of these customers; nothing of whom there is too little evidence."""
    found = {row[0]: Habits(**dict(zip(_COLUMNS, row[1:], strict=True))) for row in _BEST(conn, customers)}
    for customer in limits.objected(conn, sorted(found)):
        del found[customer]
    return found


def looked_at(conn: Connection) -> datetime | None:
    """Returns when habits were last worked out; None where none are known."""
    return conn.scalar(select(func.max(HabitRow.looked_at)))


def keep(conn: Connection, given: tuple[Sequence[int], Mapping[int, Habits], datetime]) -> int:
    """Keeps the habits of these customers in the place of what was known of them; returns how many have any."""
    customers, found, now = given
    if customers:
        span = HabitRow.customer_id.between(customers[0], customers[-1])
        conn.execute(delete(HabitRow).where(span))
    rows = [
        {"customer_id": customer, "looked_at": now, **{name: getattr(one, name) for name in _COLUMNS}}
        for customer, one in found.items()
    ]
    _KEPT(conn, rows)
    return len(rows)


@lru_cache(maxsize=512)
def _place(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except Refused:
        return zone("UTC")
