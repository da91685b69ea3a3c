"""Whose Authentication-Results count for a mailbox, as staff said on its page, and whose stand on top of its mails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.store.installation import begin_epoch, fact, facts, note_fact
from hub.store.tables import InteractionRow

_OURS, _NOT_OURS = "authserv:", "authserv_not:"
_SCANNED = 5_000
_LOOKED_AT = 200
# A name that stands on top of nearly every mail is our server's: whoever writes from outside cannot put it there.
_LEAST, _SHARE = 10, 0.9


@dataclass(frozen=True, slots=True)
class Stamps:
    """What the last mails of a channel say: how many there are, how many were judged by a server that counts.

    `suggested`: the server whose results stand on top of nearly all others, with their number; empty: none.
    """

    mails: int = 0
    judged: int = 0
    suggested: str = ""
    stamped: int = 0


def kept(conn: Connection) -> dict[str, tuple[str, ...]]:
    """Returns the servers that staff trusts, by channel."""
    return {name.removeprefix(_OURS): tuple(servers.split()) for name, servers in facts(conn, _OURS).items()}


def trusted(conn: Connection, channel: str) -> tuple[str, ...]:
    """Returns the servers that staff trusts for a channel."""
    return tuple(fact(conn, f"{_OURS}{channel}").split())


def keep(conn: Connection, channel: str, servers: tuple[str, ...]) -> bool:
    """Sets the servers that staff trusts for a channel; every process takes it up. Returns False for no change."""
    if servers == trusted(conn, channel):
        return False
    note_fact(conn, f"{_OURS}{channel}", " ".join(servers))
    begin_epoch(conn)
    return True


def disown(conn: Connection, channel: str, server: str) -> None:
    """Notes that a server is not ours, so that nobody is asked again."""
    known = fact(conn, f"{_NOT_OURS}{channel}").split()
    note_fact(conn, f"{_NOT_OURS}{channel}", " ".join(dict.fromkeys([*known, server])))


def stamps(conn: Connection, channel: str) -> Stamps:
    """Returns what the last mails of a channel say about who judges them."""
    oldest = conn.scalar(select(InteractionRow.id).order_by(InteractionRow.id.desc()).offset(_SCANNED).limit(1))
    rows = conn.scalars(
        select(InteractionRow.detail)
        .where(
            InteractionRow.id > (oldest or 0),
            InteractionRow.channel == channel,
            InteractionRow.medium.in_(("email", "form")),
            InteractionRow.direction == "in",
        )
        .order_by(InteractionRow.id.desc())
        .limit(_LOOKED_AT)
    ).all()
    tops = Counter(str((detail or {}).get("stamped_by", "")) for detail in rows)
    tops.pop("", None)
    judged = sum(1 for detail in rows if detail and detail.get("trust_why") and not detail.get("stamped_by"))
    for server in (*trusted(conn, channel), *fact(conn, f"{_NOT_OURS}{channel}").split()):
        tops.pop(server, None)
    server, count = next(iter(tops.most_common(1)), ("", 0))
    others = len(rows) - judged
    telling = count >= _LEAST and count >= others * _SHARE
    return Stamps(len(rows), judged, server if telling else "", count if telling else 0)
