"""Notices in the words and scripts of many servers: who is named, and what for."""

from __future__ import annotations

import email

import pytest

from channels.email_message.bounce import BounceReport, Reason, read_bounce
from channels.email_message.bounce.addresses import in_prose
from channels.email_message.read import read_mail
from hub.model.contact import Kind

ADA = "ada@example.org"
DAEMON = "MAILER-DAEMON@mx.example.net"


def notice(body: str, *, sender: str = DAEMON, subject: str = "-", more: str = "") -> BounceReport | None:
    raw = f"From: {sender}\nTo: shop@example.com\nSubject: {subject}\n{more}\n{body}\n".encode()
    return read_bounce(email.message_from_bytes(raw), raw)


@pytest.mark.parametrize(
    ("body", "hard"),
    [
        pytest.param(
            f"Az Ön levele az alábbi címzettnek nem kézbesíthető:\n{ADA}: nem létező felhasználó", True, id="hu"
        ),
        pytest.param(f"Το μήνυμά σας δεν παραδόθηκε:\n{ADA}: άγνωστος χρήστης", True, id="el"),
        pytest.param(f"Mesajul nu a putut fi livrat la:\n{ADA}: utilizator necunoscut", True, id="ro"),
        pytest.param(f"ההודעה שלך לא נמסרה לנמען:\n{ADA}: המשתמש לא קיים", True, id="he"),
        pytest.param(
            f"A entrega falhou para estes destinatários:\n{ADA}\nO endereço não foi encontrado.", True, id="pt"
        ),
        pytest.param(f"아래 메일이 발송되지 않았습니다.\n받는사람 : {ADA}\n수신자의 메일 용량 초과", False, id="ko"),
        pytest.param(
            f"您的邮件被退回。\n原邮件信息：\n收件人：{ADA}\n收件人邮件地址不存在", True, id="zh_with_a_summary"
        ),
        pytest.param(f"很抱歉，您的邮件被退回。收件人邮件地址（{ADA}）不存在，邮件无法送达。", True, id="zh_around_it"),
        pytest.param(
            f"Не удалось выполнить доставку следующим получателям:\n{ADA}\nАдрес электронной почты не найден.",
            True,
            id="ru_exchange",
        ),
        pytest.param(
            f"Dostarczenie do następujących adresatów nie powiodło się:\n{ADA}\nNie można znaleźć adresu.",
            True,
            id="pl",
        ),
        pytest.param(f"Fariñg mål oberwä {ADA} zzyx", False, id="a_language_nobody_knows"),
    ],
)
def test_what_a_mail_system_writes_about_an_address_is_a_report_in_any_language(body: str, hard: bool) -> None:
    report = notice(body)
    assert report is not None
    assert [(f.recipient, f.permanent, f.hard) for f in report.failures] == [(ADA, True, hard)]


@pytest.mark.parametrize(
    "said",
    [
        "Schránka příjemce je plná.", "Schránka je přeplněná.", "Das Postfach ist überfüllt.",
        "Speicherplatz erschöpft.", "La boîte du destinataire est saturée.", "El buzón está lleno.", "Cuota superada.",
        "A caixa de entrada está cheia.", "Spazio esaurito.", "La casella del destinatario è piena.",
        "Skrzynka odbiorcy jest przepełniona.", "Ящик получателя заполнен.",
    ],
)  # fmt: skip
def test_a_full_mailbox_is_told_in_every_language_and_kills_no_address(said: str) -> None:
    report = notice(f"{ADA}:\n{said}")
    assert report is not None
    assert [(f.reason, f.hard) for f in report.failures] == [(Reason.MAILBOX_FULL, False)]


@pytest.mark.parametrize(
    ("said", "delayed"),
    [
        ("Zpráva zatím nebyla doručena, server to zkusí znovu.", True),
        ("Die Nachricht konnte noch nicht zugestellt werden. Weitere Zustellversuche folgen.", True),
        ("Die Nachricht wurde verzögert. Es folgen keine weiteren Zustellversuche.", False),
        ("Le message n'a pas encore été remis. Le serveur réessaiera.", True),
        ("El mensaje aún no se ha entregado. Se volverá a intentar.", True),
        ("A mensagem ainda não foi entregue. O servidor tentará novamente.", True),
        ("Il messaggio non è ancora stato consegnato. Il server riproverà.", True),
        ("Wiadomość nie została jeszcze dostarczona. Serwer spróbuje ponownie.", True),
        ("Сообщение ещё не доставлено. Попытки доставки будут продолжены.", True),
        ("Доставка задержана. Попытки прекращены.", False),
    ],
)
def test_a_server_that_goes_on_trying_says_so_in_every_language(said: str, delayed: bool) -> None:
    report = notice(f"{ADA}:\n{said}")
    assert report is not None
    assert [failure.delayed for failure in report.failures] == [delayed]


