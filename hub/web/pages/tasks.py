"""Tasks: a small list, added to and ticked off."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import tasks as desk
from hub.insight.paging import read_id
from hub.insight.tasks import STATES, tasks
from hub.web import audit
from hub.web.auth import allow
from hub.web.auth.sign_in import own_path
from hub.web.pages.fields import READERS, WORKERS, form_of, id_of, is_part, moment_of, path_id, read, text_of, write
from hub.web.pages.inbox import assignable
from hub.web.rendering import reader_zone, redirect, render


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows tasks of a state, newest first."""
    state, before = request.query.get("state", "open"), read_id(request.query.get("before", ""))

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {"page": tasks(conn, state=state, before=before), "members": assignable(conn)}

    found = await read(request, ask, None)
    block = "lines" if is_part(request) else None
    return render(request, "tasks.html", block=block, state=state, states=STATES, problem="", title="", **found)


@allow(*WORKERS)
async def add(request: web.Request) -> web.StreamResponse:
    """Adds a task."""
    form, by = await form_of(request), audit.by(request)
    due_at = moment_of(form, "due", reader_zone(request))

    def make(conn: Connection, title: str) -> int:
        return desk.add_task(
            conn,
            title,
            by,
            customer_id=id_of(form, "customer"),
            conversation_id=id_of(form, "conversation"),
            assignee_id=id_of(form, "assignee"),
            due_at=due_at,
        )

    await write(request, make, text_of(form, "title"))
    return redirect(request, own_path(text_of(form, "back") or "/tasks"))


@allow(*WORKERS)
async def finish(request: web.Request) -> web.StreamResponse:
    """Ticks a task off."""
    form, by = await form_of(request), audit.by(request)
    await write(request, lambda conn, number: desk.finish_task(conn, number, by), path_id(request))
    return redirect(request, own_path(text_of(form, "back") or "/tasks"))


@allow(*WORKERS)
async def reopen(request: web.Request) -> web.StreamResponse:
    """Takes the tick back."""
    form, by = await form_of(request), audit.by(request)
    await write(request, lambda conn, number: desk.reopen_task(conn, number, by), path_id(request))
    return redirect(request, own_path(text_of(form, "back") or "/tasks"))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/tasks", show),
        web.post("/tasks", add),
        web.post(r"/tasks/{id:\d+}/done", finish),
        web.post(r"/tasks/{id:\d+}/open", reopen),
    ]
