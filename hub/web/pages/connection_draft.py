"""What the pages of the mail wizard know from step to step: sealed, for one session, for an hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import connections as desk
from hub.desk.connections import Mailbox
from hub.model.mail_servers import MailServers
from hub.store import connection_drafts
from hub.web.keys import SESSION
from hub.web.pages.fields import Form, read, text_of, write
from hub.web.services import SERVICES

Values = dict[str, Any]
_BLANK: Mapping[str, Any] = {
    "address": "",
    "username": "",
    "password": "",
    "source": "",
    "provider": "",
    "consent": "",
    "passwords": True,
    "app_page": "",
    "ca_file": "",
    "sends": True,
    "given_by": "",
    "again": "",
    "folders": [],
    "sent_folder": "",
    **{"in_host": "", "in_port": 993, "in_tls": "tls", "out_host": "", "out_port": 465, "out_tls": "tls"},
}


def owner(request: web.Request) -> str:
    """Returns whose drafts this request may see: those of its own session."""
    return f"session/{request[SESSION].digest}"


async def begin(request: web.Request, values: Mapping[str, Any]) -> str:
    """Keeps a new draft and returns its id."""
    services, whose = request.app[SERVICES], owner(request)
    now = services.clock()

    def keep(conn: Connection, written: Mapping[str, Any]) -> str:
        return connection_drafts.begin(conn, services.keys, whose, written, now)

    return await write(request, keep, values)


async def look(request: web.Request, draft: str = "") -> Values:
    """Returns what was written so far; of the draft in the address where none is named. Raises NotFound."""
    services, whose = request.app[SERVICES], owner(request)
    now = services.clock()
    wanted = draft or request.match_info["draft"]
    return await read(request, lambda conn, each: connection_drafts.look(conn, services.keys, each, whose, now), wanted)


async def keep(request: web.Request, draft: str, values: Mapping[str, Any], state: str = "") -> None:
    """Keeps what was written since; `state`: the word by which the answer to a consent finds it."""
    services, whose = request.app[SERVICES], owner(request)

    def work(conn: Connection, written: Mapping[str, Any]) -> None:
        connection_drafts.keep(conn, services.keys, draft, whose, written, state)

    await write(request, work, values)


async def of_state(request: web.Request, state: str) -> Values:
    """Returns the draft that asked for a consent, of this session. Raises NotFound."""
    services, whose = request.app[SERVICES], owner(request)
    now = services.clock()
    found = await read(
        request, lambda conn, word: connection_drafts.of_state(conn, services.keys, word, whose, now), state
    )
    return {**_BLANK, **found}


async def drop(request: web.Request, draft: str) -> None:
    """Forgets a draft."""
    await write(request, connection_drafts.drop, draft)


def begun(address: str, found: MailServers | None) -> Values:
    """Returns the first values of a draft; without servers found the fields are left to be filled in."""
    values: Values = {**_BLANK, "address": address, "username": address}
    if found is None:
        return values
    for side, server in (("in", found.incoming), ("out", found.outgoing)):
        values |= {f"{side}_host": server.host, f"{side}_port": server.port, f"{side}_tls": server.tls}
    more = {
        name: getattr(found, name) for name in ("username", "source", "provider", "consent", "passwords", "app_page")
    }
    return values | more


def written(values: Values, form: Form) -> Values:
    """Returns a draft with what a form says; a password that was not typed again stays the one of before."""
    names = ("username", "in_host", "in_port", "in_tls", "out_host", "out_port", "out_tls", "ca_file")
    said = {name: text_of(form, name).strip() for name in names if name in form}
    password = text_of(form, "password")
    return {**values, **said, **({"password": password} if password else {}), "sends": "receive_only" not in form}


def mailbox(values: Values, *, consent: str = "") -> Mailbox:
    """Returns the mailbox of a draft; by consent where one is named. Raises Refused."""
    incoming = desk.server(values.get("in_host", ""), values["in_port"], values["in_tls"], "in_host")
    # A mailbox that only reads needs no word about sending.
    sends = bool(values.get("sends", True)) or bool(values.get("out_host"))
    outgoing = (
        desk.server(values.get("out_host", ""), values["out_port"], values["out_tls"], "out_host")
        if sends
        else incoming
    )
    return desk.mailbox(
        values["address"],
        incoming,
        outgoing,
        username=values["username"],
        password=values.get("password", ""),
        consent=consent,
        ca_file=values.get("ca_file", ""),
    )
