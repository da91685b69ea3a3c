"""How forms' mails are read, as files: `mail_forms/NAME.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.kind import Content
from hub.desk.mail_forms import NAME
from hub.model.mail_form import mail_form_as_json, read_mail_form
from hub.store import mail_forms as store


@dataclass(frozen=True, slots=True)
class MailForms(Definitions):
    """Which mails are a form's, and what their lines say."""

    name = "mail_form"
    folder = "mail_forms"
    named = NAME
    naming = "It is named by small letters, digits, - and _."

    def checked(self, data: Mapping[str, Any]) -> Content:
        return mail_form_as_json(read_mail_form(data))

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {row.name: row.definition for row in store.all_current(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        store.save(conn, key, content, by, now)

    def take_out(self, conn: Connection, key: str) -> None:
        store.retire(conn, key)
