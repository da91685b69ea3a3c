"""Senders: the server that stamps nearly every mail of a mailbox, while nobody has said whether it is our own."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from hub.insight.finders.asked import House, found
from hub.store import authserv
from hub.store.problems import Found

# What no server's name may hold stays out of the address that the click posts to.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,252}\Z")


def unjudged(conn: Connection, house: House) -> list[Found]:
    """Returns the mailboxes where one answer would verify senders: is this server yours?"""
    asked = []
    for name in sorted(house.watched):
        stamps = authserv.stamps(conn, name)
        if _NAME.match(stamps.suggested):
            asked.append(
                found("authserv_asked", name, server=stamps.suggested, count=stamps.stamped, mails=stamps.mails)
            )
    return asked
