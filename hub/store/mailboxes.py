"""Mailboxes that their server keeps: from which day on they are read, how far, and what a comparison counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from hub.store.tables import ArrivalRow, MailboxRow
from hub.store.upsert import insert_new

_KEYS_A_TIME = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One mailbox, as MailboxRow says."""

    channel: str
    mailbox: str
    folder: str
    since: date | None
    done: int
    total: int
    read_at: datetime | None
    compared_at: datetime | None
    server: int
    here: int
    unread: int
    left_out: int
    missing: int
    fetched: int


_COLUMNS = [getattr(MailboxRow, name) for name in Mailbox.__slots__]


def all_mailboxes(conn: Connection) -> dict[str, list[Mailbox]]:
    """Returns the mailboxes of each channel, by name."""
    found: dict[str, list[Mailbox]] = {}
    for row in conn.execute(select(*_COLUMNS).order_by(MailboxRow.channel, MailboxRow.mailbox)):
        found.setdefault(row.channel, []).append(Mailbox(**row._mapping))
    return found


def begin(conn: Connection, channel: str, mailbox: str, since: date | None) -> date | None:
    """Returns from which day on a mailbox is read; `since` where nobody has said so before."""
    insert_new(conn, MailboxRow, [{"channel": channel, "mailbox": mailbox, "since": since}])
    return conn.scalar(select(MailboxRow.since).where(*_is(channel, mailbox)))


def reach_back(conn: Connection, channel: str, mailbox: str, since: date | None) -> None:
    """Notes that mail from this day on is here now; None: all of it. A later day changes nothing."""
    reaches = MailboxRow.since.is_not(None) if since is None else MailboxRow.since > since
    conn.execute(update(MailboxRow).where(*_is(channel, mailbox), reaches).values(since=since))


def advance(conn: Connection, channel: str, mailbox: str, read: int, ahead: int) -> None:
    """Counts mails of a long reading that were read; `ahead`: how many are still to be read."""
    done = MailboxRow.done + read
    conn.execute(update(MailboxRow).where(*_is(channel, mailbox)).values(done=done, total=done + ahead))


def caught_up(conn: Connection, channel: str, mailbox: str, now: datetime) -> None:
    """Notes that all there is has been read."""
    conn.execute(update(MailboxRow).where(*_is(channel, mailbox)).values(done=0, total=0, read_at=now))


def due_comparisons(conn: Connection, now: datetime) -> set[tuple[str, str]]:
    """Returns which (channel, mailbox) are to be compared: those once read through, daily."""
    rows = conn.execute(select(MailboxRow.channel, MailboxRow.mailbox).where(*_due(now)))
    return {(row.channel, row.mailbox) for row in rows}


def claim_comparison(conn: Connection, channel: str, mailbox: str, now: datetime, next_at: datetime) -> bool:
    """Tells whether a mailbox is to be compared now, by this caller alone."""
    due = update(MailboxRow).where(*_is(channel, mailbox), *_due(now))
    return conn.execute(due.values(compare_at=next_at)).rowcount == 1


def compare_soon(conn: Connection, channel: str) -> int:
    """Makes the comparison of a channel's mailboxes due; returns how many there are."""
    return conn.execute(update(MailboxRow).where(MailboxRow.channel == channel).values(compare_at=None)).rowcount


def note_comparison(
    conn: Connection, channel: str, mailbox: str, counted: Mapping[str, Any], now: datetime, next_at: datetime
) -> None:
    """Notes what a comparison counted (folder, server, here, unread, left_out, missing, fetched) and the next one."""
    values = {**counted, "compared_at": now, "compare_at": next_at}
    conn.execute(update(MailboxRow).where(*_is(channel, mailbox)).values(**values))


def arrived_numbers(conn: Connection, asked: tuple[str, str, str]) -> tuple[str, dict[int, bool]]:
    """Returns some numbers that arrived, by (channel, what their keys begin with, last key seen).

    With the last key seen now, empty when there are no more; each number tells whether it could be read. Numbers come
    in the order of their keys as text, which no two engines share: what begins alike may lie apart.
    """
    channel, prefix, after = asked
    rows = conn.execute(
        select(ArrivalRow.key, ArrivalRow.state)
        .where(ArrivalRow.channel == channel, ArrivalRow.key > after)
        .order_by(ArrivalRow.key)
        .limit(_KEYS_A_TIME)
    ).all()
    ours = {
        int(number): row.state != "quarantined"
        for row in rows
        if row.key.startswith(prefix) and (number := row.key[len(prefix) :]).isdecimal()
    }
    return (rows[-1].key if len(rows) == _KEYS_A_TIME else ""), ours


def _due(now: datetime) -> tuple[Any, Any]:
    return MailboxRow.read_at.is_not(None), or_(MailboxRow.compare_at.is_(None), MailboxRow.compare_at <= now)


def _is(channel: str, mailbox: str) -> tuple[Any, Any]:
    return MailboxRow.channel == channel, MailboxRow.mailbox == mailbox
