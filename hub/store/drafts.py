"""Drafts as they are kept: what staff writes survives a crash, is resumed elsewhere, and tells colleagues of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from hub.store import sensitive, veil
from hub.store.tables import ConversationRow, CustomerRow, DraftRow, StaffRow
from hub.store.upsert import insert_new

FORWARD = "forward"
# A draft is saved a moment after each pause in typing.
_WRITING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """A draft as it was last saved; `content`: recipients, subject, text, as they were typed; `files`: as stored."""

    id: str
    staff_id: int | None
    kind: str
    conversation_id: int | None
    customer_id: int | None
    identity_id: int | None
    about_id: int | None
    seen: int | None
    content: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Somebody with a draft in a conversation."""

    staff_id: int | None
    name: str
    since: datetime
    changed_at: datetime

    def writes(self, now: datetime) -> bool:
        """Tells whether they are at it, or only left a draft there."""
        return now - self.changed_at < _WRITING


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A draft as a list shows it."""

    id: str
    kind: str
    conversation_id: int | None
    customer_id: int | None
    to: str
    subject: str
    preview: str
    files: int
    changed_at: datetime


def get(conn: Connection, draft_id: str, *, lock: bool = False) -> KeptDraft | None:
    """Returns a draft; `lock` keeps others from changing its files until the commit."""
    statement = select(DraftRow.__table__).where(DraftRow.id == draft_id)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    return KeptDraft(**row._mapping) if row else None


def of_conversation(conn: Connection, conversation_id: int, staff_id: int | None, *, forward: bool) -> KeptDraft | None:
    """Returns the draft that a staff member last changed in a conversation: an answer, or one that forwards."""
    statement = (
        select(DraftRow.__table__)
        .where(DraftRow.conversation_id == conversation_id, _of(staff_id), (DraftRow.kind == FORWARD) == forward)
        .order_by(DraftRow.changed_at.desc())
        .limit(1)
    )
    row = conn.execute(statement).one_or_none()
    return KeptDraft(**row._mapping) if row else None


def save(conn: Connection, draft_id: str, values: Mapping[str, Any], now: datetime) -> None:
    """Keeps what is written; `values`: columns of the draft, its files left as they are where it is known."""
    row = {"id": draft_id, "files": [], "created_at": now, "changed_at": now, **values}
    insert_new(conn, DraftRow, [row])
    kept = {name: value for name, value in values.items() if name != "files"}
    conn.execute(update(DraftRow).where(DraftRow.id == draft_id).values(**kept, changed_at=now))


def set_files(conn: Connection, draft_id: str, files: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Replaces the files of a draft."""
    conn.execute(update(DraftRow).where(DraftRow.id == draft_id).values(files=list(files), changed_at=now))


def restore(conn: Connection, row: Mapping[str, Any]) -> None:
    """Puts a draft back as a whole."""
    conn.execute(insert(DraftRow).values(**row))


def remove(conn: Connection, draft_id: str) -> None:
    """Removes a draft; its files are released by who removes it."""
    conn.execute(delete(DraftRow).where(DraftRow.id == draft_id))


def of_staff(conn: Connection, staff_id: int | None, limit: int = 100) -> list[DraftLine]:
    """Returns the drafts of a staff member, the one changed last first."""
    rows = conn.execute(
        select(DraftRow.__table__, ConversationRow.subject, CustomerRow.display_name)
        .outerjoin(ConversationRow, ConversationRow.id == DraftRow.conversation_id)
        .outerjoin(CustomerRow, CustomerRow.id == DraftRow.customer_id)
        .where(_of(staff_id))
        .order_by(DraftRow.changed_at.desc(), DraftRow.id)
        .limit(limit)
    ).all()
    talks = {row.conversation_id for row in rows}
    unseen = {talk for talk in sensitive.conversations(conn, talks) if not veil.may_read_talk(conn, talk)}
    return [
        DraftLine(
            id=row.id,
            kind=row.kind,
            conversation_id=row.conversation_id,
            customer_id=row.customer_id,
            to=str(row.content.get("to", "")) or row.display_name or "",
            subject=str(row.content.get("subject", "")) or row.subject or "",
            preview=" ".join(str(row.content.get("text", ""))[:400].split())[:140],
            files=len(row.files),
            changed_at=row.changed_at,
        )
        for row in rows
        if row.conversation_id not in unseen
    ]


def writers(conn: Connection, conversation_id: int, *, without: int | None) -> list[Writer]:
    """Returns who else has a draft in a conversation, the one who began first first."""
    rows = conn.execute(
        select(DraftRow.staff_id, StaffRow.display_name, DraftRow.created_at, DraftRow.changed_at)
        .join(StaffRow, StaffRow.id == DraftRow.staff_id)
        .where(DraftRow.conversation_id == conversation_id, DraftRow.staff_id != (without or 0))
        .order_by(DraftRow.created_at)
    )
    return [
        Writer(staff_id=row.staff_id, name=row.display_name, since=row.created_at, changed_at=row.changed_at)
        for row in rows
    ]


def _of(staff_id: int | None) -> ColumnElement[bool]:
    return DraftRow.staff_id.is_(None) if staff_id is None else DraftRow.staff_id == staff_id
