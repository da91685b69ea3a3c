"""Leaving: the page behind the link in every promotion. Looking changes nothing; a POST does, and can be taken back.

A mail program may send the POST by itself (RFC 8058): no cookie, no sign-in, no form token, no redirect to its answer.
Whoever holds the link may use it, so a forged post of another site could do no more than its sender can.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import leaving, nothing_more
from hub.desk.leaving import Choice, Evidence
from hub.model.errors import NotFound, Refused
from hub.model.outbound import Purpose
from hub.store import unsubscribing
from hub.store.unsubscribing import About
from hub.web import i18n
from hub.web.auth.access import public
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import form_of, read, text_of, write
from hub.web.rendering import render
from hub.web.services import SERVICES

_LINK = r"{token:[A-Za-z0-9_-]{1,100}}"
_HEADERS = {"X-Robots-Tag": "noindex, nofollow"}


@public
async def show(request: web.Request) -> web.Response:
    """Shows what the link does and why its reader was written to; changes nothing, whoever looks."""
    found = await _about(request)
    return _unknown(request) if found is None else await _page(request, found)


@public
async def leave(request: web.Request) -> web.Response:
    """Ends promotions to the address: for the page's button, and for a mail program's own (RFC 8058)."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    services, now = request.app[SERVICES], request.app[SERVICES].clock()
    form = await form_of(request)
    how = "one click in the mail program" if text_of(form, "List-Unsubscribe") == "One-Click" else "unsubscribe page"

    def act(conn: Connection, message_id: int) -> None:
        unsubscribing.unsubscribe(
            conn,
            message_id,
            how,
            now,
            services.keys.consent,
            ip=request.remote or "",
            user_agent=request.headers.get("User-Agent", "")[:300],
        )

    await write(request, act, found.message_id)
    return await _page(request, found)


@public
async def come_back(request: web.Request) -> web.Response:
    """Takes leaving back, with evidence of who asked for it and where."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    evidence = _evidence(request, _("That was a mistake: go on sending me offers"), "unsubscribe page, taken back")
    key = request.app[SERVICES].keys.consent

    def act(conn: Connection, identity_id: int) -> bool:
        return leaving.come_back(conn, identity_id, Purpose.PROMOTIONAL.value, evidence, key)

    try:
        done = await write(request, act, found.identity_id)
    except NotFound:
        return _unknown(request)
    return await _page(request, found, refused=not done)


@public
async def preferences(request: web.Request) -> web.Response:
    """Shows what this person gets at each of their addresses."""
    found = await _about(request)
    return _unknown(request) if found is None else await _preferences(request, found)


@public
async def choose(request: web.Request) -> web.Response:
    """Keeps what was chosen, each change with its evidence."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    form, key = await form_of(request), request.app[SERVICES].keys.consent
    # A box that is not ticked is not sent: those that were shown are named beside it.
    shown = [name for name in text_of(form, "shown").split() if len(name) < 60]
    wanted = {name: bool(text_of(form, f"on.{name}")) for name in shown}
    evidence = _evidence(request, _("I choose what I get, on the page of my preferences"), "preference page")

    def act(conn: Connection, identity_id: int) -> list[Choice]:
        return leaving.choose(conn, identity_id, wanted, evidence, key)

    try:
        await write(request, act, found.identity_id)
    except NotFound:
        return _unknown(request)
    return await _preferences(request, found, saved=True)


@public
async def nothing(request: web.Request) -> web.StreamResponse:
    """Ends everything that is written without being asked for, at every address of the reader's, with evidence."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    evidence = _evidence(request, _("Nothing at all, by any channel"), "preference page")
    key = request.app[SERVICES].keys.consent

    def act(conn: Connection, identity_id: int) -> int:
        return nothing_more.chosen(conn, identity_id, evidence, key)

    try:
        await write(request, act, found.identity_id)
    except NotFound:
        return _unknown(request)
    return await _preferences(request, found, saved=True)


@public
async def rest(request: web.Request) -> web.Response:
    """Keeps offers away from the address for so many weeks, or lets them come again."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    weeks = text_of(await form_of(request), "weeks")
    evidence = _evidence(request, _("No offers for some weeks"), "unsubscribe page, pause")

    def act(conn: Connection, identity_id: int) -> None:
        leaving.pause(conn, identity_id, int(weeks) if weeks.isdecimal() and len(weeks) < 4 else -1, evidence)

    try:
        await write(request, act, found.identity_id)
    except NotFound:
        return _unknown(request)
    return await _page(request, found)


