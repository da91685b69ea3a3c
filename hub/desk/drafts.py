"""Drafts: what staff writes, checked before it goes into the outbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hub.model.clean import clean_header, clean_text
from hub.model.contact import Party
from hub.model.errors import Refused, TooLarge
from hub.model.text_media import check_files

HOLD = timedelta(seconds=10)
MOST_FILES = 20
# What is written for later waits at most so long.
LATEST = timedelta(days=90)
_DRAFT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_LONGEST_TEXT = 100_000
_LONGEST_SMS = 1_600  # Twilio's limit for one message (error 21617)
_LONGEST_SUBJECT = 300


class DraftKind(StrEnum):
    """What is written: an answer to one or to all, a forward, or something new."""

    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"
    NEW = "new"

    @property
    def answers(self) -> bool:
        return self in (DraftKind.REPLY, DraftKind.REPLY_ALL)


class Then(StrEnum):
    """What becomes of the conversation once the message is on its way."""

    WAIT = "wait"
    CLOSE = "close"
    OPEN = "open"


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

    `channel` sends it under `message_id`; answers come back to `reply_to`; `seen`: how many entries had come in when it
    was written; `about`: the entry that is answered or forwarded, of which `below` is what stands under the text.
    `to` empty: whom the conversation is with. `keeper`: the mailbox that keeps a copy among what was sent. `written`:
    what was typed, as undo brings it back. `send_at`: not before then; None: once the hold is over. `template`: a text
    is worded by this one, which WhatsApp has approved.
    """

    id: str
    text: str
    channel: str
    kind: DraftKind = DraftKind.REPLY
    subject: str = ""
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    bcc: tuple[Party, ...] = ()
    signature: str = ""
    below: str = ""
    message_id: str = ""
    reply_to: str = ""
    about: int | None = None
    seen: int | None = None
    then: Then = Then.WAIT
    files: tuple[DraftFile, ...] = field(default=())
    hold: timedelta = HOLD
    send_at: datetime | None = None
    template: str = ""
    keeper: str = ""
    written: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A draft that may be sent. `text` is what its writer wrote, signed; the older mail is not in it."""

    text: str
    subject: str


def known_draft(draft_id: str) -> str:
    """Returns the id of a draft. Raises Refused for what no form of ours has made."""
    if not _DRAFT_ID.match(draft_id):
        raise Refused("This form is incomplete.", field="draft", next_step="Open the page anew.")
    return draft_id


def checked(draft: Draft, scheme: str) -> Written:
    """Returns what will be sent: cleaned, signed where it is a mail. Raises Refused and TooLarge."""
    known_draft(draft.id)
    text = clean_text(draft.text).strip()
    mail = scheme == "mailto"
    # Who only passes a mail on need not say anything, nor who sends a picture; an approved wording says it all.
    wordless = draft.kind is DraftKind.FORWARD if mail else bool(draft.files or draft.template)
    if not says_something(text) and not wordless:
        raise Refused("There is nothing to send yet.", field="text", next_step="Write something first.")
    limit = _LONGEST_TEXT if mail else _LONGEST_SMS
    if len(text) > limit:
        raise TooLarge(
            f"This is longer than {limit} characters.", field="text", next_step="Shorten it, or send it in parts."
        )
    if not mail:
        check_files(draft.files, scheme)
    if mail and draft.signature.strip():
        text = signed(text, draft.signature)
    return Written(text=text, subject=clean_header(draft.subject)[:_LONGEST_SUBJECT] if mail else "")


def leaves_at(draft: Draft, now: datetime) -> datetime:
    """Returns when a draft leaves at the earliest. Raises Refused for a time that has passed or is far off."""
    if draft.send_at is None:
        return now + draft.hold
    if draft.send_at <= now:
        raise Refused("This time has passed.", field="send_at", next_step="Choose a later one, or send it now.")
    if draft.send_at > now + LATEST:
        raise Refused(
            f"A message can wait for at most {LATEST.days} days.", field="send_at", next_step="Choose an earlier time."
        )
    return draft.send_at


def signed(text: str, signature: str) -> str:
    """Returns a text with its signature: `-- ` on a line of its own opens it (RFC 3676 section 4.3)."""
    return f"{text}\n\n-- \n{clean_text(signature).strip()}"


def unsigned(text: str) -> tuple[str, str]:
    """Returns a text in two: what was said, and the signature below it."""
    said, separator, signature = f"\n{text}".rpartition("\n-- \n")
    if separator:
        return said.strip("\n"), signature
    # A browser may have taken the blank off the end of the line.
    said, separator, signature = f"\n{text}".rpartition("\n--\n")
    return (said.strip("\n"), signature) if separator else (text, "")


def says_something(text: str) -> bool:
    """Tells whether there is more than a signature."""
    return bool(unsigned(clean_text(text))[0].strip())
