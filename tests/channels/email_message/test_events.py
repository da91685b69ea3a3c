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
from channels.email_message.guard import read_mail_guarded
from channels.email_message.trust import judge
from hub.model.contact import Direction, InboundContact, Kind, Trust
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent, DeliveryStatus, StatusUpdate
from hub.store import mail_tokens

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
        pytest.param(f"From: x@example.com\r\n{OURS} dmarc=pass\r\n", Trust.UNVERIFIED, id="two_from_headers"),
        pytest.param(f"{OURS} none (dmarc=pass)\r\n", Trust.UNVERIFIED, id="comment"),
        pytest.param(f"{OURS} none (a (b) ; dmarc=pass c)\r\n", Trust.UNVERIFIED, id="nested_comment"),
        pytest.param(f"{OURS} dmarc=none; dkim=pass header.d=example.com\r\n", Trust.VERIFIED, id="no_dmarc_record"),
        pytest.param(
            f"{OURS} spf=fail\r\n{OURS} dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="forged_below_ours_in_our_name",
        ),
        pytest.param(
            f"Authentication-Results: evil.net; dmarc=fail\r\n{OURS} dmarc=pass header.from=example.com\r\n",
            Trust.VERIFIED,
            id="a_foreign_one_above",
        ),
        pytest.param(
            f'{OURS} spf=none smtp.mailfrom="x; dmarc=pass header.from=example.com"@evil.net\r\n',
            Trust.UNVERIFIED,
            id="result_inside_quotes",
        ),
        pytest.param(
            f'{OURS} spf=none reason="dmarc=pass header.from=example.com"\r\n', Trust.UNVERIFIED, id="result_in_reason"
        ),
        pytest.param(f"{OURS} spf=none smtp.mailfrom=x;dmarc=pass@evil.net\r\n", Trust.UNVERIFIED, id="odd_address"),
        pytest.param(f"{OURS} dkim/1=pass header.d=mail.example.com\r\n", Trust.VERIFIED, id="subdomain_signs"),
        pytest.param(f"{OURS} dkim=pass header.d=com\r\n", Trust.UNVERIFIED, id="a_top_level_signs"),
        pytest.param(f"{OURS} auth=pass smtp.auth=ada@example.com\r\n", Trust.VERIFIED, id="our_own_account"),
        pytest.param(f"{OURS} auth=pass smtp.auth=bob@example.com\r\n", Trust.UNVERIFIED, id="another_account"),
        pytest.param(
            "Authentication-Results: dkim=pass header.d=example.com\r\n",
            Trust.UNVERIFIED,
            id="unnamed_is_not_asked_for",
        ),
        pytest.param(
            f"{OURS} arc=pass; dmarc=fail\r\nARC-Seal: i=1; d=relay.example; cv=none\r\n"
            "ARC-Authentication-Results: i=1; relay.example; dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="arc_is_not_trusted",
        ),
    ],
)
def test_only_our_own_servers_verdict_verifies_a_sender(header: str, trust: Trust) -> None:
    assert contact(f"{header}From: ada@example.com\r\n{BODY}").trust is trust


def test_what_proves_or_speaks_against_an_author_is_told() -> None:
    proven = contact(f"{OURS} dmarc=pass header.from=example.com\r\nFrom: ada@example.com\r\n{BODY}")
    forged = contact(f"{OURS} dmarc=fail header.from=example.com\r\nFrom: ada@example.com\r\n{BODY}")
    foreign = contact(f"Authentication-Results: mx.else.example; spf=pass\r\nFrom: ada@example.com\r\n{BODY}")
    assert (proven.extra["trust_why"], proven.extra.get("forged")) == ("mx.example.org: dmarc=pass", None)
    assert (forged.extra["trust_why"], forged.extra["forged"]) == ("mx.example.org: dmarc=fail", "yes")
    assert (foreign.extra["stamped_by"], "trust_why" in foreign.extra) == ("mx.else.example", False)


def test_a_forwarders_results_count_where_it_is_named_and_our_server_found_its_chain_whole() -> None:
    mail = (
        f"{OURS} arc=pass; dmarc=fail header.from=example.com\r\n"
        "ARC-Seal: i=2; a=rsa-sha256; d=relay.example; cv=pass; b=x\r\n"
        "ARC-Authentication-Results: i=2; mx.relay.example;\r\n dmarc=pass header.from=example.com\r\n"
        "ARC-Seal: i=1; d=example.net; cv=none\r\n"
        "ARC-Authentication-Results: i=1; example.net; dmarc=pass header.from=example.com\r\n"
        f"From: ada@example.com\r\n{BODY}"
    ).encode()
    read = read_mail_guarded(mail)
    ours = ("mx.example.org",)
    assert judge(read, ours, arc_sealers=("relay.example",), raw=mail).verified
    assert judge(read, ours, arc_sealers=("example.net",), raw=mail).failed
    assert not judge(read, ours, arc_sealers=("relay.example",), raw=mail.replace(b"arc=pass", b"arc=fail")).verified


def test_a_server_that_writes_no_name_and_a_signature_checked_here_verify_too() -> None:
    unnamed = read_mail_guarded(
        f"Authentication-Results: spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=example.com;\r\n"
        f" dkim=none; dmarc=pass action=none header.from=example.com;compauth=pass\r\n"
        f"From: ada@example.com\r\n{BODY}".encode()
    )
    assert judge(unnamed, ("unnamed",)).verified
    plain = read_mail_guarded(f"From: ada@example.com\r\n{BODY}".encode())
    assert judge(plain, (), signed_by=["mail.example.com"]).said == "dkim=pass (mail.example.com)"
    assert not judge(plain, (), signed_by=["evil.net"]).verified


@pytest.mark.security_row(3)
@pytest.mark.parametrize("sender", ["staff@example.org", "support@example.org", "SUPPORT+x@example.org"])
def test_a_spoofed_staff_sender_stays_inbound_and_unverified_and_is_flagged(sender: str) -> None:
    read = contact(f"From: {sender}\r\n{BODY}")
    assert (read.direction, read.trust, read.extra["claims_staff"]) == (Direction.IN, Trust.UNVERIFIED, "yes")


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


def test_a_mail_that_staff_forwards_to_the_address_for_it_is_logged_as_the_original_senders() -> None:
    mail = (FIXTURES / "forwarded_inline.eml").read_bytes()
    marked = mail.replace(b"@customer", b"").replace(b"support@example.org", b"support+customer@example.org")
    assert b"support+customer@" in marked
    read = contact(marked)
    assert (str(read.sender.identity), read.extra["forwarded_by"]) == ("mailto:bob@example.com", "staff@example.org")


def test_a_mail_that_staff_attaches_for_somebody_else_stays_a_mail_of_staff() -> None:
    mail = (
        (FIXTURES / "attached_mail.eml").read_bytes().replace(b"To: support@example.org", b"To: smith@example.net", 1)
    )
    read = contact(mail)
    assert (read.direction, str(read.customer.identity) if read.customer else "") == (
        Direction.OUT,
        "mailto:smith@example.net",
    )


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
