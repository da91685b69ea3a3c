"""What a fetched mail tells the hub: who wrote it, whether that is sure, and which of our messages bounced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.base import Raw
from channels.email_message.describe import describe, describe_mail
from channels.email_message.events import mail_events
from hub.model.contact import Direction, InboundContact, Kind, Trust
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent, DeliveryStatus, StatusUpdate

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


def test_a_mail_becomes_a_contact_with_ids_without_brackets() -> None:
    read = contact((FIXTURES / "alternative_related_attached.eml").read_bytes())
    assert (read.external_id, str(read.sender.identity), read.sender.display_name) == (
        "boiler-1@example.com",
        "mailto:zoe@example.com",
        "Zoë",
    )
    assert [str(party.identity) for party in read.recipients] == ["mailto:support@example.org"]
    assert [party.display_name for party in read.participants] == ["Office, Main"]
    assert read.occurred_at == datetime(2025, 3, 3, 8, 15, tzinfo=UTC)
    assert (read.direction, read.trust, len(read.attachments)) == (Direction.IN, Trust.UNVERIFIED, 3)


@pytest.mark.parametrize(
    ("header", "trust"),
    [
        pytest.param("", Trust.UNVERIFIED, id="none"),
        pytest.param(f"{OURS} dmarc=pass header.from=example.com\r\n", Trust.VERIFIED, id="dmarc"),
        pytest.param(f"{OURS[:-1]} 1; dkim=pass header.d=example.com\r\n", Trust.VERIFIED, id="aligned_dkim"),
        pytest.param(f"{OURS} dkim=pass header.d=evil.net\r\n", Trust.UNVERIFIED, id="foreign_dkim"),
        pytest.param(f"{OURS} spf=pass smtp.mailfrom=a@example.com\r\n", Trust.VERIFIED, id="aligned_spf"),
        pytest.param(f"{OURS} spf=pass smtp.mailfrom=evil.net\r\n", Trust.UNVERIFIED, id="foreign_spf"),
        pytest.param(
            f"{OURS} dmarc=fail; spf=pass smtp.mailfrom=example.com\r\n", Trust.UNVERIFIED, id="dmarc_fail_decides"
        ),
        pytest.param(
            "Authentication-Results: evil.net; dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="other_server",
        ),
        pytest.param(f"{OURS} dmarc=fail\r\n{OURS} dmarc=pass\r\n", Trust.UNVERIFIED, id="topmost_counts"),
        pytest.param(f"{OURS} dmarc=pass header.from=other.example\r\n", Trust.UNVERIFIED, id="other_author"),
        pytest.param("From: x@example.com\r\n{OURS} dmarc=pass\r\n", Trust.UNVERIFIED, id="two_from_headers"),
        pytest.param(f"{OURS} none (dmarc=pass)\r\n", Trust.UNVERIFIED, id="comment"),
    ],
)
def test_only_our_own_servers_verdict_verifies_a_sender(header: str, trust: Trust) -> None:
    assert contact(f"{header}From: ada@example.com\r\n{BODY}").trust is trust


@pytest.mark.security_row(3)
def test_a_spoofed_staff_sender_stays_inbound_and_unverified() -> None:
    read = contact(f"From: staff@example.org\r\n{BODY}")
    assert (read.direction, read.trust) == (Direction.IN, Trust.UNVERIFIED)


def test_verified_staff_and_the_sent_folder_are_outbound() -> None:
    assert contact(f"{PASSED}From: staff@example.org\r\n{BODY}").direction is Direction.OUT
    sent = contact(f"From: support@example.org\r\n{BODY}", sent=True)
    assert (sent.direction, sent.trust) == (Direction.OUT, Trust.VERIFIED)


@pytest.mark.parametrize(
    ("header", "author"),
    [
        pytest.param(
            "From: ada@example.com\r\nReply-To: bob@example.com\r\n", "ada@example.com", id="a_persons_reply_to"
        ),
        pytest.param(
            "From: noreply@forms.example\r\nReply-To: Bob <bob@example.com>\r\n", "bob@example.com", id="form_mailer"
        ),
        pytest.param(
            "From: support@example.org\r\nReply-To: bob@example.com\r\n", "bob@example.com", id="our_own_form"
        ),
        pytest.param("From: noreply@forms.example\r\n", "noreply@forms.example", id="no_reply_to"),
        pytest.param(
            "From: noreply@forms.example\r\nReply-To: support@example.org\r\n",
            "noreply@forms.example",
            id="reply_to_us",
        ),
    ],
)
def test_the_author_is_from_unless_a_form_mailer_names_another(header: str, author: str) -> None:
    read = contact(header + BODY)
    assert str(read.sender.identity) == f"mailto:{author}"
    assert read.trust is Trust.UNVERIFIED


def test_the_same_mail_in_two_mailboxes_has_one_key() -> None:
    first = contact(f"Received: from a\r\nDelivered-To: a@example.org\r\nFrom: ada@example.com\r\n{BODY}")
    second = contact(f"Received: from b\r\nDelivered-To: b@example.org\r\nFrom: ada@example.com\r\n{BODY}")
    other = contact(f"From: ada@example.com\r\n{BODY}more words\r\n")
    assert first.content_key == second.content_key
    assert (other.external_id, other.content_key != first.content_key) == (first.external_id, True)


def test_a_mail_without_message_id_is_named_by_its_hash() -> None:
    mail = "From: ada@example.com\r\nSubject: x\r\n\r\nhello\r\n"
    assert contact(mail).external_id == contact("Received: b\r\n" + mail).external_id
    assert contact(mail).external_id.startswith("sha256-")
    assert contact(mail + "!").external_id != contact(mail).external_id


@pytest.mark.parametrize("date", ["Mon, 03 Mar 2035 09:15:00 +0000", "Thu, 01 Jan 1970 00:00:00 +0000", "yesterday"])
def test_an_impossible_date_is_replaced_by_when_we_got_it(date: str) -> None:
    assert contact(f"Date: {date}\r\nFrom: ada@example.com\r\n\r\nhello\r\n").occurred_at == RECEIVED


@pytest.mark.security_row(13)
def test_a_smuggled_header_goes_to_quarantine() -> None:
    with pytest.raises(Unreadable, match="line breaks"):
        events(f"Subject: =?utf-8?q?Hi=0D=0ABcc:_eve@example.com?=\r\nFrom: ada@example.com\r\n{BODY}")


def test_a_bounce_tells_which_message_failed() -> None:
    found = events((FIXTURES / "bounce_to_verp.eml").read_bytes())
    bounce, update = found
    assert isinstance(bounce, InboundContact)
    assert bounce.kind is Kind.BOUNCE
    assert isinstance(update, StatusUpdate)
    assert (update.status, update.reference, update.message) == (
        DeliveryStatus.BOUNCED,
        "ours-1@hub.example.org",
        "77.abc",
    )
    assert (str(update.recipient), update.code, update.hard) == ("mailto:gone@example.com", "5.1.1", True)


def test_a_mail_that_staff_attaches_is_logged_as_the_original_senders() -> None:
    read = contact((FIXTURES / "attached_mail.eml").read_bytes())
    assert (str(read.sender.identity), read.external_id) == ("mailto:bob@example.com", "original-1@example.com")
    assert (read.direction, read.trust, read.extra["forwarded_by"]) == (
        Direction.IN,
        Trust.UNVERIFIED,
        "staff@example.org",
    )


def test_a_mail_that_staff_forwards_with_the_word_is_logged_as_the_original_senders() -> None:
    read = contact((FIXTURES / "forwarded_inline.eml").read_bytes())
    assert (str(read.sender.identity), read.sender.display_name) == ("mailto:bob@example.com", "Bob Baker")
    assert "The boiler is out again." in read.visible_text
    assert "@customer" not in read.text


@pytest.mark.security_row(3)
def test_a_stranger_cannot_log_mail_for_others() -> None:
    mail = (FIXTURES / "forwarded_inline.eml").read_bytes().replace(b"dmarc=pass", b"dmarc=fail")
    assert str(contact(mail).sender.identity) == "mailto:staff@example.org"


def test_a_mail_without_any_sender_is_still_a_contact() -> None:
    assert contact("Subject: x\r\n\r\nhello\r\n").sender.identity.scheme == "ext"


def test_describing_a_mail_gives_its_fields_as_plain_values() -> None:
    path = FIXTURES / "alternative_related_attached.eml"
    told = describe(path)
    assert json.loads(json.dumps(told)) == told == describe_mail(path.read_bytes())
    assert told["from"] == {"display_name": "Zoë", "addr_spec": "zoe@example.com"}
    assert told["date"] == "2025-03-03T08:15:00+00:00"
    assert describe_mail(b"")["from"] is None
