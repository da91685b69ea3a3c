"""Older mail: staff asks for what a mailbox got before the hub began to read it, and stops that again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from channels.base import Holds
from hub.model.errors import NotFound, Refused
from hub.store import audit, backfills, mailboxes
from hub.store.audit import Actor
from hub.store.backfills import Backfill


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Mail of a channel from the day `since` on (None: all there is); `folder` empty: of every folder that is read."""

    channel: str
    since: date | None = None
    folder: str = ""


def ask(conn: Connection, wanted: Wanted, channel: object, by: Actor) -> list[Backfill]:
    """Asks for older mail; one backfill a folder, also where it was under way already.

    `channel`: the open one of this name, None where it is not. Raises Refused and NotFound.
    """
    if not isinstance(channel, Holds):
        raise Refused(
            f"{wanted.channel} is not open as a mailbox on a server, so it has no older mail to fetch.",
            next_step="Name a mailbox that is live: hub check tells which there are.",
        )
    if wanted.since is not None and wanted.since > by.at.date():
        raise Refused("Older mail begins in the past.", field="since", next_step="Name an earlier day.")
    folders = {name for name in channel.mailboxes if wanted.folder in ("", name, _folder(conn, wanted.channel, name))}
    if not folders:
        raise NotFound(
            f"{wanted.channel} reads no folder {wanted.folder}.",
            next_step=f"It reads: {', '.join(channel.mailboxes)}. Add the folder to its settings first.",
        )
    asked = [
        backfills.ask(conn, wanted.channel, name, wanted.since, by.name, by.at)
        for name in channel.mailboxes
        if name in folders
    ]
    detail = {"since": wanted.since.isoformat() if wanted.since else "", "folders": sorted(folders)}
    audit.note(conn, by, "backfill.asked", f"channel/{wanted.channel}", detail)
    return asked


def stop(conn: Connection, channel: str, by: Actor) -> list[Backfill]:
    """Stops what is under way for a channel; what came in stays. Returns what was stopped."""
    under_way = backfills.open_ones(conn, [channel])
    for each in under_way:
        backfills.end(conn, each.id, "stopped", by.at)
    if under_way:
        audit.note(conn, by, "backfill.stopped", f"channel/{channel}")
    return [backfills.get(conn, each.id) for each in under_way]


def compare(conn: Connection, channel: str, by: Actor) -> None:
    """Has the mailboxes of a channel counted against their server within a minute. Raises NotFound."""
    if not mailboxes.compare_soon(conn, channel):
        raise NotFound(f"{channel} has no mailbox that could be compared.")
    audit.note(conn, by, "mailbox.compared", f"channel/{channel}")


def _folder(conn: Connection, channel: str, mailbox: str) -> str:
    known = mailboxes.all_mailboxes(conn).get(channel, [])
    return next((each.folder for each in known if each.mailbox == mailbox), "")
