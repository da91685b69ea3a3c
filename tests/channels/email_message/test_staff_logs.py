"""Mails that staff hands on are logged as the original sender's; nobody else can log any."""

from __future__ import annotations

import pytest

from hub.model.contact import Direction, Trust
from tests.channels.email_message.received import FIXTURES, contact


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
