"""Outbound messages: their states, origins and what a channel is asked to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hub.model.contact import Attachment, Party
from hub.model.identity import Identity
from hub.model.value import value


class State(StrEnum):
    """Where a message stands (outbound.md); the final ones never change again but by a rising delivery rank."""

    PLANNED = "planned"
    SUPPRESSED = "suppressed"
    HELD = "held"
    READY = "ready"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    RETRY_WAIT = "retry_wait"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


FINAL = frozenset({State.SUPPRESSED, State.ACCEPTED, State.FAILED, State.ABANDONED, State.CANCELLED, State.EXPIRED})
WAITING = frozenset({State.PLANNED, State.HELD, State.READY, State.RETRY_WAIT})


class Origin(StrEnum):
    RUN = "run"
    RULE = "rule"
    REPLY = "reply"
    ACKNOWLEDGEMENT = "acknowledgement"
    SYSTEM = "system"


class Purpose(StrEnum):
    """Why we write; promotional needs consent, the others honour STOP and suppression."""

    PROMOTIONAL = "promotional"
    REMINDER = "reminder"
    SERVICE = "service"


# What somebody agrees to, or not, besides what is said to them: that a machine calls.
CALLS = "calls"


@value(kw_only=True)
class Outgoing:
    """One message as a channel sends it: rendered, one recipient, its id fixed at planning.

    `id` is the hub's message id, `attempt` counts from 1. `message_id` is the RFC 5322 one, the same on every
    attempt. `status_url` is the signed callback for providers that report back. `everybody` and `cc` are the To and Cc
    of a mail to several people, of whom `to` is the one that this copy goes to. `sender`: the number of ours that its
    recipient knows, where a channel has several. `approved`: the provider's name of a wording that WhatsApp approved,
    to be filled with `variables`; `text` is then what it comes to. `tried_at`: when it left, where it is looked up.
    """

    id: int
    attempt: int
    to: Identity
    text: str
    to_name: str = ""
    everybody: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    subject: str = ""
    html: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_to: str = ""
    return_path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    status_url: str = ""
    valid_for: int | None = None
    expires_at: datetime | None = None
    language: str = ""
    tried_at: datetime | None = None
    sender: str = ""
    approved: str = ""
    variables: dict[str, str] = field(default_factory=dict)


@value(kw_only=True)
class Receipt:
    """The provider accepted the message; `reference` is its name for it (queue id, MessageSid)."""

    reference: str
    code: str = ""
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the provider itself lists about a doubtful send; `accepted` False = proven absent."""

    accepted: bool
    reference: str = ""
    detail: str = ""
