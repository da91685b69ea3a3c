"""What a fetched mail tells the hub: who wrote it, whether that is sure, and which of our messages bounced."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from channels.email_message.describe import describe, describe_mail
from hub.model.contact import Direction, InboundContact, Kind, Trust
from hub.model.errors import Unreadable
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.store import mail_tokens
from tests.channels.email_message.received import BODY, FIXTURES, PASSED, RECEIVED, contact, events


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
    ("to", "customer"),
    [
        pytest.param("To: ada@example.com", "ada@example.com", id="to_a_customer"),
        pytest.param("To: Staff <staff@example.org>, ada@example.com", "ada@example.com", id="a_colleague_first"),
        pytest.param("To: support@example.org\r\nCc: ada@example.com", "ada@example.com", id="in_cc"),
        pytest.param("To: support+x@example.org", None, id="among_ourselves"),
    ],
)
def test_to_decides_whose_a_mail_of_staff_is(to: str, customer: str | None) -> None:
    read = contact(f"{PASSED}From: Grace <staff@example.org>\r\n{to}\r\nMessage-ID: <s1@example.org>\r\n\r\nhello\r\n")
    assert (read.direction, read.extra["author_name"]) == (Direction.OUT, "Grace")
    assert (read.customer.identity.value if read.customer else None) == customer
    assert read.extra.get("internal", "") == ("" if customer else "yes")


def test_the_address_of_an_answer_names_the_mail_that_it_answers() -> None:
    read = contact(
        "From: ada@example.com\r\nTo: Support <Support+abc.def@example.org>, other+x@example.net\r\n"
        "Delivered-To: support+abc.def@example.org\r\nReferences: <r1@example.com>\r\n\r\nhello\r\n"
    )
    assert read.references == ("r1@example.com", "abc.def@example.org")


def test_our_message_ids_prove_themselves_and_stand_in_reply_to() -> None:
    key = b"k" * 32
    made = mail_tokens.message_id(key, "example.org")
    assert mail_tokens.is_ours(key, made)
    assert mail_tokens.is_ours(key, made.upper())
    assert not mail_tokens.is_ours(b"x" * 32, made)
    assert not mail_tokens.is_ours(key, "m1@example.org")
    assert mail_tokens.message_id(key, "example.org", "draft 7") == mail_tokens.message_id(
        key, "example.org", "draft 7"
    )
    address = mail_tokens.answer_address("support@example.org", made)
    read = contact(f"From: ada@example.com\r\nTo: {address}\r\n\r\nhello\r\n")
    assert read.references == (made,)
    assert mail_tokens.answer_address("support@other.example", made) == "support@other.example"


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


def test_a_mail_without_any_sender_is_still_a_contact() -> None:
    assert contact("Subject: x\r\n\r\nhello\r\n").sender.identity.scheme == "ext"


def test_describing_a_mail_gives_its_fields_as_plain_values() -> None:
    path = FIXTURES / "alternative_related_attached.eml"
    told = describe(path)
    assert json.loads(json.dumps(told)) == told == describe_mail(path.read_bytes())
    assert told["from"] == {"display_name": "Zoë", "addr_spec": "zoe@example.com"}
    assert told["date"] == "2025-03-03T08:15:00+00:00"
    assert describe_mail(b"")["from"] is None
