"""Answering a reminder: the page behind its link. Looking changes nothing, whoever looks; a POST does."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import leaving, reminder_links
from hub.desk.reminder_links import Asked
from hub.model.errors import NotFound
from hub.model.reminder_answers import ReminderAnswer
from hub.store import message_links
from hub.web import i18n
from hub.web.auth.access import public
from hub.web.pages.fields import form_of, read, text_of, write
from hub.web.rendering import render
from hub.web.services import SERVICES

_LINK = r"{token:[A-Za-z0-9_-]{1,100}}"
_HEADERS = {"X-Robots-Tag": "noindex, nofollow"}


@public
async def show(request: web.Request) -> web.Response:
    """Shows what the reminder is about, and two buttons."""
    found = await _asked(request)
    return _unknown(request) if found is None else _page(request, found)


@public
async def say(request: web.Request) -> web.Response:
    """Notes that they come, or that they do not."""
    found = await _asked(request)
    if found is None:
        return _unknown(request)
    now, written = request.app[SERVICES].clock(), text_of(await form_of(request), "answer")
    said = ReminderAnswer.DECLINED if written == "no" else ReminderAnswer.CONFIRMED

    def act(conn: Connection, message_id: int) -> bool:
        return reminder_links.answer(conn, message_id, said, now)

    done = await write(request, act, found.message_id)
    return _page(request, found, said=said if done else None)


async def _asked(request: web.Request) -> Asked | None:
    """Returns what the link is about, None for one we never made; speaks the language of its reminder."""
    services = request.app[SERVICES]

    def ask(conn: Connection, token: str) -> tuple[Asked, str] | None:
        message_id = message_links.REMINDER.read(conn, services.keys, token)
        if message_id is None:
            return None
        try:
            found = reminder_links.asked(conn, message_id, services.clock())
        except NotFound:
            return None
        return found, found.language or leaving.language_of(conn, message_id)

    told = await read(request, ask, request.match_info["token"])
    if told is None:
        return None
    found, language = told
    asked = request.query.get("lang", "")[:35] or language
    if asked:
        i18n.use(asked.partition("-")[0])
    return found


def _page(request: web.Request, found: Asked, *, said: ReminderAnswer | None = None) -> web.Response:
    return render(
        request, "reminded.html", folder="public", headers=_HEADERS, asked=found, said=said,
        address=request.match_info["token"],
    )  # fmt: skip


def _unknown(request: web.Request) -> web.Response:
    return render(request, "unknown_link.html", status=404, folder="public", headers=_HEADERS)


def routes() -> list[web.RouteDef]:
    return [web.get(f"/a/{_LINK}", show), web.post(f"/a/{_LINK}", say)]
