"""What one e-mail says: plain values, cleaned text, nothing left to decode."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hub.model.contact import Kind

if TYPE_CHECKING:
    from channels.email_message.bounce import BounceReport


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address of a header (RFC 5322 3.4); either half may be empty in a broken mail."""

    display_name: str
    addr_spec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One attached file: its decoded bytes and a label that is safe to show, never a path.

    `content_id` stands without angle brackets; `inline`: the body shows it (an image in HTML).
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    content: bytes = field(repr=False)
    content_id: str = ""
    inline: bool = False

    @property
    def is_calendar(self) -> bool:
        """Told by its type, or by its name where the type says nothing (RFC 5545, 8.1)."""
        return self.content_type in ("text/calendar", "application/ics") or self.filename.lower().endswith(".ics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail as read. Ids (`message_id`, `in_reply_to`, `references`) stand without angle brackets.

    `text` is the body a person would read, made from HTML where there is no plain part; `plain` and `html` are the
    bodies as sent (decoded), empty where there are none. `visible_text` is what the author newly wrote, `quoted_text`
    what was quoted or forwarded, `forwarded_text` the latter alone, from its headers on. `defects` are stable codes of
    what was wrong with the mail; `unanswerable` says why no machine may answer it; `hostile_headers` says that a header
    smuggles line ends (CVE-2024-6923), so the mail is for the quarantine.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    from_: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    return_path: str = ""
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    plain: str = ""
    html: str = field(default="", repr=False)
    visible_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    forwarded_text: str = ""
    attachments: tuple[Part, ...] = ()
    kind: Kind = Kind.MESSAGE
    bounces: BounceReport | None = None
    authentication_results: tuple[str, ...] = ()
    auto_submitted: str = ""
    precedence: str = ""
    list_id: str = ""
    unanswerable: str = ""
    language: str = ""
    defects: tuple[str, ...] = ()
    hostile_headers: bool = False
