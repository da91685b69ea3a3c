"""Which mails no machine may answer by itself, and which it may."""

from __future__ import annotations

import pytest

from channels.base import Raw
from channels.email_message.events import mail_events
from hub.model.contact import InboundContact
from tests.builders import NOW

CASES = {
    "a person": ("", {}),
    "a person by a service that returns to bounces@": ("", {"Return-Path": "<bounces+1@mail.example>"}),
    "an alias of our domain": ("", {"To": "info@example.com"}),
    "submitted by a person": ("", {"Auto-Submitted": "no"}),
    "urgent": ("", {"Precedence": "first-class"}),
    "an automatic reply": ("automatic", {"Auto-Submitted": "auto-replied (vacation)"}),
    "an extension of RFC 3834": ("automatic", {"Auto-Submitted": "auto-something; owner=x"}),
    "a loop": ("automatic", {"X-Loop": "support@example.com"}),
    "a list": ("list", {"List-Id": "<news.example.net>"}),
    "a newsletter": ("list", {"List-Unsubscribe": "<https://example.net/u>"}),
    "bulk": ("bulk", {"Precedence": "Bulk"}),
    "nothing may come back": ("no_return", {"Return-Path": "<>"}),
    "Exchange asks for quiet": ("asked_not_to", {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}),
    "Exchange asks for no receipts only": ("", {"X-Auto-Response-Suppress": "DR, RN"}),
    "no-reply": ("no_reply", {"From": "Shop <no-reply@shop.example>"}),
    "order.noreply": ("no_reply", {"From": "order-noreply@shop.example"}),
    "the mailer": ("no_reply", {"From": "MAILER-DAEMON@mx.example"}),
    "VERP": ("no_reply", {"From": "bounce-12=x@list.example"}),
    "answers to nobody": ("no_reply", {"Reply-To": "donotreply@shop.example"}),
    "two authors": ("no_reply", {"From": "ada@example.net, bob@example.net"}),
    "our own address": ("ours", {"From": "support@example.com"}),
    "blind": ("not_to_us", {"To": "undisclosed-recipients:;"}),
}


@pytest.mark.parametrize(("found", "headers"), CASES.values(), ids=CASES)
def test_a_machine_answers_only_a_person_who_wrote_to_us(found: str, headers: dict[str, str]) -> None:
    fields = {"From": "Ada <ada@example.net>", "To": "support@example.com", "Subject": "A question", **headers}
    written = "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\nHello\r\n"
    [contact, *_] = mail_events(
        Raw(content=written.encode(), key="1", received_at=NOW),
        channel="support_mail",
        own_addresses=frozenset({"support@example.com"}),
        staff_addresses=frozenset(),
    )
    assert isinstance(contact, InboundContact)
    assert contact.extra.get("unanswerable", "") == found
