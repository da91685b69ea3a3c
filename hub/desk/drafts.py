"""Drafts: what staff writes, checked before it goes into the outbox."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hub.model.clean import clean_header, clean_text
from hub.model.errors import Refused, TooLarge

_DRAFT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_LONGEST_TEXT = 100_000
_LONGEST_SMS = 1_600  # Twilio's limit for one message (error 21617)
_LONGEST_SUBJECT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """A file to go with a mail, already stored."""

    sha256: str
    size: int
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as staff wrote it. `id` is made with the form: the same one twice is sent once.

    `channel` sends it; `domain` is the right side of its Message-ID; `seen`: how many entries had come in when it was
    written; `close`: the matter is settled with it.
    """

    id: str
    text: str
    channel: str
    subject: str = ""
    signature: str = ""
    domain: str = "localhost"
    seen: int | None = None
    close: bool = False
    files: tuple[DraftFile, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A draft that may be sent."""

    text: str
    subject: str


def checked(draft: Draft, scheme: str) -> Written:
    """Returns what will be sent: cleaned, signed where it is a mail. Raises Refused and TooLarge."""
    if not _DRAFT_ID.match(draft.id):
        raise Refused("This form is incomplete.", field="draft", next_step="Open the page anew.")
    text = clean_text(draft.text).strip()
    if not text:
        raise Refused("There is nothing to send yet.", field="text", next_step="Write something first.")
    mail = scheme == "mailto"
    limit = _LONGEST_TEXT if mail else _LONGEST_SMS
    if len(text) > limit:
        raise TooLarge(
            f"This is longer than {limit} characters.", field="text", next_step="Shorten it, or send it in parts."
        )
    if draft.files and not mail:
        raise Refused("Files can be sent by mail only.", field="files", next_step="Remove them, or write a mail.")
    if mail and draft.signature.strip():
        # "-- " on a line of its own opens a signature (RFC 3676 section 4.3).
        text = f"{text}\n\n-- \n{clean_text(draft.signature).strip()}"
    return Written(text=text, subject=clean_header(draft.subject)[:_LONGEST_SUBJECT] if mail else "")
