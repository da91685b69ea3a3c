"""Import of appointments: a file is tried first, each row told, then taken in; between the two it is kept as a blob."""

from __future__ import annotations

import asyncio
import hashlib
import hmac

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy import Connection

from hub.desk.appointment_import import Report, import_appointments
from hub.model.errors import HubError, NotFound, Refused
from hub.store import audit as acts
from hub.web import audit
from hub.web.auth import STAFF, allow
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, write
from hub.web.rendering import render
from hub.web.services import SERVICES

_SHOWN = 200


@allow(*WORKERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows where to choose a file."""
    return _page(request)


@allow(*WORKERS, body="files")
async def take(request: web.Request) -> web.StreamResponse:
    """Tries a file, or imports the one that was tried."""
    services, form = request.app[SERVICES], await request.post()
    dry = form.get("do") != "import"
    try:
        if dry:
            file = form.get("file")
            content = file.file.read() if isinstance(file, FileField) else b""
            if not content:
                raise Refused(_("No file was chosen, or it is empty."), field="file")
            sha256 = await asyncio.to_thread(services.blobs.put, content)
        else:
            sha256 = _tried(request, str(form.get("kept", "")))
            content = await asyncio.to_thread(services.blobs.read, sha256)
        hub = services.settings.hub
        report = await import_appointments(
            services.database, content, services.clock(), time_zone=hub.time_zone, region=hub.region, dry=dry
        )
    except HubError as error:
        problem = " ".join(part for part in (error.message, error.next_step) if part)
        return _page(request, problem=problem, status=status_of(error))
    if not dry:
        by = audit.by(request)

        def tell(conn: Connection, counts: dict[str, int]) -> None:
            acts.note(conn, by, "appointments.imported", "", counts)

        await write(request, tell, report.counts)
    return _page(request, report=report, kept=_kept(request, sha256) if dry else "")


def _kept(request: web.Request, sha256: str) -> str:
    """Names a file that this staff member has tried, so that nobody can name any other stored file."""
    said = f"appointments/{request[STAFF].id}/{sha256}".encode()
    return f"{sha256}.{hmac.new(request.app[SERVICES].keys.links, said, hashlib.sha256).hexdigest()}"


def _tried(request: web.Request, kept: str) -> str:
    sha256 = kept.partition(".")[0]
    if not hmac.compare_digest(_kept(request, sha256).encode(), kept.encode()):
        raise NotFound(_("This file is not here any more; choose it again."))
    return sha256


def _page(
    request: web.Request, *, report: Report | None = None, kept: str = "", problem: str = "", status: int = 200
) -> web.StreamResponse:
    rows = sorted(report.rows, key=lambda row: row.outcome != "rejected") if report else []
    return render(
        request,
        "appointment_import.html",
        status=status,
        report=report,
        shown=rows[:_SHOWN],
        kept=kept,
        problem=problem,
    )


def routes() -> list[web.RouteDef]:
    return [web.get("/appointments/import", show), web.post("/appointments/import", take)]
