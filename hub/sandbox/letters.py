"""Mails of make-believe people: written as a mail program writes them, and read as one shows them."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, formataddr, localtime, make_msgid, parsedate_to_datetime
from pathlib import Path

# The stand-in's own mail server, as it names itself (RFC 8601); `.invalid` is nobody's (RFC 2606).
SERVER = "sandbox.invalid"
_SHOWN = (
    "From", "Reply-To", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-Unsubscribe",
    "List-Unsubscribe-Post",
)  # fmt: skip
Files = Sequence[tuple[str, str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as its reader sees it; `pictures`: those that its HTML calls by their Content-ID."""

    subject: str
    sender: str
    at: datetime
    headers: tuple[tuple[str, str], ...]
    text: str
    message_id: str
    html: str = ""
    files: tuple[str, ...] = ()
    pictures: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)
    unsubscribe: str = ""


def compose(
    name: str, address: str, to: str, subject: str, text: str, *, in_reply_to: str = "", files: Files = ()
) -> bytes:
    """Returns a mail; `files` are (name, type, content), the type guessed where it is empty. Raises ValueError."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = formataddr((name, address))
    message["To"], message["Subject"] = to, subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain="customer.example")
    if in_reply_to:
        message["In-Reply-To"] = message["References"] = f"<{in_reply_to.strip('<> ')}>"
    message.set_content(text)
    for filename, content_type, content in files:
        kind = content_type or mimetypes.guess_type(filename)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=filename)
    return message.as_bytes()


def stamped(raw: bytes, address: str) -> bytes:
    """Returns a mail as the mailbox's own server delivers it: with its word on top that the sender is who it says."""
    domain = address.rpartition("@")[2].lower().encode()
    return b"Authentication-Results: %s; dmarc=pass header.from=%s\r\n%s" % (SERVER.encode(), domain, raw)


def read(path: Path) -> Letter:
    """Reads a mail that the hub sent; what cannot be read of it is left out."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    attached = [part for part in message.walk() if part.get_filename()]
    return Letter(
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        at=_date(message) or datetime.fromtimestamp(path.stat().st_mtime, UTC),
        headers=tuple((name, str(message[name])) for name in _SHOWN if message[name]),
        text=_text(plain),
        html=_text(html),
        message_id=str(message["Message-ID"] or "").strip("<> "),
        files=tuple(str(part.get_filename()) for part in attached),
        pictures=tuple(_picture(part) for part in message.walk() if part["Content-ID"]),
        unsubscribe=_one_click(message),
    )


def _text(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, MessageError, ValueError):
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _date(message: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _picture(part: EmailMessage) -> tuple[str, str, bytes]:
    return str(part["Content-ID"]), part.get_content_type(), bytes(part.get_payload(decode=True) or b"")


def _one_click(message: EmailMessage) -> str:
    """Returns the address for one-click unsubscribing (RFC 8058 3.1), where the mail offers it."""
    if str(message["List-Unsubscribe-Post"] or "").strip() != "List-Unsubscribe=One-Click":
        return ""
    links = [part.strip(" <>") for part in str(message["List-Unsubscribe"] or "").split(",")]
    return next((link for link in links if link.startswith(("http://", "https://"))), "")
