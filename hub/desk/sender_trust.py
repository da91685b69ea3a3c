"""Whose word counts about the senders of a mailbox's mails: staff says which server is their own."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit, authserv
from hub.store.audit import Actor

# RFC 8601 section 2.5: a value, nearly always a host name; `unnamed` for a server that writes none.
_SERVER = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?\Z")
_MOST = 10


def trust_servers(conn: Connection, channel: str, servers: list[str], by: Actor) -> tuple[str, ...]:
    """Sets which servers' Authentication-Results count for a channel, beside those of its settings; returns them.

    Raises Refused for what is no server's name.
    """
    named = tuple(dict.fromkeys(server.strip().lower() for server in servers if server.strip()))
    if wrong := next((server for server in named if not _SERVER.match(server)), ""):
        raise Refused(
            f"{wrong!r} is no name of a mail server.", field="servers", next_step="Write it as mx.example.com."
        )
    if len(named) > _MOST:
        raise Refused(f"At most {_MOST} servers can be named.", field="servers")
    if authserv.keep(conn, channel, named):
        audit.note(conn, by, "channel.authserv", f"channel/{channel}", {"servers": list(named)})
    return named


def trust_suggested(conn: Connection, channel: str, server: str, by: Actor) -> None:
    """Adds the server that the mails of a channel suggest. Raises Refused where they suggest another one by now."""
    trusted = authserv.trusted(conn, channel)
    if server not in trusted and server != authserv.stamps(conn, channel).suggested:
        raise Refused(
            f"{server!r} no longer stands on top of nearly all mails.",
            field="trust",
            next_step="Look at who vouches for senders on the channel's page.",
        )
    trust_servers(conn, channel, [*trusted, server], by)


def disown_server(conn: Connection, channel: str, server: str, by: Actor) -> None:
    """Notes that a server is not our own, so that nobody is asked again."""
    authserv.disown(conn, channel, server.strip().lower()[:253])
    audit.note(conn, by, "channel.authserv_not", f"channel/{channel}", {"server": server[:253]})
