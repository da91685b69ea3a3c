"""The files of backups as the web hands them out and removes them: administrators only, each time noted."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store import audit, backups
from hub.store.audit import Actor
from hub.store.backups import Backup
from hub.web.i18n import _
from hub.web.pieces import send_pieces
from hub.web.services import SERVICES, Services

_PIECE = 1 << 20


def is_here(backup: Backup) -> bool:
    """Tells whether the file of a finished backup lies on this machine."""
    return backup.state == "made" and backup.host == socket.gethostname() and Path(backup.file).is_file()


async def hand_out(request: web.Request, backup_id: int, by: Actor) -> web.StreamResponse:
    """Sends a backup's file, in pieces, to be saved. Raises NotFound where it is not on this machine."""
    database = request.app[SERVICES].database
    backup = await database.read(backups.get, backup_id)
    if not await asyncio.to_thread(is_here, backup):
        raise NotFound(
            _("The file of this backup is not on this machine."), next_step=_("It was kept as %s.") % backup.file
        )
    stream = await asyncio.to_thread(Path(backup.file).open, "rb")
    try:
        size = os.fstat(stream.fileno()).st_size

        def note(conn: Connection, _arg: None) -> None:
            audit.note(conn, by, "backup.downloaded", f"backup/{backup_id}", {"file": backup.file, "size": size})

        await database.write(note, None)
        headers = {
            "Content-Type": "application/x-tar",
            "Content-Disposition": f'attachment; filename="{Path(backup.file).name}"',
            "X-Content-Type-Options": "nosniff",
        }
        response = web.StreamResponse(headers=headers)
        response.content_length = size
        await send_pieces(request, response, iter(lambda: stream.read(_PIECE), b""))
        return response
    finally:
        await asyncio.to_thread(stream.close)


async def remove(services: Services, backup_id: int, by: Actor) -> Backup:
    """Deletes a backup, its file first. Raises NotFound, and Refused where the file is not this hub's to delete."""
    backup = await services.database.read(backups.get, backup_id)
    if backup.working:
        raise Refused(_("This backup is being made; delete it afterwards."))
    if is_here(backup):
        if Path(backup.file).parent != folder_of(services):
            raise Refused(
                _("This file is not in the hub's folder of backups."), next_step=_("Delete %s by hand.") % backup.file
            )
        await asyncio.to_thread(Path(backup.file).unlink, missing_ok=True)

    def forget(conn: Connection, _arg: None) -> Backup:
        audit.note(conn, by, "backup.deleted", f"backup/{backup_id}", {"file": backup.file})
        return backups.forget(conn, backup_id)

    return await services.database.write(forget, None)


def folder_of(services: Services) -> Path:
    """Returns the folder in which the hub keeps its backups."""
    told = services.settings.backup.folder
    return Path(told).absolute() if told else services.settings.hub.data.absolute() / "backups"
