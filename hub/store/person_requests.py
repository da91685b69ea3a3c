"""Requests of persons as rows: kept with their deadline, found when they are due, closed with what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.model.errors import NotFound
from hub.model.person_request import RequestState
from hub.store.tables import CustomerRow, PersonRequestRow

_ALL = tuple(PersonRequestRow.__table__.c)
_OPEN = PersonRequestRow.state == RequestState.OPEN.value


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Keeps a request; returns its id."""
    return int(conn.execute(insert(PersonRequestRow).values(row).returning(PersonRequestRow.id)).scalar_one())


def get(conn: Connection, request_id: int) -> dict[str, Any]:
    """Returns a request, locked until the commit. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(PersonRequestRow.id == request_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no request {request_id}.")
    return dict(row._mapping)


def of_task(conn: Connection, task_id: int | None) -> int | None:
    """Returns the request that a task is about, None for a task that is about none."""
    return conn.scalar(select(PersonRequestRow.id).where(PersonRequestRow.task_id == task_id))


def change(conn: Connection, request_id: int, **values: Any) -> None:
    """Changes a request."""
    conn.execute(update(PersonRequestRow).where(PersonRequestRow.id == request_id).values(**values))


def listed(
    conn: Connection,
    *,
    state: str = "",
    customer_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Returns requests with their customer's name (`customer`), the newest first; `before`: the last number seen."""
    statement = (
        select(*_ALL, func.coalesce(CustomerRow.display_name, "").label("customer"))
        .outerjoin(CustomerRow, CustomerRow.id == PersonRequestRow.customer_id)
        .limit(limit)
    )
    if state:
        statement = statement.where(PersonRequestRow.state == state)
    if customer_id is not None:
        statement = statement.where(PersonRequestRow.customer_id == customer_id)
    if before is not None:
        statement = statement.where(PersonRequestRow.id < before)
    return [dict(row._mapping) for row in conn.execute(statement.order_by(PersonRequestRow.id.desc()))]


def pressing(conn: Connection, now: datetime, soon: timedelta) -> tuple[int, int]:
    """Returns how many open requests are late, and how many more are due soon."""
    late = conn.scalar(select(func.count()).where(_OPEN, PersonRequestRow.due_at <= now)) or 0
    both = conn.scalar(select(func.count()).where(_OPEN, PersonRequestRow.due_at <= now + soon)) or 0
    return late, both - late


def country_of(conn: Connection, customer_id: int | None) -> frozenset[str]:
    """Returns the country whose law sets the deadline of a customer's request, nothing where nobody knows it."""
    if customer_id is None:
        return frozenset()
    country = conn.scalar(select(CustomerRow.country).where(CustomerRow.id == customer_id))
    return frozenset({country}) if country else frozenset()
