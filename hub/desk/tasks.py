"""Tasks: what somebody has to do, added and ticked off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, insert, select, update

from hub.desk.conversations import ASSIGNABLE
from hub.model.clean import clean_header
from hub.model.errors import NotFound, Refused
from hub.store import audit, customers
from hub.store.audit import Actor
from hub.store.tables import ConversationRow, StaffRow, TaskRow

_LONGEST = 300


def add_task(
    conn: Connection,
    title: str,
    by: Actor,
    *,
    customer_id: int | None = None,
    conversation_id: int | None = None,
    assignee_id: int | None = None,
    due_at: datetime | None = None,
) -> int:
    """Adds a task; returns its id. Raises Refused without a title, NotFound for anything named that is not there."""
    title = clean_header(title)[:_LONGEST]
    if not title:
        raise Refused("A task needs a title.", field="title", next_step="Say in a few words what is to be done.")
    if customer_id is not None:
        customers.require(conn, customer_id)
    if conversation_id is not None and not conn.scalar(select(exists().where(ConversationRow.id == conversation_id))):
        raise NotFound(f"There is no conversation {conversation_id}.")
    if assignee_id is not None and not conn.scalar(
        select(
            exists().where(StaffRow.id == assignee_id, StaffRow.disabled_at.is_(None), StaffRow.role.in_(ASSIGNABLE))
        )
    ):
        raise NotFound("There is no such staff member.")
    task: int = conn.execute(
        insert(TaskRow)
        .values(
            kind="todo",
            title=title,
            customer_id=customer_id,
            conversation_id=conversation_id,
            assignee_id=assignee_id,
            due_at=due_at,
            created_at=by.at,
        )
        .returning(TaskRow.id)
    ).scalar_one()
    audit.note(conn, by, "task.added", f"task/{task}")
    return task


def finish_task(conn: Connection, task_id: int, by: Actor) -> None:
    """Ticks a task off; doing it twice changes nothing. Raises NotFound."""
    _move(conn, task_id, "done", by)


def reopen_task(conn: Connection, task_id: int, by: Actor) -> None:
    """Takes the tick back. Raises NotFound."""
    _move(conn, task_id, "open", by)


def _move(conn: Connection, task_id: int, state: str, by: Actor) -> None:
    if not conn.scalar(select(exists().where(TaskRow.id == task_id))):
        raise NotFound(f"There is no task {task_id}.")
    moved = conn.execute(
        update(TaskRow)
        .where(TaskRow.id == task_id, TaskRow.state != state)
        .values(state=state, done_at=by.at if state == "done" else None)
    )
    if moved.rowcount == 1:
        audit.note(conn, by, f"task.{state}", f"task/{task_id}")
