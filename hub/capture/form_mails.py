"""Mails of a website's contact form: whom they name becomes the author, what they answered becomes answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from hub.model.contact import Answer, Direction, InboundContact, Kind, Medium, Party, Trust
from hub.model.identity import Identity, email_identity, phone_identity
from hub.model.mail_form import Filled, Gives, MailForm
from hub.model.mail_form_reading import address_in, name_before, question, read_values
from hub.store import mail_forms

_KINDS = {Gives.EMAIL: "email", Gives.PHONE: "phone", Gives.MESSAGE: "multiline"}


def read_form_mails(conn: Connection, contacts: Sequence[InboundContact]) -> list[InboundContact]:
    """Returns the contacts, those that are a known form's mails as submissions."""
    if not any(_may_be_one(contact) for contact in contacts):
        return list(contacts)
    forms = mail_forms.in_force(conn)
    return [as_submission(forms, contact) for contact in contacts] if forms else list(contacts)


def as_submission(forms: Sequence[MailForm], contact: InboundContact, html: str = "") -> InboundContact:
    """Returns a mail as the submission that it carries, or as it is where it is none, or names nobody to answer to."""
    if not _may_be_one(contact):
        return contact
    sender = from_address(contact)
    form = next((each for each in forms if each.fits(sender, contact.subject)), None)
    if form is None:
        return contact
    filled = read_values(form, contact.text, html or contact.html)
    reached = _reached(form, filled)
    if not reached:
        return replace(contact, extra={**contact.extra, "mail_form_unread": form.name})
    name = _name(filled)
    message = filled.first(Gives.MESSAGE)
    answers = tuple(
        Answer(question(each), value, _KINDS.get(each.gives, "text"))
        for each, value in filled.values
        if each.gives is not Gives.NOTHING
    )
    text = message or "\n".join(f"{answer.question}: {answer.value}" for answer in answers)
    return replace(
        contact,
        medium=Medium.FORM,
        kind=Kind.MESSAGE,
        sender=Party(reached[0], name),
        claims=tuple(Party(identity, name) for identity in reached[1:]),
        # Anybody may have typed anybody's address.
        trust=Trust.UNVERIFIED,
        subject=filled.first(Gives.SUBJECT) or contact.subject,
        text=text,
        visible_text=text,
        quoted_text="",
        signature="",
        answers=answers,
        in_reply_to="",
        references=(),
        source=f"form {form.name}",
        extra={
            **{key: value for key, value in contact.extra.items() if key != "claims_staff"},
            "mail_form": form.name,
            "mail_form_version": str(form.version),
            "author": "mail_form",
            "from": sender,
        },
    )


def from_address(contact: InboundContact) -> str:
    """Returns the address in From, also where Reply-To named the author."""
    return contact.extra.get("from", "") or contact.sender.identity.value


def _may_be_one(contact: InboundContact) -> bool:
    return (
        contact.medium is Medium.EMAIL
        and contact.direction is Direction.IN
        and contact.kind in (Kind.MESSAGE, Kind.AUTO_REPLY)
        and "forwarded_by" not in contact.extra
    )


def _reached(form: MailForm, filled: Filled) -> list[Identity]:
    addresses = (address_in(filled.first(gives)) for gives in (Gives.EMAIL, Gives.PERSON))
    found = [email_identity(address) for address in addresses if address]
    found.append(phone_identity(filled.first(Gives.PHONE), form.region or None))
    return list(dict.fromkeys(identity for identity in found if identity))


def _name(filled: Filled) -> str:
    parts = " ".join(filter(None, (filled.first(Gives.FIRST_NAME), filled.first(Gives.LAST_NAME))))
    said = filled.first(Gives.NAME) or parts or name_before(filled.first(Gives.PERSON))
    return " ".join(said.split())[:200]
