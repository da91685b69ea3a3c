"""The choice on a new hub's first page: go on with a backup of another hub instead of beginning anew."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import HubError, NotFound, Refused
from hub.store import links, staff
from hub.store.backup.found_key import find_key, lay_given
from hub.web.auth.access import visitor, visitor_archive
from hub.web.body import parts
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES, Services

# After the answer is out; the process starts again by itself and restores before it opens anything.
_SOON_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Offer:
    """`here`: this process can restore by itself; several over one PostgreSQL cannot. `problem`: of the last try."""

    here: bool
    limit: float
    problem: str


def offered(request: web.Request, problem: str = "") -> Offer:
    """Returns what the first page offers."""
    services = request.app[SERVICES]
    told = problem or _failure(services)
    return Offer(services.database.engine == "sqlite", services.settings.backup.upload_mb, told)


@visitor_archive
async def restore(request: web.Request) -> web.StreamResponse:
    """Takes a backup, looks whether it is one and whether its key is here, and lets the hub start again with it."""
    services = request.app[SERVICES]
    await services.database.read(_check_first, (services, request.match_info["token"]))
    folder = services.settings.hub.data.absolute() / "restore"
    try:
        wanted = await _receive(request, folder)
        await asyncio.to_thread(_look, services, wanted)
    except HubError as error:
        await asyncio.to_thread(_clear, folder)
        return render(
            request,
            "link.html",
            status=status_of(error),
            purpose=links.FIRST_ADMIN,
            member=None,
            email="",
            display_name="",
            problem="",
            path=request.path.removesuffix("/restore"),
            restore=offered(request, f"{error.message} {error.next_step}".strip()),
        )
    await asyncio.to_thread(_want, folder, wanted)
    asyncio.get_running_loop().call_later(_SOON_SECONDS, os.kill, os.getpid(), signal.SIGTERM)
    return redirect(request, "/restoring")


@visitor
async def restoring(request: web.Request) -> web.StreamResponse:
    """Waits with whoever asked for a restore, and tells where it failed; leads to the sign-in once there is staff."""
    services = request.app[SERVICES]
    if await services.database.read(lambda conn, _arg: staff.anyone(conn), None):
        return redirect(request, "/sign-in")
    failure = _failure(services)
    if failure or (services.settings.hub.data.absolute() / "restore" / "wanted.json").exists():
        return render(request, "restoring.html", failure=failure)
    return redirect(request, "/sign-in")


@dataclass(frozen=True, slots=True)
class _Wanted:
    file: Path
    passphrase: str
    key: str


async def _receive(request: web.Request, folder: Path) -> _Wanted:
    told: dict[str, str] = {}
    file = folder / f"{secrets.token_hex(8)}.tar"
    named = False
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    async for part in parts(request):
        if part.filename is None:
            told[part.name] = (await part.text()).strip()
        elif part.name == "file" and part.filename and not named:
            named = True
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "wb") as stream:
                async for chunk in part.chunks():
                    await asyncio.to_thread(stream.write, chunk)
    if not named:
        raise Refused(_("No file was sent."), field="file", next_step=_("Choose a file, then send it."))
    return _Wanted(file, told.get("passphrase", ""), told.get("key", ""))


def _look(services: Services, wanted: _Wanted) -> None:
    """Raises HubError where the restore could not even begin."""
    data = services.settings.hub.data
    if wanted.key:
        lay_given(data, wanted.key)
    find_key(data, wanted.file, wanted.passphrase, os.environ)


def _want(folder: Path, wanted: _Wanted) -> None:
    """Notes what the next start is to do; the note comes last."""
    for name, text in (
        ("passphrase", wanted.passphrase + "\n"),
        ("wanted.json", json.dumps({"file": str(wanted.file), "with_passphrase": bool(wanted.passphrase)})),
    ):
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(text)


def _clear(folder: Path) -> None:
    for file in folder.glob("*"):
        file.unlink(missing_ok=True)


def _failure(services: Services) -> str:
    try:
        return (services.settings.hub.data / "restore" / "failed.txt").read_text("utf-8")
    except FileNotFoundError:
        return ""


def _check_first(conn: Connection, given: tuple[Services, str]) -> None:
    services, token = given
    link = links.look_up(conn, services.keys, token, services.clock())
    if link is None or link.purpose != links.FIRST_ADMIN or staff.anyone(conn):
        raise NotFound(
            _("This link is unknown, used or too old."), next_step=_("Ask an administrator for a new one, or sign in.")
        )
    if services.database.engine != "sqlite":
        raise Refused(_("With PostgreSQL, stop the hub and run:") + " hub restore FILE")


def routes() -> list[web.RouteDef]:
    return [web.post("/link/{token}/restore", restore), web.get("/restoring", restoring)]
