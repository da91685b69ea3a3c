"""How forms' mails are read, as files: `mail_forms/NAME.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hub.desk.configuration.definitions import InVersions, Versions
from hub.desk.configuration.kind import Content
from hub.desk.mail_forms import NAME
from hub.model.mail_form import mail_form_as_json, read_mail_form
from hub.store import mail_forms as store


@dataclass(frozen=True, slots=True)
class MailForms(InVersions):
    """Which mails are a form's, and what their lines say."""

    name = "mail_form"
    folder = "mail_forms"
    named = NAME
    naming = "It is named by small letters, digits, - and _."
    versions: ClassVar[Versions] = store

    def defined(self, data: Mapping[str, Any]) -> Content:
        return mail_form_as_json(read_mail_form(data))
