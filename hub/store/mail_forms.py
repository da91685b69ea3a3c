"""How forms' mails are read: every change is a new version, the active one of each name counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.mail_form import MailForm, mail_form_as_json, read_mail_form
from hub.store.tables import MailFormRow
from hub.store.versions import Definition, NamedVersions


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFormVersion(Definition):
    """One version as it is stored."""

    @property
    def form(self) -> MailForm:
        """The definition, read. Raises Refused where this hub does not know one of its words (any more)."""
        return read_mail_form(self.definition, self.name, self.version)


_KEPT = NamedVersions(MailFormRow, MailFormVersion, "mail form")
current, all_current, versions, retire = _KEPT.current, _KEPT.all_current, _KEPT.versions, _KEPT.retire


def save(
    conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, *, based_on: int | None = None
) -> int:
    """Stores a new version, by which mails are read from now on. Raises Refused also for what cannot be read."""
    content = {"definition": mail_form_as_json(read_mail_form(definition))}
    return _KEPT.save(conn, name, content, by, now, based_on=based_on)


def in_force(conn: Connection) -> list[MailForm]:
    """Returns what counts now, by name; one that this hub cannot read (any more) counts for nothing."""
    found = []
    for version in all_current(conn):
        try:
            found.append(version.form)
        except Refused:
            continue  # its page says why
    return found
