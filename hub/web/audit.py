"""The audit log as pages write it: who acts, taken from the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.store import audit
from hub.store.audit import Actor
from hub.web.keys import STAFF
from hub.web.services import SERVICES


def by(request: web.Request) -> Actor:
    """Returns who acts, from where and when: made before the transaction, used in it with `hub.store.audit.note`."""
    services = request.app[SERVICES]
    staff = request.get(STAFF)
    return Actor(
        name=staff.email if staff else "",
        staff_id=staff.id if staff else None,
        ip=request.remote or "",
        at=services.clock(),
        key=services.keys.audit,
    )


def note(
    request: web.Request, conn: Connection, action: str, subject: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Appends an act of this request's staff member, in the transaction of the act."""
    audit.note(conn, by(request), action, subject, detail)
