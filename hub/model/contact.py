"""What comes in: one contact of a person with the business, whatever the channel."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from hub.model.calendar_event import CalendarEvent
from hub.model.identity import Identity
from hub.model.value import value


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    CALL = "call"
    FORM = "form"
    SURVEY = "survey"
    NOTE = "note"
    PURCHASE = "purchase"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Kind(StrEnum):
    """What an interaction is; only `message` reopens a conversation or is ever answered."""

    MESSAGE = "message"
    BOUNCE = "bounce"
    FEEDBACK = "feedback"
    AUTO_REPLY = "auto_reply"


class Trust(StrEnum):
    """Whether the sender is who the message says; `signed` = the provider vouches (Twilio, our own pages)."""

    SIGNED = "signed"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"


@value()
class Party:
    """A person or organisation as a message names it."""

    identity: Identity
    display_name: str = ""


@value(kw_only=True)
class Attachment:
    """A file that came with a contact: its bytes, or the URL from which they are yet to be fetched."""

    filename: str
    content_type: str
    content: bytes | None = field(default=None, repr=False)
    url: str = ""
    content_id: str = ""
    inline: bool = False


@value()
class Answer:
    """One answered question of a form or survey; `kind`: text, email, phone, choice, date, rating, nps, ..."""

    question: str
    value: str
    kind: str = "text"


@value(kw_only=True)
class ConsentEvidence:
    """What a person agreed to or withdrew: the wording shown, where and when."""

    purpose: str
    scheme: str
    granted: bool
    wording: str
    version: str = ""
    language: str = ""
    source: str = ""
    ip: str = ""
    user_agent: str = ""


@value(kw_only=True)
class InboundContact:
    """One contact as an adapter reads it: pure values, cleaned text, aware UTC times.

    `external_id` is the provider's own name of it (Message-ID, MessageSid, submission UUID); `content_key` says
    "same thing" across mailboxes; `author_is_staff` asks for an outbound row (mail read from a Sent folder).
    `historic`: it came long before the hub took it in, so it opens nothing and nobody answers it.
    `claims` are further identities which the person typed about themself (a form's phone field): they only suggest.
    `customer` is the customer's side of what we wrote, where that is not simply the first recipient.
    """

    channel: str
    medium: Medium
    external_id: str
    sender: Party
    recipients: tuple[Party, ...] = ()
    participants: tuple[Party, ...] = ()
    customer: Party | None = None
    kind: Kind = Kind.MESSAGE
    direction: Direction = Direction.IN
    trust: Trust = Trust.UNVERIFIED
    subject: str = ""
    text: str = ""
    visible_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    answers: tuple[Answer, ...] = ()
    consents: tuple[ConsentEvidence, ...] = ()
    claims: tuple[Party, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    content_key: str = ""
    language: str = ""
    source: str = ""
    defects: tuple[str, ...] = ()
    invitations: tuple[CalendarEvent, ...] = ()
    historic: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    occurred_at: datetime
    received_at: datetime
