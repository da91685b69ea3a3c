"""Clicks: links of promotions that are kept before they leave, and who followed them; nothing else is led to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from hub.model.click import ALL, at_once
from hub.model.value import value
from hub.store.keys import Keys
from hub.store.message_links import Links
from hub.store.tables import FollowedLinkRow, LinkClickRow, MessageRow
from hub.store.upsert import insert_new

_KEY_BYTES = 9
KEY_LENGTH = 12
# How many links a message had that were kept, in its content.
FOLLOWED = "followed"


@value()
class Kept:
    """A link that a message leads to by way of the hub. `of`: the one message that has it, None where all have."""

    key: str
    url: str
    of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a token leads. `links`: how many its message has; `clicked`, `scanned`: it was followed before."""

    message_id: int
    key: str
    url: str
    links: int
    sent_at: datetime | None
    clicked: bool
    scanned: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody followed a link; `machine`: what tells that it was none of its readers, empty for a person."""

    message_id: int
    key: str
    links: int
    machine: str
    at: datetime


def kept(keys: Keys, url: str, of: int | None) -> Kept:
    """Returns a link as it is kept: its key is the same wherever it stands, and nobody guesses it."""
    said = f"{of or ''}/{url}".encode("utf-8", "replace")
    made = hmac.new(keys.links, b"followed/1/" + said, hashlib.sha256).digest()
    return Kept(base64.urlsafe_b64encode(made[:_KEY_BYTES]).decode(), url, of)


def token(keys: Keys, key: str, message_id: int, address: str) -> str:
    """Returns what stands behind /l/: the link's key, then what names its message and proves it (message_links)."""
    return key + _links(key).token(keys, message_id, address)


def way(conn: Connection, keys: Keys, token: str) -> Way | None:
    """Returns where a token leads, None for one never made, and for a link that is gone."""
    key = token[:KEY_LENGTH]
    message_id = _links(key).read(conn, keys, token[KEY_LENGTH:])
    if message_id is None:
        return None
    row = conn.execute(
        select(
            FollowedLinkRow.url,
            MessageRow.content,
            MessageRow.sent_at,
            LinkClickRow.clicked_at,
            LinkClickRow.scanned_at,
        )
        .select_from(MessageRow)
        .join(FollowedLinkRow, FollowedLinkRow.key == key)
        .outerjoin(LinkClickRow, (LinkClickRow.message_id == message_id) & (LinkClickRow.key == key))
        .where(
            MessageRow.id == message_id,
            or_(FollowedLinkRow.message_id.is_(None), FollowedLinkRow.message_id == message_id),
        )
    ).one_or_none()
    if row is None:
        return None
    return Way(
        message_id=message_id,
        key=key,
        url=row.url,
        links=int(row.content.get(FOLLOWED, 1)),
        sent_at=row.sent_at,
        clicked=row.clicked_at is not None,
        scanned=row.scanned_at is not None,
    )


def _links(key: str) -> Links:
    return Links("l", f"click/1/{key}/".encode())


def keep(conn: Connection, links: Iterable[Kept], now: datetime) -> None:
    """Keeps links before a message with them leaves; those that are kept already stay as they are."""
    rows = {each.key: {"key": each.key, "url": each.url, "message_id": each.of, "first_at": now} for each in links}
    insert_new(conn, FollowedLinkRow, [rows[key] for key in sorted(rows)])


def note(conn: Connection, hit: Hit) -> bool:
    """Counts a click, once a person and link; returns whether it was a person's.

    Where this one shows that all of the message's links were opened in one moment, none of these counts.
    """
    insert_new(
        conn,
        LinkClickRow,
        [{"message_id": hit.message_id, "key": hit.key, "clicked_at": None, "scanned_at": None, "why": ""}],
    )
    ours = LinkClickRow.message_id == hit.message_id
    rows = conn.execute(
        select(LinkClickRow.key, LinkClickRow.clicked_at, LinkClickRow.scanned_at).where(ours).with_for_update()
    ).all()
    known = {row.key: row for row in rows}[hit.key]
    if hit.machine:
        if known.scanned_at is None:
            values = {"scanned_at": hit.at, "why": hit.machine}
            conn.execute(update(LinkClickRow).where(ours, LinkClickRow.key == hit.key).values(**values))
        return False
    if known.clicked_at is not None:
        return True
    conn.execute(update(LinkClickRow).where(ours, LinkClickRow.key == hit.key).values(clicked_at=hit.at))
    clicks = {row.key: row.clicked_at for row in rows if row.clicked_at is not None} | {hit.key: hit.at}
    if not at_once(clicks.values(), hit.at, hit.links):
        return True
    together = [key for key, at in clicks.items() if at_once([at, hit.at], hit.at, 2)]
    values = {"clicked_at": None, "scanned_at": hit.at, "why": ALL}
    conn.execute(update(LinkClickRow).where(ours, LinkClickRow.key.in_(together)).values(**values))
    return False


def of_message(conn: Connection, message_id: int) -> list[dict[str, Any]]:
    """Returns which links of a message were followed: url, clicked_at, scanned_at, why; the earliest first."""
    rows = conn.execute(
        select(FollowedLinkRow.url, LinkClickRow.clicked_at, LinkClickRow.scanned_at, LinkClickRow.why)
        .join(FollowedLinkRow, FollowedLinkRow.key == LinkClickRow.key)
        .where(LinkClickRow.message_id == message_id)
    )
    found = [dict(row._mapping) for row in rows]
    return sorted(found, key=lambda one: one["clicked_at"] or one["scanned_at"])


def forget(conn: Connection, messages: Sequence[int]) -> None:
    """Forgets which links of these messages were followed, and those links that only they had."""
    for start in range(0, len(messages), 500):
        some = messages[start : start + 500]
        for table in (LinkClickRow, FollowedLinkRow):
            conn.execute(delete(table).where(table.message_id.in_(some)))
