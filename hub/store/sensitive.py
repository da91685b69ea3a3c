"""What is health-class (GDPR article 9): which facts, channels, forms and conversations, and who may read them.

A mark holds for what is there already, and for what comes: a conversation is health-class when staff marked it, when
something of it came by a marked channel or form, or when a health-class one was joined with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Text, cast, delete, exists, literal, select, text, union_all

from hub.model.errors import Refused
from hub.model.facts_named import ALL, facts_named
from hub.model.segment import Segment
from hub.model.segment.about_history import Answered
from hub.model.segment.about_person import Fact
from hub.store import sight
from hub.store.tables import (
    ConversationJoinRow,
    ConversationRow,
    FormRow,
    InteractionRow,
    SensitiveConversationRow,
    SensitiveMarkRow,
)
from hub.store.upsert import insert_new

FACT, CHANNEL, FORM = "fact", "channel", "form"
KINDS = (FACT, CHANNEL, FORM)
_CONVERSATION, _MARKED = "conversation", "marks"
# Stands in the place of words that are not for a message.
UNSAID = "…"
_MARKS = union_all(
    select(SensitiveMarkRow.kind, SensitiveMarkRow.name),
    select(literal(_CONVERSATION), literal("")).where(exists(select(SensitiveConversationRow.conversation_id))),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked, by name; `conversations`: whether any is, by staff. Facts are told apart without their case."""

    facts: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    conversations: bool = False

    def __bool__(self) -> bool:
        return bool(self.facts or self.channels or self.forms or self.conversations)

    @property
    def talks(self) -> bool:
        """Whether anything that is said may be health-class."""
        return bool(self.channels or self.forms or self.conversations)


def marks(conn: Connection) -> Marks:
    """Returns what is marked; asked once by each work that reads for somebody."""
    here = sight.kept()
    known = here.get(_MARKED)
    if not isinstance(known, Marks):
        here[_MARKED] = known = _marks(conn)
    return known


