"""Segments: named, described and kept in versions by staff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.model.clean import clean_header
from hub.model.errors import Refused
from hub.store import audit, segments
from hub.store.audit import Actor

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")
_LONGEST_TITLE = 200


def save_segment(
    conn: Connection, name: str, title: str, conditions: Mapping[str, Any], by: Actor, *, based_on: int | None = None
) -> int:
    """Saves a segment, as its next version where there is one; returns the version. Raises Refused naming the field.

    `based_on`: the version that was edited, 0 for a new segment, so that no change of somebody else is undone.
    """
    title = clean_header(title).strip()
    if not title:
        raise Refused("A segment needs a title.", field="title", next_step="Say in a few words who is meant.")
    if len(title) > _LONGEST_TITLE:
        raise Refused(f"A title has at most {_LONGEST_TITLE} letters.", field="title")
    if not NAME.match(name):
        raise Refused(
            "A name is made of small letters, digits, - and _.", field="name", next_step="Write it as spring_offer."
        )
    version = segments.save(conn, name, title, conditions, by.name, by.at, based_on=based_on)
    audit.note(conn, by, "segment.saved", f"segment/{name}", {"version": version})
    return version


def retire_segment(conn: Connection, name: str, by: Actor) -> None:
    """Takes a segment off; its versions stay. Raises NotFound."""
    segments.retire(conn, name)
    audit.note(conn, by, "segment.retired", f"segment/{name}")