@pytest.mark.parametrize(
    "said",
    ["Zadanou adresu se nepodařilo najít.", "Adresát není znám.", "No se ha encontrado la dirección.",
     "Nie ma takiego użytkownika."],
)  # fmt: skip
def test_a_missing_address_is_told_in_words_of_the_servers_own(said: str) -> None:
    report = notice(f"{ADA}:\n{said}")
    assert report is not None
    assert [(f.reason, f.hard) for f in report.failures] == [(Reason.USER_UNKNOWN, True)]


@pytest.mark.parametrize("said", ["Ihre IP-Adresse ist gesperrt.", "Messaggio bloccato.", "Message blocked."])
def test_a_block_is_not_the_addresss_fault(said: str) -> None:
    report = notice(f"{ADA}:\n{said}")
    assert report is not None
    assert [(f.reason, f.hard) for f in report.failures] == [(Reason.REJECTED, False)]


def test_addresses_are_found_in_prose_without_spaces() -> None:
    assert in_prose(f"收件人{ADA}不存在，宛先は{ADA}です") == [ADA, ADA]
    assert in_prose("an δοκιμή@παράδειγμα.example") == ["δοκιμή@παράδειγμα.example"]


def test_names_without_host_are_found_beside_their_reason() -> None:
    report = notice(
        "Message not delivered to the following:\n\n    ada    No matches to nameserver query\n",
        subject="Undeliverable",
    )
    assert report is not None
    assert [(f.recipient, f.reason) for f in report.failures] == [("ada@mx.example.net", Reason.HOST_UNKNOWN)]


REPORT = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
STATUS = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"


@pytest.mark.parametrize(
    ("original", "final", "recipient"),
    [
        pytest.param("rfc822;ada+2Btag@example.org", "rfc822;ada+tag@example.org", "ada+tag@example.org", id="xtext"),
        pytest.param("utf-8;\\x{430}da@example.org", "rfc822;x@store", "аda@example.org", id="unicode_in_ascii"),
        pytest.param("rfc822;ada@example.org", "rfc822;ada@store", ADA, id="internal_host"),
    ],
)
def test_the_recipient_is_the_address_we_wrote_to(original: str, final: str, recipient: str) -> None:
    fields = f"Original-Recipient: {original}\nFinal-Recipient: {final}\nAction: failed\nStatus: 5.1.1\n--b--"
    report = notice(STATUS + fields, more=REPORT)
    assert report is not None
    assert [failure.recipient for failure in report.failures] == [recipient]


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_status_fields_count_under_any_type_of_part(kind: str) -> None:
    fields = f"Final-Recipient: rfc822;{ADA}\nAction: failed\nStatus: 5.1.1\n--b--"
    report = notice(STATUS.replace("message/delivery-status", kind) + fields, more=REPORT)
    assert report is not None
    assert [(failure.recipient, failure.hard) for failure in report.failures] == [(ADA, True)]


def test_a_diagnostic_in_unlabelled_shift_jis_is_understood() -> None:
    fields = f"Final-Recipient: rfc822;{ADA}\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 "
    raw = f"From: {DAEMON}\n{REPORT}\n{STATUS}{fields}".encode() + "ユーザーが存在しません\n--b--\n".encode("cp932")
    report = read_bounce(email.message_from_bytes(raw), raw)
    assert report is not None
    assert [failure.hard for failure in report.failures] == [True]


@pytest.mark.parametrize(
    ("kind", "complains"),
    [("abuse", True), ("fraud", True), ("opt-out", True), ("not-spam", False), ("auth-failure", False)],
)
def test_only_an_objection_is_a_complaint(kind: str, complains: bool) -> None:
    mail = read_mail(
        b"From: fbl@example.net\nTo: shop@example.com\nSubject: FW: hello\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: " + kind.encode() + b"\nVersion: 1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nTo: ada@example.org\n\nhello\n--b--\n"
    )
    assert mail.kind is Kind.FEEDBACK
    assert mail.bounces is not None
    assert mail.bounces.complains is complains
