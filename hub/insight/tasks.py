"""Tasks: what somebody has to do, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from hub.insight.paging import Page, one_of, page_of
from hub.store.tables import CustomerRow, StaffRow, TaskRow

STATES = ("open", "done")


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


def open_tasks(
    conn: Connection,
    *,
    customer_id: int | None = None,
    assignee: int | None = None,
    due_before: datetime | None = None,
    limit: int = 50,
) -> Page[TaskLine]:
    """Returns open tasks: those due first, then those without a date, the newest first.

    `assignee`: theirs and nobody's; `due_before`: those due by then and those without a date.
    """
    statement = _LINES.where(TaskRow.state == "open")
    if customer_id is not None:
        statement = statement.where(TaskRow.customer_id == customer_id)
    if assignee is not None:
        statement = statement.where(or_(TaskRow.assignee_id == assignee, TaskRow.assignee_id.is_(None)))
    if due_before is not None:
        statement = statement.where(or_(TaskRow.due_at <= due_before, TaskRow.due_at.is_(None)))
    ordered = statement.order_by(TaskRow.due_at.is_(None), TaskRow.due_at, TaskRow.id.desc()).limit(limit + 1)
    return page_of([TaskLine(**row._mapping) for row in conn.execute(ordered)], limit, lambda line: str(line.id))


def tasks(conn: Connection, *, state: str = "open", before: int | None = None, limit: int = 50) -> Page[TaskLine]:
    """Returns tasks of a state, newest first. Raises Refused for a state that is none."""
    statement = _LINES.where(TaskRow.state == one_of(state, STATES, "state"))
    if before is not None:
        statement = statement.where(TaskRow.id < before)
    rows = conn.execute(statement.order_by(TaskRow.id.desc()).limit(limit + 1))
    return page_of([TaskLine(**row._mapping) for row in rows], limit, lambda line: str(line.id))
