"""Backups: make one now, see which are kept and when each was restored on trial, save one, delete one."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import HubError
from hub.store import audit as acts
from hub.store import backups
from hub.store.backups import Backup, LastBackup
from hub.web import audit
from hub.web.auth import allow
from hub.web.backup_files import folder_of, hand_out, is_here, remove
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.pages.fields import path_id, read, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Lists the backups, newest first, under the button that makes one."""
    return await _page(request)


async def _page(request: web.Request, *, status: int = 200, error: HubError | None = None) -> web.Response:
    def ask(conn: Connection, _arg: None) -> tuple[list[Backup], LastBackup]:
        return backups.listed(conn), backups.last_backup(conn)

    found, last = await read(request, ask, None)
    settings = request.app[SERVICES].settings.backup
    return render(
        request,
        "backups.html",
        status=status,
        backups=found,
        last=last,
        working=any(each.working for each in found),
        here={each.id for each in found if is_here(each)},
        kept_in=folder_of(request.app[SERVICES]),
        every_hours=settings.every_hours,
        keep=settings.keep,
        address=request.app[SERVICES].public_url,
        error=error,
    )


@allow("admin")
async def make(request: web.Request) -> web.StreamResponse:
    """Asks for a backup; the hub makes it beside its other work."""
    by = audit.by(request)

    def ask(conn: Connection, _arg: None) -> None:
        asked = backups.ask(conn, by.name, by.at)
        acts.note(conn, by, "backup.asked", f"backup/{asked.id}")

    await write(request, ask, None)
    return redirect(request, "/backups")


@allow("admin", hidden=True)
async def save(request: web.Request) -> web.StreamResponse:
    """Hands out the file of a backup, to be saved."""
    return await hand_out(request, path_id(request), audit.by(request))


@allow("admin")
async def delete(request: web.Request) -> web.StreamResponse:
    """Deletes a backup and its file."""
    try:
        await remove(request.app[SERVICES], path_id(request), audit.by(request))
    except HubError as error:
        return await _page(request, status=status_of(error), error=error)
    return redirect(request, "/backups", say=_("The backup is deleted."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/backups", show),
        web.post("/backups", make),
        web.get(r"/backups/{id:\d+}/file", save),
        web.post(r"/backups/{id:\d+}/delete", delete),
    ]
