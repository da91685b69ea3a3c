"""Calls back: open tasks to call somebody, when each is due, and who is to be reminded of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from hub.store import sensitive
from hub.store.sensitive import UNSAID
from hub.store.tables import CustomerRow, IdentityRow, StaffRow, TaskRow

ABOUT: Final = "callback"
KIND: Final = "callback"
# A missed call that nobody gave a time is to be called back within the hour.
WITHIN = timedelta(hours=1)
_OPEN = "open"
_MOST_REMINDED = 10
_TASK = (TaskRow.id, TaskRow.title, TaskRow.customer_id, TaskRow.assignee_id, TaskRow.due_at, TaskRow.created_at)

_TALK = TaskRow.conversation_id.label("talk")


def due_between(conn: Connection, first: datetime, last: datetime, limit: int = 250) -> list[dict[str, Any]]:
    """Returns open tasks to call back that are due in a span, the earliest first; `due_at` is always known."""
    due = func.coalesce(TaskRow.due_at, TaskRow.created_at)
    # Those without a time of their own count from when they were made.
    rows = conn.execute(
        select(*_TASK)
        .where(TaskRow.kind == KIND, TaskRow.state == _OPEN, due >= first - WITHIN, due <= last)
        .order_by(due, TaskRow.id)
        .limit(limit)
    )
    told = [_told(row) for row in rows]
    return [task for task in told if first <= task["due_at"] <= last]


def _told(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {**row._mapping, "due_at": row.due_at or row.created_at + WITHIN}


def stand(conn: Connection, tasks: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """Returns when each task is due and whether it still is."""
    rows = conn.execute(select(*_TASK, TaskRow.state).where(TaskRow.id.in_(tasks)))
    found = [(_told(row), row.state) for row in rows]
    return {task["id"]: (task["due_at"], "due" if state == _OPEN else "done") for task, state in found}


def reminded(conn: Connection, task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns whom to remind of a task: who has it, else every agent, else every admin."""
    staff = select(StaffRow.id, StaffRow.email, StaffRow.display_name, StaffRow.time_zone).where(
        StaffRow.disabled_at.is_(None)
    )
    ways = [StaffRow.id == task["assignee_id"]] if task["assignee_id"] else []
    for which in (*ways, StaffRow.role == "agent", StaffRow.role == "admin"):
        rows = conn.execute(staff.where(which).order_by(StaffRow.id).limit(_MOST_REMINDED)).all()
        if rows:
            return [dict(row._mapping) for row in rows]
    return []


def told_of(conn: Connection, tasks: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns what templates may say of tasks: title, customer, phone, due_at."""
    if not tasks:
        return {}
    phone = (
        select(func.min(IdentityRow.value))
        .where(
            IdentityRow.customer_id == TaskRow.customer_id,
            IdentityRow.scheme == "tel",
            IdentityRow.closed_at.is_(None),
        )
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            *_TASK,
            CustomerRow.display_name.label("customer"),
            phone.label("phone"),
            TaskRow.conversation_id.label("talk"),
        )
        .outerjoin(CustomerRow, CustomerRow.id == TaskRow.customer_id)
        .where(TaskRow.id.in_(tasks))
    )
    found = rows.all()
    unsaid = sensitive.conversations(conn, {row.talk for row in found})
    return {row.id: {**_told(row), **({"title": UNSAID} if row.talk in unsaid else {})} for row in found}
