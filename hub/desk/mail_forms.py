"""Contact forms that mail, as staff keeps them: named, saved in versions, taken off again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit, mail_forms
from hub.store.audit import Actor

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}\Z")


def save_mail_form(
    conn: Connection, name: str, definition: Mapping[str, Any], by: Actor, *, based_on: int | None = None
) -> int:
    """Saves how a form's mails are read, as its next version; returns the version. Raises Refused naming the field.

    `based_on`: the version that was edited, 0 for a new one, so that no change of somebody else is undone.
    """
    if not NAME.match(name):
        raise Refused("A name is made of small letters, digits, - and _.", field="name", next_step="As: website.")
    version = mail_forms.save(conn, name, definition, by.name, by.at, based_on=based_on)
    audit.note(conn, by, "mail_form.saved", f"mail_form/{name}", {"version": version})
    return version


def retire_mail_form(conn: Connection, name: str, by: Actor) -> None:
    """Lets a form's mails be ordinary mails again; what was read stays. Raises NotFound."""
    mail_forms.retire(conn, name)
    audit.note(conn, by, "mail_form.retired", f"mail_form/{name}")


def note_applied(conn: Connection, name: str, read: int, by: Actor) -> None:
    """Keeps in the audit log that past mails were read anew."""
    audit.note(conn, by, "mail_form.applied", f"mail_form/{name}", {"read": read})
