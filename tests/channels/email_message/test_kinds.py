"""Which mails machines wrote: answered never, folded on the page, but no person's mail among them."""

from __future__ import annotations

import pytest

from channels.email_message.read import read_mail
from hub.model.contact import Kind


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param("Subject: Hello", Kind.MESSAGE, id="ordinary"),
        pytest.param("Auto-Submitted: auto-replied", Kind.AUTO_REPLY, id="rfc3834"),
        pytest.param("Auto-Submitted: auto-replied (vacation)", Kind.AUTO_REPLY, id="rfc3834_comment"),
        pytest.param("Auto-Submitted: auto-generated; x=y", Kind.AUTO_REPLY, id="auto_generated"),
        pytest.param("Auto-Submitted: no", Kind.MESSAGE, id="auto_submitted_no"),
        pytest.param("Precedence: auto_reply", Kind.AUTO_REPLY, id="precedence"),
        pytest.param("Precedence: bulk", Kind.MESSAGE, id="bulk_alone"),
        pytest.param("Precedence: bulk\nSubject: Out of office", Kind.AUTO_REPLY, id="bulk_and_subject"),
        pytest.param("X-Autoreply: yes", Kind.AUTO_REPLY, id="x_autoreply"),
        pytest.param("X-Autoreply: no", Kind.MESSAGE, id="x_autoreply_no"),
        pytest.param("X-Autorespond:", Kind.MESSAGE, id="x_autorespond_empty"),
        pytest.param("X-Auto-Response-Suppress: All", Kind.MESSAGE, id="suppress_alone"),
        pytest.param("X-Auto-Response-Suppress: All\nSubject: Automatic reply: Boiler", Kind.AUTO_REPLY, id="exchange"),
        pytest.param(
            "X-Auto-Response-Suppress: All\nSubject: Automatische Antwort: Heizung",
            Kind.AUTO_REPLY,
            id="exchange_german",
        ),
        pytest.param("Subject: Out of office next week, please call before", Kind.MESSAGE, id="subject_alone"),
        pytest.param("Subject: Automatic reply: Boiler", Kind.AUTO_REPLY, id="mark_before_the_subject_alone"),
        pytest.param("Subject: 自动答复: 锅炉", Kind.AUTO_REPLY, id="mark_before_the_subject_alone_chinese"),
        pytest.param("Subject: Re: Automatic reply: Boiler", Kind.MESSAGE, id="answer_to_an_auto_reply"),
        pytest.param("Subject: Out of office chairs: ten more", Kind.MESSAGE, id="no_mark_but_words"),
        pytest.param("Subject: Automatic reply:", Kind.MESSAGE, id="mark_before_nothing"),
        pytest.param(
            "Return-Path: <>\nSubject: Réponse automatique : Chaudière", Kind.AUTO_REPLY, id="null_path_and_subject"
        ),
        pytest.param("Return-Path: <>\nSubject: Automatikus válasz: Kazán", Kind.AUTO_REPLY, id="hungarian"),
        pytest.param("Return-Path: <>\nSubject: 자동 회신: 보일러", Kind.AUTO_REPLY, id="korean"),
        pytest.param("Return-Path: <>\nSubject: Αυτόματη απάντηση: Λέβητας", Kind.AUTO_REPLY, id="greek"),
        pytest.param("Return-Path: <>\nSubject: رد تلقائي: غلاية", Kind.AUTO_REPLY, id="arabic"),
        pytest.param("Return-Path: <>\nSubject: Absent du bureau : commande", Kind.AUTO_REPLY, id="french_absent"),
        pytest.param("Return-Path: <>\nSubject: Fuori ufficio: ordine", Kind.AUTO_REPLY, id="italian"),
        pytest.param("Return-Path: <>\nSubject: Automatyczna odpowiedź: zamówienie", Kind.AUTO_REPLY, id="polish"),
        pytest.param("Return-Path: <>\nSubject: Házon kívül: rendelés", Kind.AUTO_REPLY, id="hungarian_away"),
        pytest.param("Return-Path: <>\nSubject: Ikke til stede: ordre", Kind.AUTO_REPLY, id="danish"),
        pytest.param("Return-Path: <>\nSubject: Аутоматски одговор: наруџбина", Kind.AUTO_REPLY, id="serbian"),
        pytest.param("Return-Path: <>\nSubject: ตอบกลับอัตโนมัติ: คำสั่งซื้อ", Kind.AUTO_REPLY, id="thai"),
        pytest.param("Return-Path: <>\nSubject: Urlaub bis Montag", Kind.AUTO_REPLY, id="away_and_null_path"),
        pytest.param("Subject: [Auto-Reply] Boiler", Kind.AUTO_REPLY, id="mark_in_brackets"),
        pytest.param("Subject: Out of Office AutoReply: Boiler", Kind.AUTO_REPLY, id="old_exchange"),
        pytest.param("Return-Path: <>\nSubject: Ich bin im Urlaub", Kind.AUTO_REPLY, id="german_away"),
        pytest.param("Return-Path: <>\nSubject: Jsem na dovolené", Kind.AUTO_REPLY, id="czech_away"),
        pytest.param("Return-Path: <>\nSubject: Estou de férias", Kind.AUTO_REPLY, id="portuguese_away"),
        pytest.param("Return-Path: <>\nSubject: Я в отпуске", Kind.AUTO_REPLY, id="russian_away"),
        pytest.param(
            "Return-Path: <>\nPrecedence: bulk\nSubject: Re: Boiler", Kind.AUTO_REPLY, id="null_path_and_bulk"
        ),
        pytest.param("Return-Path: <>\nSubject: Re: Boiler", Kind.MESSAGE, id="null_path_alone"),
        pytest.param("X-POST-MessageClass: 9; Autoresponder", Kind.AUTO_REPLY, id="message_class"),
        pytest.param("Delivered-To: Autoresponder", Kind.AUTO_REPLY, id="delivered_to_autoresponder"),
        pytest.param("Delivered-To: autoresponder@example.org", Kind.MESSAGE, id="an_address_of_that_name"),
        pytest.param("Subject: Ich bin im Urlaub, bitte liefern", Kind.MESSAGE, id="german_away_by_a_person"),
        pytest.param("Precedence: bulk\nSubject: Vacation offers, 20% off", Kind.MESSAGE, id="holiday_offer"),
        pytest.param(
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
            Kind.AUTO_REPLY,
            id="read_receipt",
        ),
        pytest.param("List-Id: <l.example.com>\nPrecedence: list", Kind.MESSAGE, id="list"),
        pytest.param("List-Id: <l.example.com>\nAuto-Submitted: auto-generated", Kind.MESSAGE, id="list_digest"),
    ],
)
@pytest.mark.security_row(30)
def test_auto_replies_are_told_from_messages(header: str, kind: Kind) -> None:
    mail = read_mail(f"From: Ada <ada@example.com>\nTo: support@example.org\n{header}\n\nhello\n".encode())
    assert mail.kind is kind


def test_a_delivery_report_is_a_bounce_with_its_failures() -> None:
    mail = read_mail(
        b"From: Mail Delivery System <MAILER-DAEMON@example.com>\r\nReturn-Path: <>\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\n\r\nI could not deliver your message.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; gone@example.com\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <ours-1@hub.example.org>\r\nTo: gone@example.com\r\n\r\nHello\r\n--b--\r\n"
    )
    assert mail.kind is Kind.BOUNCE
    assert mail.bounces is not None
    (failure,) = mail.bounces.failures
    assert (failure.recipient, failure.status, failure.permanent, failure.hard) == (
        "gone@example.com",
        "5.1.1",
        True,
        True,
    )
