"""Tasks: what somebody has to do, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from hub.insight.paging import Page, one_of, page_of
from hub.store import sensitive, sight
from hub.store.interactions import by_ids
from hub.store.tables import CustomerRow, StaffRow, TaskRow

STATES = ("open", "done")
# What stands in the place of words that are not for everybody.
UNSEEN = sensitive.UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task; `kind`: callback, detractor, opt_unsure, todo, ..."""

    id: int
    kind: str
    title: str
    customer_id: int | None
    customer_name: str
    conversation_id: int | None
    interaction_id: int | None
    assignee_id: int | None
    assignee_name: str
    state: str
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None


_LINES = (
    select(
        TaskRow.id,
        TaskRow.kind,
        TaskRow.title,
        TaskRow.customer_id,
        func.coalesce(CustomerRow.display_name, "").label("customer_name"),
        TaskRow.conversation_id,
        TaskRow.interaction_id,
        TaskRow.assignee_id,
        func.coalesce(StaffRow.display_name, "").label("assignee_name"),
        TaskRow.state,
        TaskRow.due_at,
        TaskRow.created_at,
        TaskRow.done_at,
    )
    .outerjoin(CustomerRow, CustomerRow.id == TaskRow.customer_id)
    .outerjoin(StaffRow, StaffRow.id == TaskRow.assignee_id)
)


_OPEN = _LINES.where(TaskRow.state == "open").order_by(TaskRow.due_at.is_(None), TaskRow.due_at, TaskRow.id.desc())
_OPEN_OF_CUSTOMER = _OPEN.where(TaskRow.customer_id == bindparam("customer")).limit(bindparam("most"))


def open_tasks_of(conn: Connection, customer_id: int, *, limit: int = 50) -> list[TaskLine]:
    """Returns the open tasks about a customer: those due first, then those without a date, the newest first."""
    return _told(conn, conn.execute(_OPEN_OF_CUSTOMER, {"customer": customer_id, "most": limit}))


def open_tasks(conn: Connection, *, assignee: int | None, due_before: datetime, limit: int = 50) -> list[TaskLine]:
    """Returns open tasks: those due by then, and those without a date, the newest first.

    `assignee`: theirs and nobody's; None: everybody's.
    """
    statement = _OPEN.where(or_(TaskRow.due_at <= due_before, TaskRow.due_at.is_(None)))
    if assignee is not None:
        statement = statement.where(or_(TaskRow.assignee_id == assignee, TaskRow.assignee_id.is_(None)))
    return _told(conn, conn.execute(statement.limit(limit)))


def tasks(conn: Connection, *, state: str = "open", before: int | None = None, limit: int = 50) -> Page[TaskLine]:
    """Returns tasks of a state, newest first. Raises Refused for a state that is none."""
    statement = _LINES.where(TaskRow.state == one_of(state, STATES, "state"))
    if before is not None:
        statement = statement.where(TaskRow.id < before)
    rows = conn.execute(statement.order_by(TaskRow.id.desc()).limit(limit + 1))
    return page_of(_told(conn, rows), limit, lambda line: str(line.id))


def _told(conn: Connection, rows: Iterable[Any]) -> list[TaskLine]:
    """Takes the words out of tasks about what is health-class, for those who must not see it."""
    lines = [TaskLine(**row._mapping) for row in rows]
    known = sensitive.marks(conn)
    if not known.talks:
        return lines
    talks = sensitive.conversations(conn, [line.conversation_id for line in lines], known)
    said = by_ids(conn, sorted({line.interaction_id for line in lines if line.interaction_id is not None}))
    about = sensitive.interactions(conn, said, known)
    return [
        replace(line, title=UNSEEN)
        if (line.conversation_id in talks or line.interaction_id in about)
        and not sight.may_show(line.customer_id or 0, f"task:{line.id}")
        else line
        for line in lines
    ]