def _marks(conn: Connection) -> Marks:
    found: dict[str, set[str]] = {}
    for kind, name in conn.execute(_MARKS):
        found.setdefault(kind, set()).add(name)
    return Marks(
        facts=frozenset(name.casefold() for name in found.get(FACT, ())),
        channels=frozenset(found.get(CHANNEL, ())),
        forms=frozenset(found.get(FORM, ())),
        conversations=_CONVERSATION in found,
    )


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns every mark: kind, name, marked_at, marked_by."""
    rows = conn.execute(select(SensitiveMarkRow.__table__).order_by(SensitiveMarkRow.kind, SensitiveMarkRow.name))
    return [dict(row._mapping) for row in rows]


def mark(conn: Connection, kind: str, name: str, by: str, now: datetime) -> bool:
    """Marks a name; returns whether it was not marked before."""
    sight.kept().clear()
    return insert_new(conn, SensitiveMarkRow, [{"kind": kind, "name": name, "marked_at": now, "marked_by": by}]) == 1


def unmark(conn: Connection, kind: str, name: str) -> bool:
    """Takes a mark off; returns whether there was one."""
    sight.kept().clear()
    gone = delete(SensitiveMarkRow).where(SensitiveMarkRow.kind == kind, SensitiveMarkRow.name == name)
    return conn.execute(gone).rowcount == 1


def mark_conversation(conn: Connection, conversation_id: int, by: str, now: datetime) -> bool:
    """Marks one conversation; returns whether it was not marked before."""
    sight.kept().clear()
    row = {"conversation_id": conversation_id, "marked_at": now, "marked_by": by}
    return insert_new(conn, SensitiveConversationRow, [row]) == 1


def unmark_conversation(conn: Connection, conversation_id: int) -> bool:
    """Takes the mark of one conversation off, and of what was joined with it; returns whether there was one."""
    sight.kept().clear()
    whole = _parts(conn, [conversation_id])
    gone = delete(SensitiveConversationRow).where(SensitiveConversationRow.conversation_id.in_(whole))
    return conn.execute(gone).rowcount > 0


def conversations(conn: Connection, ids: Collection[int | None], known: Marks | None = None) -> set[int]:
    """Returns those of these conversations that are health-class."""
    known = known or marks(conn)
    wanted = {number for number in ids if number is not None}
    if not wanted or not known.talks:
        return set()
    found: set[int] = set()
    if known.conversations:
        parts = _parts(conn, wanted)
        marked = select(SensitiveConversationRow.conversation_id).where(
            SensitiveConversationRow.conversation_id.in_(sorted(parts))
        )
        found |= {talk for number in conn.scalars(marked) for talk in parts[number] & wanted}
    if known.channels:
        opened = select(ConversationRow.id).where(
            ConversationRow.id.in_(sorted(wanted)), ConversationRow.channel.in_(sorted(known.channels))
        )
        found |= set(conn.scalars(opened))
        found |= _holding(conn, wanted, InteractionRow.channel.in_(sorted(known.channels)))
    if known.forms:
        form = InteractionRow.detail.expression.op("->>")("form")
        found |= _holding(conn, wanted, (InteractionRow.medium == "form") & form.in_(sorted(known.forms)))
    return found


def _holding(conn: Connection, wanted: Collection[int], condition: Any) -> set[int]:
    rows = select(InteractionRow.conversation_id).where(InteractionRow.conversation_id.in_(sorted(wanted)), condition)
    return {number for number in conn.scalars(rows.distinct()) if number is not None}


def _parts(conn: Connection, ids: Collection[int]) -> dict[int, set[int]]:
    """Returns the conversations, and those that were joined with them, each with those it is a part of."""
    whole = {number: {number} for number in ids}
    new = set(whole)
    while new:
        joins = conn.execute(
            select(ConversationJoinRow.kept_id, ConversationJoinRow.gone_id).where(
                ConversationJoinRow.kept_id.in_(sorted(new)), ConversationJoinRow.parted_at.is_(None)
            )
        ).all()
        new = set()
        for kept, gone in joins:
            known = whole.setdefault(gone, set())
            if not whole[kept] <= known:
                known |= whole[kept]
                new.add(gone)
    return whole


def interactions(conn: Connection, rows: Sequence[Mapping[str, Any]], known: Marks | None = None) -> set[int]:
    """Returns the ids of those interactions that are health-class; rows as hub.store.interactions reads them."""
    known = known or marks(conn)
    if not known.talks:
        return set()
    talks = conversations(conn, {row["conversation_id"] for row in rows}, known)
    return {
        row["id"]
        for row in rows
        if row["conversation_id"] in talks or row["channel"] in known.channels or _form(row) in known.forms
    }


def told_of(conn: Connection, interaction_ids: Collection[int]) -> set[int]:
    """Returns the ids of those of these interactions that are health-class, and of which nobody outside is told."""
    if not interaction_ids or not (known := marks(conn)).talks:
        return set()
    columns = (
        InteractionRow.id, InteractionRow.conversation_id, InteractionRow.channel, InteractionRow.medium,
        InteractionRow.detail,
    )  # fmt: skip
    rows = conn.execute(select(*columns).where(InteractionRow.id.in_(sorted(interaction_ids)))).mappings()
    return interactions(conn, [dict(row) for row in rows], known)


def _form(row: Mapping[str, Any]) -> str:
    return str((row["detail"] or {}).get("form", "")) if row["medium"] == "form" else ""


def about(conn: Connection, segment: Segment) -> str:
    """Returns what health-class thing a segment asks about, first of all; empty where it asks about none.

    A question counts where a marked form asks it, in any of its versions, or a marked channel brings it.
    """
    rows = [row for row, _opposite in segment.rows() if isinstance(row, Fact | Answered)]
    known = marks(conn) if rows else Marks()
    for row in rows:
        if isinstance(row, Fact) and row.name.partition(".")[0].casefold() in known.facts:
            return row.name
        if isinstance(row, Answered) and (known.forms or known.channels) and _asks(conn, row.question, known):
            return row.question
    return ""


def asks(conn: Connection, question: str) -> bool:
    """Whether a question is one of a marked form, or one that a marked channel brought."""
    known = marks(conn)
    return bool(known.forms or known.channels) and _asks(conn, question, known)


def _asks(conn: Connection, question: str, known: Marks) -> bool:
    forms = conn.execute(select(FormRow.slug, FormRow.definition))
    if any(
        (row.slug in known.forms or row.definition.get("channel") in known.channels) and question in str(row.definition)
        for row in forms
    ):
        return True
    answered = cast(InteractionRow.detail.expression, Text).contains(orjson.dumps(question).decode(), autoescape=True)
    # Written out, not bound: SQLite uses the partial index only for the very words of its condition.
    asked = text("interaction.medium IN ('survey', 'form')")
    brought = select(InteractionRow.id).where(asked, InteractionRow.channel.in_(sorted(known.channels)), answered)
    return bool(known.channels) and conn.scalar(brought.limit(1)) is not None


def fact_named(known: Marks, faces: Mapping[str, str]) -> tuple[str, str] | None:
    """Returns the first face of a template that names a health-class fact, and that fact; None where none does."""
    if not known.facts:
        return None
    for face, source in faces.items():
        for name in sorted(facts_named(str(source))):
            if name == ALL or name.casefold() in known.facts:
                return face, name or sorted(known.facts)[0]
    return None


def check_unsaid(conn: Connection, faces: Mapping[str, str]) -> None:
    """Raises Refused for a template that names a health-class fact, or all facts while one of them is.

    In every face of a message, a mail's body too: what was sent stands on the timeline, and in the recipient's mailbox
    for whoever reads that.
    """
    if found := fact_named(marks(conn), faces):
        raise Refused(
            f"This names the fact {found[1]!r}, which is about health and never stands in a message.",
            field=found[0],
            next_step="Take it out: ask them to call, or say it where only they hear it.",
        )
