"""How a form's mails are read while staff edits it: its definition as fields of a page, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.model.contact import InboundContact
from hub.model.mail_form import MOST_FIELDS, Gives
from hub.model.mail_form_proposal import propose
from hub.web.pages.fields import Form as Posted
from hub.web.pages.fields import text_of

Draft = dict[str, Any]
_SEPARATOR = "|"


def new_draft(region: str) -> Draft:
    """Returns what a new one begins as."""
    fields = [{"labels": [], "gives": gives.value} for gives in (Gives.NAME, Gives.EMAIL, Gives.MESSAGE)]
    return {"title": "", "senders": [], "subject": "", "fields": fields, "ends": [], "region": region}


def proposed_draft(text: str, html: str, region: str, *, sender: str = "", subject: str = "") -> Draft:
    """Returns what a mail seems to hold."""
    found = propose(text, html)
    draft = new_draft(region)
    if found.fields:
        draft["fields"] = [{"labels": list(each.labels), "gives": each.gives.value} for each in found.fields]
    return {**draft, "ends": list(found.ends), "senders": [sender] if sender else [], "title": subject[:200]}


def of_contact(contact: InboundContact, sender: str, region: str) -> Draft:
    """Returns what a mail that came in seems to hold."""
    return proposed_draft(contact.text, contact.html, region, sender=sender, subject=contact.subject)


def posted_draft(posted: Posted) -> Draft:
    """Returns the draft that a page sent, without the fields that are to go and with the one that is to come."""
    count = text_of(posted, "fields").strip()[:4]
    numbers = range(min(int(count) if count.isascii() and count.isdecimal() else 0, MOST_FIELDS))
    fields = [_field(posted, f"f{n}") for n in numbers if not text_of(posted, f"f{n}.remove")]
    if text_of(posted, "act") == "add":
        fields.append({"labels": [], "gives": Gives.ANSWER.value})
    return {
        "title": text_of(posted, "title").strip(),
        "senders": _parts(text_of(posted, "senders").replace(",", "\n").split("\n")),
        "subject": text_of(posted, "subject").strip(),
        "fields": fields,
        "ends": _parts(text_of(posted, "ends").split("\n")),
        "region": text_of(posted, "region").strip(),
    }


def labels_text(labels: Sequence[str]) -> str:
    """Returns labels as they are typed into one field."""
    return f" {_SEPARATOR} ".join(labels)


def _field(posted: Posted, at: str) -> dict[str, Any]:
    return {
        "labels": _parts(text_of(posted, f"{at}.labels").split(_SEPARATOR)),
        "gives": text_of(posted, f"{at}.gives"),
    }


def _parts(written: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in written if part.strip()))
