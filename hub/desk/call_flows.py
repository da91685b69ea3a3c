"""Call flows: named, kept in versions and given to channels by staff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.desk.rosters import rung_by
from hub.model.errors import Refused
from hub.store import audit, call_flows, call_sounds, rosters
from hub.store.audit import Actor
from hub.store.call_world import Announcement
from hub.store.call_world import announce as keep_announcement

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")
_LONGEST_ANNOUNCEMENT = 1_000


def save_call_flow(
    conn: Connection, name: str, definition: Mapping[str, Any], by: Actor, *, based_on: int | None = None
) -> int:
    """Saves a call flow, as its next version where there is one; returns the version. Raises Refused naming the field.

    `based_on`: the version that was edited, 0 for a new flow, so that no change of somebody else is undone.
    """
    if not NAME.match(name):
        raise Refused("A name is made of letters, digits, - and _.", field="name", next_step="Write it as main_phone.")
    unknown = sorted(rung_by(definition) - {kept.name for kept in rosters.every(conn)})
    if unknown:
        raise Refused(
            f"There is no on-call roster {unknown[0]!r}.",
            field="steps",
            next_step="Make the roster first, then ring it.",
        )
    missing = sorted(call_sounds.names_in(definition) - {kept.name for kept in call_sounds.every(conn)})
    if missing:
        raise Refused(
            f"There is no recording {missing[0]!r}.",
            field="steps",
            next_step="Upload the recording first, then play it.",
        )
    version = call_flows.save(conn, name, definition, by.name, by.at, based_on=based_on)
    audit.note(conn, by, "call_flow.saved", f"call_flow/{name}", {"version": version})
    return version


def retire_call_flow(conn: Connection, name: str, by: Actor) -> None:
    """Takes a call flow off; its versions stay. Raises NotFound, and Refused while a channel's calls follow it."""
    call_flows.retire(conn, name)
    audit.note(conn, by, "call_flow.retired", f"call_flow/{name}")


def choose_call_flow(conn: Connection, channel: str, name: str, by: Actor) -> None:
    """Lets a channel's calls follow a flow; empty: that of the channel's own name, if any. Raises NotFound."""
    call_flows.choose(conn, channel, name)
    audit.note(conn, by, "call_flow.chosen", f"channel/{channel}", {"flow": name})


def announce(conn: Connection, told: Announcement, by: Actor) -> None:
    """Keeps what every caller hears first, and whether it is said. Raises Refused for nothing that is said."""
    if told.on and not told.words:
        raise Refused("There is nothing to say yet.", field="words", next_step="Write what callers are to hear first.")
    if any(len(said) > _LONGEST_ANNOUNCEMENT for said in told.words.values()):
        raise Refused(f"Callers hear at most {_LONGEST_ANNOUNCEMENT} characters first.", field="words")
    keep_announcement(conn, told)
    audit.note(conn, by, "call_announcement.on" if told.on else "call_announcement.off", "call_flows")
