"""How forms' mails are read: every change is a new version, the active one of each name counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.mail_form import MailForm, mail_form_as_json, read_mail_form
from hub.store.tables import MailFormRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFormVersion:
    """One version as it is stored; `active`: it is the one that counts now."""

    id: int
    name: str
    version: int
    definition: Mapping[str, Any]
    active: bool
    created_at: datetime
    created_by: str

    @property
    def form(self) -> MailForm:
        """The definition, read. Raises Refused where this hub does not know one of its words (any more)."""
        return read_mail_form(self.definition, self.name, self.version)

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or self.name)


_ALL = tuple(getattr(MailFormRow, name) for name in MailFormVersion.__slots__)
_IN_FORCE = select(MailFormRow.name, MailFormRow.version, MailFormRow.definition).where(MailFormRow.active)


def in_force(conn: Connection) -> list[MailForm]:
    """Returns what counts now, by name; one that this hub cannot read (any more) counts for nothing."""
    found = []
    for row in sorted(conn.execute(_IN_FORCE), key=lambda row: row.name):
        try:
            found.append(read_mail_form(row.definition, row.name, row.version))
        except Refused:
            continue  # its page says why
    return found


def save(
    conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, *, based_on: int | None = None
) -> int:
    """Stores a new version, by which mails are read from now on; returns its number. The same again makes none.

    `based_on`: the version that was edited, 0 for none: raises Refused when somebody else saved another meanwhile, and
    for a definition that cannot be read.
    """
    definition = mail_form_as_json(read_mail_form(definition))
    newest = conn.execute(
        select(*_ALL).where(MailFormRow.name == name).order_by(MailFormRow.version.desc()).limit(1)
    ).one_or_none()
    known = newest.version if newest else 0
    if based_on is not None and based_on != known:
        raise Refused(
            f"There is a form {name!r} already." if not based_on else f"Somebody saved version {known} meanwhile.",
            field="name" if not based_on else "based_on",
            next_step="Choose another name." if not based_on else "Open it anew and make your change once more.",
        )
    if newest and newest.active and newest.definition == definition:
        return known
    conn.execute(update(MailFormRow).where(MailFormRow.name == name, MailFormRow.active).values(active=False))
    row = {
        "name": name, "version": known + 1, "definition": definition, "active": True, "created_at": now,
        "created_by": by,
    }  # fmt: skip
    conn.execute(insert(MailFormRow).values(**row))
    return known + 1


def current(conn: Connection, name: str) -> MailFormVersion:
    """Returns the active version. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(MailFormRow.name == name, MailFormRow.active)).one_or_none()
    if row is None:
        raise NotFound(f"There is no form {name!r} whose mails are read.")
    return MailFormVersion(**row._mapping)


def all_current(conn: Connection) -> list[MailFormVersion]:
    """Returns the active version of each, by name."""
    rows = conn.execute(select(*_ALL).where(MailFormRow.active).order_by(MailFormRow.name))
    return [MailFormVersion(**row._mapping) for row in rows]


def versions(conn: Connection, name: str) -> list[MailFormVersion]:
    """Returns every version, newest first. Raises NotFound."""
    rows = conn.execute(select(*_ALL).where(MailFormRow.name == name).order_by(MailFormRow.version.desc())).all()
    if not rows:
        raise NotFound(f"There is no form {name!r} whose mails are read.")
    return [MailFormVersion(**row._mapping) for row in rows]


def retire(conn: Connection, name: str) -> None:
    """Lets a form's mails be ordinary mails again; versions and what was read stay. Raises NotFound."""
    current(conn, name)
    conn.execute(update(MailFormRow).where(MailFormRow.name == name, MailFormRow.active).values(active=False))
