"""Canned texts and signatures: what staff keeps so as not to write it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.store.tables import CannedTextRow, SignatureRow
from hub.store.upsert import insert_new, upsert

SHARED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedText:
    """A text with a name, in one language; `owner_id` 0: everybody's."""

    id: int
    name: str
    language: str
    owner_id: int
    text: str
    changed_at: datetime
    changed_by: str

    @property
    def shared(self) -> bool:
        return self.owner_id == SHARED


_ALL = select(CannedTextRow.__table__).order_by(CannedTextRow.name, CannedTextRow.language, CannedTextRow.owner_id)


def usable(conn: Connection, staff_id: int | None) -> list[CannedText]:
    """Returns everybody's texts and a staff member's own, by name and language."""
    owners = [SHARED] if staff_id is None else [SHARED, staff_id]
    return [CannedText(**row._mapping) for row in conn.execute(_ALL.where(CannedTextRow.owner_id.in_(owners)))]


def shared(conn: Connection) -> list[CannedText]:
    """Returns everybody's texts, by name and language."""
    return usable(conn, None)


def get(conn: Connection, number: int, staff_id: int | None) -> CannedText:
    """Returns a text that this staff member may use. Raises NotFound."""
    row = conn.execute(_ALL.where(CannedTextRow.id == number)).one_or_none()
    if row is None or row.owner_id not in (SHARED, staff_id):
        raise NotFound("There is no such canned text.")
    return CannedText(**row._mapping)


def add(conn: Connection, name: str, language: str, owner_id: int, text: str, by: str, now: datetime) -> int:
    """Keeps a new text; returns its number. Raises Refused where its owner has one of this name and language."""
    row = {"name": name, "language": language, "owner_id": owner_id, "text": text, "changed_at": now, "changed_by": by}
    if find(conn, name, language, owner_id) is not None:
        raise _taken(name, language)
    made: int = conn.execute(insert(CannedTextRow).values(**row).returning(CannedTextRow.id)).scalar_one()
    return made


def put(conn: Connection, name: str, language: str, owner_id: int, text: str, by: str, now: datetime) -> None:
    """Keeps a text under its name and language, in place of the one that was there."""
    row = {"name": name, "language": language, "owner_id": owner_id, "text": text, "changed_at": now, "changed_by": by}
    upsert(conn, CannedTextRow, ("name", "language", "owner_id"), [row])


def change(conn: Connection, known: CannedText, changed: Mapping[str, object], by: str, now: datetime) -> None:
    """Changes name, language, owner or text. Raises Refused where that name is taken."""
    name, language = str(changed.get("name", known.name)), str(changed.get("language", known.language))
    owner = changed.get("owner_id", known.owner_id)
    other = find(conn, name, language, owner if isinstance(owner, int) else known.owner_id)
    if other is not None and other != known.id:
        raise _taken(name, language)
    conn.execute(
        update(CannedTextRow)
        .where(CannedTextRow.id == known.id)
        .values({**changed, "changed_at": now, "changed_by": by})
    )


def find(conn: Connection, name: str, language: str, owner_id: int) -> int | None:
    """Returns the number of a text by its name, language and owner."""
    return conn.scalar(
        select(CannedTextRow.id).where(
            CannedTextRow.name == name, CannedTextRow.language == language, CannedTextRow.owner_id == owner_id
        )
    )


def remove(conn: Connection, number: int) -> None:
    """Removes a text."""
    conn.execute(delete(CannedTextRow).where(CannedTextRow.id == number))


def signatures(conn: Connection, staff_id: int) -> dict[str, str]:
    """Returns how a staff member signs, by channel; channels without an own signature are left out."""
    rows = conn.execute(select(SignatureRow.channel, SignatureRow.text).where(SignatureRow.staff_id == staff_id))
    return {row.channel: row.text for row in rows}


def set_signatures(conn: Connection, staff_id: int, by_channel: Mapping[str, str]) -> None:
    """Replaces the signatures of a staff member; an empty one is none of its own."""
    conn.execute(delete(SignatureRow).where(SignatureRow.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "channel": name, "text": text} for name, text in by_channel.items() if text.strip()]
    insert_new(conn, SignatureRow, rows)


def _taken(name: str, language: str) -> Refused:
    return Refused(
        f"There is a canned text {name} in {language} already.", field="name", next_step="Give it another name."
    )
