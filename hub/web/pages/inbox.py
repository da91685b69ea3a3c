"""The inbox: conversations by state, filtered by what stands in the address."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk.conversations import ASSIGNABLE
from hub.insight.history import MEDIA
from hub.insight.inbox import STATES, inbox, waiting_counts
from hub.insight.paging import read_id
from hub.store.staff import StaffMember, everyone
from hub.web.auth import STAFF, allow
from hub.web.pages.fields import READERS, is_part, read
from hub.web.rendering import render


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a page of conversations, or its next rows for htmx."""
    asked = request.query
    state, medium, words = asked.get("state", "open"), asked.get("medium", ""), asked.get("words", "")[:200]
    whose = asked.get("assignee", "")
    before = asked.get("before", "")
    assignee = request[STAFF].id if whose == "me" else read_id(whose, "assignee") if whose != "nobody" else None

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        page = inbox(
            conn,
            state=state,
            medium=medium,
            assignee=assignee,
            unassigned=whose == "nobody",
            words=words,
            before=before,
        )
        return {"page": page, "counts": waiting_counts(conn), "members": assignable(conn)}

    return render(
        request,
        "inbox.html",
        block="lines" if is_part(request) else None,
        **await read(request, ask, None),
        state=state,
        states=STATES,
        medium=medium,
        media=[name for name in MEDIA if name not in ("note", "survey")],
        assignee=whose,
        words_given=words,
        filtered=bool(medium or whose or words or before),
    )


def assignable(conn: Connection) -> list[StaffMember]:
    """Returns staff that can be given work."""
    return [member for member in everyone(conn) if not member.disabled and member.role in ASSIGNABLE]


def routes() -> list[web.RouteDef]:
    return [web.get("/inbox", show)]
