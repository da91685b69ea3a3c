"""One e-mail as plain fields, for `hub inspect email` and for tests that measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from channels.email_message.guard import read_mail_guarded
from channels.email_message.html import sanitise
from channels.email_message.mail import Mail, Mailbox


def describe(source: Path | bytes) -> dict[str, object]:
    """Reads a mail from a file or from bytes and returns its fields. Raises Unreadable, OSError."""
    return describe_mail(source if isinstance(source, bytes) else source.read_bytes())


def describe_mail(raw: bytes) -> dict[str, object]:
    """Returns what the hub makes of a mail, as values JSON can hold; `html` is what pages show (sanitised)."""
    return fields_of(read_mail_guarded(raw))


def fields_of(mail: Mail) -> dict[str, object]:
    return {
        "kind": str(mail.kind),
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "from": _box(mail.from_[0]) if mail.from_ else None,
        "to": _boxes(mail.to),
        "cc": _boxes(mail.cc),
        "reply_to": _boxes(mail.reply_to),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "visible_text": mail.visible_text,
        "quoted_text": mail.quoted_text,
        "signature": mail.signature,
        "forwarded_text": mail.forwarded_text,
        "html": sanitise(mail.html) if mail.html else "",
        "attachments": [
            {"filename": part.filename, "content_type": part.content_type, "size": part.size, "sha256": part.sha256}
            for part in mail.attachments
        ],
        "bounces": [
            {
                "recipient": failure.recipient,
                "status": failure.status,
                "permanent": failure.permanent,
                "hard": failure.hard,
                "delayed": failure.delayed,
                "reason": str(failure.reason),
                "diagnostic": failure.diagnostic,
            }
            for failure in (mail.bounces.failures if mail.bounces else ())
        ],
        "defects": list(mail.defects),
    }


def _box(mailbox: Mailbox) -> dict[str, str]:
    return {"display_name": mailbox.display_name, "addr_spec": mailbox.addr_spec}


def _boxes(mailboxes: Sequence[Mailbox]) -> list[dict[str, str]]:
    return [_box(mailbox) for mailbox in mailboxes]
