"""What is health-class, as administrators say it by name and staff of single conversations; who may see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from hub.model.clean import clean_header
from hub.model.errors import NotFound, Refused
from hub.model.segment.about_person import Fact
from hub.store import audit, forms, segments, sensitive, staff, templates, veil
from hub.store.audit import Actor
from hub.store.tables import ConversationRow

_LONGEST = 80
# By these the hub works out prices and hours for everybody: nothing about anybody's health stands there.
_OURS = frozenset({"tier", "state"})


def known_name(kind: str, name: str) -> str:
    """Returns a name as it is kept. Raises Refused for what can be none."""
    if kind not in sensitive.KINDS:
        raise Refused(f"{kind[:40]!r} cannot be marked: {', '.join(sensitive.KINDS)}.", field="kind")
    cleaned = clean_header(name).strip()
    if not 0 < len(cleaned) <= _LONGEST or (kind == sensitive.FACT and set(cleaned) & set('"\\.')):
        raise Refused(
            f"A name has at most {_LONGEST} letters, and that of a fact no dots, quotes or backslashes.", field="name"
        )
    if kind == sensitive.FACT and cleaned.casefold() in _OURS:
        raise Refused(
            f"The hub itself works with the fact {cleaned!r}.", field="name", next_step="Keep it under another name."
        )
    return cleaned.casefold() if kind == sensitive.FACT else cleaned


def mark(conn: Connection, kind: str, name: str, by: Actor, *, channels: Collection[str] | None = None) -> list[str]:
    """Marks a fact, channel or form; returns what names that fact and must be changed (see `naming`).

    Templates that name it are not sent any more, and segments by it choose nobody for a promotion. `channels`: those
    that there are. Raises Refused, and NotFound for a channel or form that is not there.
    """
    kept = known_name(kind, name)
    if kind == sensitive.CHANNEL and channels is not None and kept not in channels:
        raise NotFound(f"There is no channel {kept!r}.")
    if kind == sensitive.FORM and kept not in {row["slug"] for row in forms.newest(conn)}:
        raise NotFound(f"There is no form {kept!r}.")
    if sensitive.mark(conn, kind, kept, by.name, by.at):
        audit.note(conn, by, "sensitive.marked", f"{kind}/{kept}")
    return naming(conn, kept) if kind == sensitive.FACT else []


def unmark(conn: Connection, kind: str, name: str, by: Actor) -> None:
    """Takes a mark off: everybody sees it again, what came before too. Raises NotFound."""
    kept = known_name(kind, name)
    if not sensitive.unmark(conn, kind, kept):
        raise NotFound(f"The {kind} {kept!r} is not marked.")
    audit.note(conn, by, "sensitive.unmarked", f"{kind}/{kept}")


def naming(conn: Connection, fact: str) -> list[str]:
    """Returns the templates in use that name a fact, and the segments that ask for it: template NAME/LANGUAGE, ..."""
    known = sensitive.Marks(facts=frozenset({fact.casefold()}))
    said = [
        f"template {row['name']}/{row['language']}"
        for row in templates.listed(conn)
        if sensitive.fact_named(known, row["faces"])
    ]
    asked = [
        f"segment {row.name}"
        for row in segments.all_current(conn)
        if any(isinstance(one, Fact) and one.name.casefold() == fact.casefold() for one, _ in _rows(row))
    ]
    return [*said, *asked]


def _rows(row: segments.SegmentVersion) -> list[Any]:
    try:
        return list(row.segment.rows())
    except Refused:
        return []  # a newer hub's condition, after going back to an older one: its own page says so


def mark_conversation(conn: Connection, conversation_id: int, by: Actor, *, marked: bool) -> None:
    """Marks a conversation, or takes its mark off, which only who may see it does.

    Raises NotFound, NotAllowed, and Refused where a marked channel or form brought it.
    """
    if conn.scalar(select(ConversationRow.id).where(ConversationRow.id == conversation_id)) is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    if marked:
        done = sensitive.mark_conversation(conn, conversation_id, by.name, by.at)
    else:
        veil.require_talk(conn, conversation_id)
        done = sensitive.unmark_conversation(conn, conversation_id)
        if conversation_id in sensitive.conversations(conn, [conversation_id]):
            raise Refused(
                "It came by a channel or a form that is about health.",
                next_step="An administrator takes that mark off, for all that came by it.",
            )
    if done:
        audit.note(conn, by, f"sensitive.{'marked' if marked else 'unmarked'}", f"conversation/{conversation_id}")


def give_sight(conn: Connection, staff_id: int, by: Actor, *, sees: bool) -> None:
    """Says whether a member of staff may see what is health-class. Raises NotFound."""
    if staff.member(conn, staff_id).sees_sensitive == sees:
        return
    staff.set_sight(conn, staff_id, sees)
    audit.note(conn, by, f"sensitive.{'given' if sees else 'taken'}", f"staff/{staff_id}")
