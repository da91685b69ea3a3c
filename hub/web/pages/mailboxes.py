"""Mailboxes on the channels' page: older mail asked for and stopped, the server counted again."""

from __future__ import annotations

from datetime import date

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import older_mail
from hub.desk.older_mail import Wanted
from hub.model.errors import NotFound, Refused
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import form_of, text_of, write
from hub.web.rendering import redirect
from hub.web.services import SERVICES


@allow("admin")
async def ask(request: web.Request) -> web.StreamResponse:
    """Asks for the older mail of a channel, of all its folders."""
    name, by, form = _name(request), audit.by(request), await form_of(request)
    wanted = Wanted(channel=name, since=_day(text_of(form, "since")))
    channel = request.app[SERVICES].channels.get(name)

    def act(conn: Connection, asked: Wanted) -> None:
        older_mail.ask(conn, asked, channel, by)

    await write(request, act, wanted)
    return redirect(request, f"/channels#{name}", say=_("Older mail is being brought in, the newest first."))


@allow("admin")
async def stop(request: web.Request) -> web.StreamResponse:
    """Takes in no more older mail of a channel."""
    name, by = _name(request), audit.by(request)

    def act(conn: Connection, channel: str) -> None:
        older_mail.stop(conn, channel, by)

    await write(request, act, name)
    return redirect(request, f"/channels#{name}", say=_("No more older mail is brought in. What came in stays."))


@allow("admin")
async def compare(request: web.Request) -> web.StreamResponse:
    """Has the mailboxes of a channel counted again."""
    name, by = _name(request), audit.by(request)

    def act(conn: Connection, channel: str) -> None:
        older_mail.compare(conn, channel, by)

    await write(request, act, name)
    return redirect(request, f"/channels#{name}", say=_("The server is counted again within a minute."))


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in request.app[SERVICES].settings.channels:
        raise NotFound(_("There is no channel of this name."))
    return name


def _day(written: str) -> date | None:
    if not written.strip():
        return None
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise Refused(_("This is no day."), field="since", next_step=_("Write it as 2026-03-02.")) from None


def routes() -> list[web.RouteDef]:
    return [
        web.post(r"/channels/{name:\w+}/older", ask),
        web.post(r"/channels/{name:\w+}/older/stop", stop),
        web.post(r"/channels/{name:\w+}/compare", compare),
    ]