@public
async def speak(request: web.Request) -> web.Response:
    """Keeps the language that the reader wants to be written to in, and shows their page in it."""
    found = await _about(request)
    if found is None:
        return _unknown(request)
    language = text_of(await form_of(request), "language")
    if language not in i18n.LANGUAGES:
        raise Refused(_("This is no language."), field="language")
    evidence = _evidence(request, _("I choose my language"), "preference page")

    def act(conn: Connection, identity_id: int) -> None:
        leaving.speak(conn, identity_id, language, evidence)

    try:
        await write(request, act, found.identity_id)
    except NotFound:
        return _unknown(request)
    i18n.use(language)
    return await _preferences(request, found, saved=True)


async def _about(request: web.Request) -> About | None:
    """Returns what the link is about, None for one we never made or whose message is gone; speaks its language."""
    keys = request.app[SERVICES].keys

    def ask(conn: Connection, token: str) -> tuple[About, str] | None:
        message_id = unsubscribing.read(conn, keys, token)
        if message_id is None:
            return None
        found = unsubscribing.about(conn, message_id)
        return found, found.language or leaving.language_of(conn, message_id)

    told = await read(request, ask, request.match_info["token"])
    if told is None:
        return None
    found, language = told
    asked = request.query.get("lang", "")[:35] or language
    if asked:
        i18n.use(asked.partition("-")[0])
    return found


async def _page(request: web.Request, found: About, *, refused: bool = False) -> web.Response:
    clock = request.app[SERVICES].clock()
    now = await read(request, lambda conn, number: unsubscribing.about(conn, number, clock), found.message_id)
    return render(
        request, "leaving.html", folder="public", headers=_HEADERS, about=now, shown=hidden_middle(now.address),
        address=request.match_info["token"], refused=refused, weeks=leaving.REST_WEEKS,
        lane=house_of(request).lanes.get(now.channel),
    )  # fmt: skip


async def _preferences(request: web.Request, found: About, *, saved: bool = False) -> web.Response:
    clock = request.app[SERVICES].clock()
    try:
        offered = await read(request, leaving.choices, found.identity_id)
        now = await read(request, lambda conn, number: unsubscribing.about(conn, number, clock), found.message_id)
    except NotFound:
        return _unknown(request)
    names: Mapping[int, str] = {each.identity_id: hidden_middle(f"{each.scheme}:{each.address}") for each in offered}
    return render(
        request, "preferences.html", folder="public", headers=_HEADERS, choices=offered, names=names,
        address=request.match_info["token"], saved=saved, speaks=now.speaks, rests_until=now.rests_until,
        weeks=leaving.REST_WEEKS,
    )  # fmt: skip


def _unknown(request: web.Request) -> web.Response:
    return render(request, "unknown_link.html", status=404, folder="public", headers=_HEADERS)


def _evidence(request: web.Request, wording: str, source: str) -> Evidence:
    return Evidence(
        wording=wording,
        language=i18n.language(),
        source=source,
        ip=request.remote or "",
        user_agent=request.headers.get("User-Agent", "")[:300],
        at=request.app[SERVICES].clock(),
    )


def hidden_middle(identity: str) -> str:
    """Returns an address so that its owner knows it and nobody else learns it: `a•••@example.com`, `+1•••0123`."""
    scheme, _colon, value = identity.partition(":")
    if scheme == "mailto":
        local, _at, domain = value.rpartition("@")
        return f"{local[:1]}•••@{domain}"
    return f"{value[:2]}•••{value[-3:]}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"/u/{_LINK}", show),
        web.post(f"/u/{_LINK}", leave),
        web.post(f"/u/{_LINK}/back", come_back),
        web.post(f"/u/{_LINK}/nothing", nothing),
        web.post(f"/u/{_LINK}/rest", rest),
        web.post(f"/u/{_LINK}/language", speak),
        web.get(f"/u/{_LINK}/preferences", preferences),
        web.post(f"/u/{_LINK}/preferences", choose),
    ]
