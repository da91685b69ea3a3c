"""A mail as the hub reads it: its events, and the contact among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from channels.base import Raw
from channels.email_message.events import mail_events
from hub.model.contact import InboundContact
from hub.model.event import ChannelEvent

FIXTURES = Path(__file__).parents[2] / "fixtures" / "email"


RECEIVED = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)


OWN = frozenset({"support@example.org"})


STAFF = frozenset({"staff@example.org"})


OURS = "Authentication-Results: mx.example.org;"


PASSED = f"{OURS} dmarc=pass header.from=example.org\r\n"


BODY = (
    "Date: Mon, 03 Mar 2025 09:15:00 +0100\r\nMessage-ID: <m1@example.com>\r\nTo: support@example.org\r\n\r\nhello\r\n"
)


def events(mail: str | bytes, *, sent: bool = False) -> Sequence[ChannelEvent]:
    content = mail.encode() if isinstance(mail, str) else mail
    return mail_events(
        Raw(content=content, key="1", received_at=RECEIVED),
        channel="support_mail",
        own_addresses=OWN,
        staff_addresses=STAFF,
        authserv_ids=("mx.example.org",),
        trusted_sent_folder=sent,
    )


def contact(mail: str | bytes, *, sent: bool = False) -> InboundContact:
    first = events(mail, sent=sent)[0]
    assert isinstance(first, InboundContact)
    return first
