"""Recordings that callers hear: named and kept by staff, checked by their content."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.model.call_flow_fields import SOUND
from hub.model.errors import Refused
from hub.store import audit, call_flows, call_sounds
from hub.store.audit import Actor
from hub.store.call_sounds import Sound


def check_name(name: str) -> None:
    """Raises Refused for what cannot be a recording's name."""
    if not SOUND.match(name):
        raise Refused(
            "A name is made of small letters, digits, - and _.", field="name", next_step="Write it as welcome_cs."
        )


def check_title(title: str) -> None:
    """Raises Refused for what says nothing, or too much."""
    if not 1 <= len(title) <= 200:
        raise Refused("Say in a few words what is heard.", field="title")


def check_unused(conn: Connection, name: str) -> None:
    """Raises Refused while a call flow plays a recording."""
    if users := [row.name for row in call_flows.all_current(conn) if name in call_sounds.names_in(row.definition)]:
        raise Refused(f"The call flow {users[0]} plays it.", next_step="Let it play another one first.")


def keep_sound(conn: Connection, sound: Sound, by: Actor) -> None:
    """Keeps a recording whose blob is stored; the next call hears it. Raises Refused naming the field."""
    check_name(sound.name)
    check_title(sound.title)
    call_sounds.keep(conn, sound)
    audit.note(conn, by, "call_sound.kept", f"call_sound/{sound.name}", {"sha256": sound.sha256})


def remove_sound(conn: Connection, name: str, by: Actor) -> None:
    """Removes a recording. Raises NotFound, and Refused while a call flow plays it."""
    call_sounds.get(conn, name)
    check_unused(conn, name)
    call_sounds.remove(conn, name)
    audit.note(conn, by, "call_sound.removed", f"call_sound/{name}")
