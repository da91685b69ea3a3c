"""Tasks: what somebody has to do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import opt_decision
from hub.desk import tasks as desk
from hub.insight import tasks as insight
from hub.insight.paging import read_id
from hub.model.errors import NotFound
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Moment, PageQuery, Told


class Task(Told):
    """`kind`: callback, detractor, opt_unsure, todo, ..."""

    id: Id
    kind: str
    title: str
    customer_id: Id | None
    customer_name: str
    conversation_id: Id | None
    interaction_id: Id | None
    assignee_id: Id | None
    assignee_name: str
    state: str
    due_at: Moment | None
    created_at: Moment
    done_at: Moment | None


class TaskQuery(PageQuery):
    state: Literal["open", "done"] = "open"


class NewTask(Given):
    title: Annotated[str, Field(min_length=1, max_length=300)]
    customer_id: Id | None = None
    conversation_id: Id | None = None
    assignee_id: Id | None = None
    due_at: Moment | None = None


class Meant(Given):
    """What somebody meant whose words were unclear: that they want no more promotions, or not."""

    stop: bool


class TaskChange(Given):
    state: Literal["open", "done"]


@operation("GET", "/tasks", roles=READERS, summary="Tasks, newest first")
async def list_tasks(call: Call, query: TaskQuery) -> Items[Task]:
    page = await call.read(insight.tasks, state=query.state, before=read_id(query.before), limit=query.limit)
    return Items[Task].model_validate({"items": page.items, "next": page.next or None})


@operation("GET", "/tasks/{id}", roles=READERS, summary="One task")
async def get_task(call: Call, path: ById) -> Task:
    return await call.read(_task, path.id)


def _task(conn: Connection, task_id: int) -> Task:
    for state in insight.STATES:
        found = insight.tasks(conn, state=state, before=task_id + 1, limit=1).items
        if found and found[0].id == task_id:
            return Task.model_validate(found[0])
    raise NotFound(f"There is no task {task_id}.")


@operation("POST", "/tasks", roles=WORKERS, summary="Add a task", creates=True)
async def add_task(call: Call, body: NewTask) -> Task:
    return await call.create(_add, body, call.by)


def _add(conn: Connection, body: NewTask, by: Actor) -> Task:
    made = desk.add_task(
        conn,
        body.title,
        by,
        customer_id=body.customer_id,
        conversation_id=body.conversation_id,
        assignee_id=body.assignee_id,
        due_at=body.due_at,
    )
    return _task(conn, made)


@operation("POST", "/tasks/{id}/meant", roles=WORKERS, summary="Say whether somebody meant stop")
async def decide_task(call: Call, path: ById, body: Meant) -> Task:
    return await call.write(_decide, path.id, body.stop, call.by, call.services.keys.consent)


def _decide(conn: Connection, task_id: int, stop: bool, by: Actor, key: bytes) -> Task:
    opt_decision.decide(conn, task_id, by, key, meant_stop=stop)
    return _task(conn, task_id)


@operation("PATCH", "/tasks/{id}", roles=WORKERS, summary="Tick a task off, or take the tick back")
async def change_task(call: Call, path: ById, body: TaskChange) -> Task:
    return await call.write(_change, path.id, body.state, call.by)


def _change(conn: Connection, task_id: int, state: str, by: Actor) -> Task:
    (desk.finish_task if state == "done" else desk.reopen_task)(conn, task_id, by)
    return _task(conn, task_id)
