"""Stopping: staff's word over all sending at once, and over promotions after a backup was restored."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit, dispatching, new_life
from hub.store.audit import Actor
from hub.store.installation import note_fact


def stop_sending(conn: Connection, why: str, by: Actor) -> None:
    """Stops everything that is not handed over yet, in every process, until `start_sending`. Raises Refused."""
    why = " ".join(why.split())[:200]
    if not why:
        raise Refused("Say why sending is stopped.", next_step="Others will read it.", field="why")
    note_fact(conn, dispatching.KILL_SWITCH, why)
    audit.note(conn, by, "sending.stopped", "installation", {"why": why})


def start_sending(conn: Connection, by: Actor) -> int:
    """Lets messages go out again; returns how many of those held for it are asked about again."""
    if not dispatching.kill_switch(conn):
        return 0
    note_fact(conn, dispatching.KILL_SWITCH, "")
    audit.note(conn, by, "sending.started", "installation")
    return dispatching.ask_again(conn, dispatching.KILL_SWITCH, by.at)


def release_promotions(conn: Connection, by: Actor) -> int:
    """Lets promotions go out again after a backup was restored; returns how many were waiting for it."""
    if not new_life.release_promotions(conn, by):
        return 0
    return dispatching.ask_again(conn, new_life.PROMOTIONS_HELD, by.at)
