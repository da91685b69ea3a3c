"""Backups: those that are kept, asking for one, noting one that another program made, handing one out."""

from __future__ import annotations

import socket
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from hub.store import audit, backups
from hub.store.backups import Result
from hub.web.api.call import Call
from hub.web.api.operation import operation
from hub.web.api.values import ById, Given, Id, Items, Moment, Told
from hub.web.backup_files import hand_out, remove

_ADMIN = ("admin",)


class Backup(Told):
    """A backup: wanted, running, made or failed; only one with `verified_at` was restored on trial and counts."""

    id: Id
    state: str
    asked_by: str
    asked_at: Moment
    host: str
    file: str
    step: str
    done: int
    total: int
    finished_at: Moment | None
    verified_at: Moment | None
    size: int
    rows: int
    blobs: int
    missing: int
    with_key: bool
    error: str


class Made(Given):
    """A backup that was made beside the hub; with `error` it is one that failed."""

    file: Annotated[str, Field(max_length=1_000)]
    asked_at: Moment
    size: Annotated[int, Field(ge=0)] = 0
    rows: Annotated[int, Field(ge=0)] = 0
    blobs: Annotated[int, Field(ge=0)] = 0
    missing: Annotated[int, Field(ge=0)] = 0
    with_key: bool = False
    verified_at: Moment | None = None
    error: Annotated[str, Field(max_length=2_000)] = ""


@operation("GET", "/backups", roles=("admin", "auditor"), summary="Backups, newest first")
async def list_backups(call: Call) -> Items[Backup]:
    found = await call.read(backups.listed)
    return Items[Backup](items=[Backup.model_validate(each) for each in found], next=None)


@operation("GET", "/backups/{id}", roles=("admin", "auditor"), summary="One backup, and how far it has come")
async def get_backup(call: Call, path: ById) -> Backup:
    return Backup.model_validate(await call.read(backups.get, path.id))


@operation("POST", "/backups", roles=_ADMIN, summary="Ask for a backup; one under way is the answer too", creates=True)
async def ask_for_backup(call: Call) -> Backup:
    def act(conn: Connection) -> Backup:
        asked = backups.ask(conn, call.by.name, call.now)
        audit.note(conn, call.by, "backup.asked", f"backup/{asked.id}")
        return Backup.model_validate(asked)

    return await call.create(act)


@operation("POST", "/backups/made", roles=_ADMIN, summary="Note a backup that another program made", creates=True)
async def note_backup(call: Call, body: Made) -> Backup:
    told = {name: value for name, value in body.named().items() if name != "asked_at"}

    def act(conn: Connection) -> Backup:
        ended = body.verified_at or call.now
        noted = backups.note_made(conn, call.by.name, body.asked_at, socket.gethostname(), Result(**told), ended)
        audit.note(conn, call.by, "backup.noted", f"backup/{noted.id}", {"file": noted.file})
        return Backup.model_validate(noted)

    return await call.create(act)


@operation("GET", "/backups/{id}/file", roles=_ADMIN, summary="The archive of a backup")
async def get_backup_file(call: Call, path: ById) -> web.StreamResponse:
    return await hand_out(call.request, path.id, call.by)


@operation("DELETE", "/backups/{id}", roles=_ADMIN, summary="Delete a backup and its file")
async def delete_backup(call: Call, path: ById) -> Backup:
    return Backup.model_validate(await remove(call.services, path.id, call.by))
