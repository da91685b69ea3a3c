"""Reports of every kind are read; letters of people and their machines are left alone."""

from __future__ import annotations

import email
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email_message.bounce import BounceReport, Reason, read_bounce
from tests.effort import effort
from tests.soak import examples

FIXTURES = Path(__file__).parents[2] / "fixtures" / "bounce"


def read(name: str) -> BounceReport | None:
    raw = (FIXTURES / f"{name}.eml").read_bytes()
    return read_bounce(email.message_from_bytes(raw), raw)


ADA = "ada@example.org"
PERMANENT = [
    ("james", ADA, Reason.USER_UNKNOWN, True),
    ("courier", ADA, Reason.USER_UNKNOWN, True),
    ("interscan", ADA, Reason.USER_UNKNOWN, True),
    ("mailmarshal", ADA, Reason.USER_UNKNOWN, True),
    ("notes", "ada@notes.example.org", Reason.USER_UNKNOWN, True),
    ("surfcontrol", ADA, Reason.USER_UNKNOWN, True),
    ("ironport", ADA, Reason.USER_UNKNOWN, True),
    ("groupwise", "adal@gw.example.org", Reason.USER_UNKNOWN, True),
    ("netscape", ADA, Reason.USER_UNKNOWN, True),
    ("yandex_postfix", ADA, Reason.MAILBOX_FULL, False),
    ("exim_unrouteable", "ada@nowhere.example.org", Reason.USER_UNKNOWN, True),
    ("aol_screenname", "adalovelace@aol.example.com", Reason.BLOCKED, False),
    ("dsn_as_plain_text", ADA, Reason.BLOCKED, False),
    ("dsn_utf8", "δοκιμή@παράδειγμα.example.org", Reason.USER_UNKNOWN, True),
    ("dsn_data_filter", "ada@mobile.example.org", Reason.FILTERED, False),
    ("dsn_mixed", "bob@example.org", Reason.USER_UNKNOWN, True),
    ("exchange365_loop", ADA, Reason.NETWORK_ERROR, False),
    ("german_prose", ADA, Reason.MAILBOX_FULL, False),
    ("french_prose", ADA, Reason.USER_UNKNOWN, True),
    ("spanish_prose", ADA, Reason.USER_UNKNOWN, True),
    ("portuguese_prose", ADA, Reason.MAILBOX_FULL, False),
    ("japanese_prose", "ada@mobile.example.org", Reason.USER_UNKNOWN, True),
    ("chinese_prose", "ada@mail.example.org", Reason.MAILBOX_FULL, False),
    ("moved", ADA, Reason.HAS_MOVED, True),
    ("nested_report", ADA, Reason.USER_UNKNOWN, True),
    ("ses_bounce", ADA, Reason.USER_UNKNOWN, True),
]


@pytest.mark.parametrize(("name", "recipient", "reason", "hard"), PERMANENT, ids=[row[0] for row in PERMANENT])
def test_permanent_failure_names_recipient_and_reason(name: str, recipient: str, reason: Reason, hard: bool) -> None:
    report = read(name)
    assert report is not None
    assert report.kind == "bounce"
    [failure] = report.failures
    assert (failure.recipient, failure.reason, failure.hard) == (recipient, reason, hard)
    assert failure.permanent
    assert not failure.delayed


@pytest.mark.parametrize("name", ["dsn_delayed", "sendmail_warning", "gmail_delay"])
def test_a_server_still_trying_is_delayed_and_neither_permanent_nor_hard(name: str) -> None:
    report = read(name)
    assert report is not None
    [failure] = report.failures
    assert failure.recipient == ADA
    assert failure.delayed
    assert not failure.permanent
    assert not failure.hard


SEVERAL = {
    "dsn_two_recipients": [(ADA, "5.1.1", Reason.USER_UNKNOWN), ("bob@example.org", "5.2.2", Reason.MAILBOX_FULL)],
    "sendmail_prose": [(ADA, "5.1.1", Reason.USER_UNKNOWN), ("bob@example.org", "5.2.2", Reason.MAILBOX_FULL)],
    "qmail": [(ADA, "5.1.2", Reason.HOST_UNKNOWN), ("bob@example.net", "5.2.1", Reason.SUSPEND)],
    "exim_two": [(ADA, "5.1.1", Reason.USER_UNKNOWN), ("bob@example.org", "4.0.0", Reason.MAILBOX_FULL)],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_each_recipient_is_judged_by_its_own_lines(name: str) -> None:
    report = read(name)
    assert report is not None
    assert [(f.recipient, f.status, f.reason) for f in report.failures] == SEVERAL[name]


@pytest.mark.parametrize("name", ["james", "qmail", "exim_two", "dsn_two_recipients", "ses_bounce", "arf", "notes"])
def test_the_returned_message_is_named(name: str) -> None:
    report = read(name)
    assert report is not None
    assert report.original_message_id == "<m1@example.com>"
    assert report.original_subject == "Your appointment"
    assert report.original_recipients == (ADA,)


def test_a_report_of_success_has_no_failures() -> None:
    report = read("dsn_delivered")
    assert report is not None
    assert report.failures == ()


COMPLAINTS = {"arf": ADA, "jmrp": "ada@hotmail.example.com", "ses_complaint": ADA}


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_is_feedback_and_no_bounce(name: str) -> None:
    report = read(name)
    assert report is not None
    assert (report.kind, report.feedback_type) == ("feedback", "abuse")
    assert [(f.recipient, f.reason, f.permanent) for f in report.failures] == [
        (COMPLAINTS[name], Reason.FEEDBACK, False)
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("not_*.eml")))
def test_letters_receipts_and_auto_replies_are_no_bounces(name: str) -> None:
    assert read(name) is None


LINES = st.sampled_from(
    [
        "550 5.1.1 <ada@example.org>... User unknown",
        "<ada@example.org>:",
        "Final-Recipient: rfc822; ada@example.org",
        "Original-Recipient: ;;@",
        "Status: 5..1",
        "Action: failed",
        "--- Below this line is a copy of the message.",
        "could not be delivered to:",
        '{"notificationType":"Bounce","bounce":[],"mail":7}',
        "<style>",
        "=?utf-8?b?////?=",
        "\ufffd\u3042\x00",
        "",
    ]
)
HEADS = st.sampled_from(
    [
        b"From: MAILER-DAEMON@example.net",
        b"Return-Path: <>",
        b"Subject: Undelivered =?x?b?/?=",
        b"Subject: \xff\xfe failure notice",
        b"Content-Type: multipart/report; boundary=b; report-type=delivery-status",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=\xff",
        b"Content-Type: text/plain; charset*=utf-8''%ff",
        b"Content-Transfer-Encoding: base64",
        b"X-Failed-Recipients: @,,ada@",
    ]
)


@pytest.mark.soak
@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(HEADS, max_size=5), st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=20), st.binary(max_size=60)
)
def test_no_bytes_make_the_reader_raise(heads: list[bytes], lines: list[str], tail: bytes) -> None:
    body = "\n".join(lines).encode("utf-8", "surrogatepass")
    for content in (body + tail, b"--b\n\n" + body + b"\n--b\nContent-Type: message/delivery-status\n\n" + body + tail):
        raw = b"\n".join(heads) + b"\n\n" + content
        read_bounce(email.message_from_bytes(raw), raw)


HOSTILE = {
    "long local part": b"a" * 200_000,
    "many at signs": b"a@" * 100_000,
    "long domain": b"a@" + b"a." * 100_000,
    "digits and dots": b"5.1." * 50_000,
    "unclosed tags": b"<style" * 30_000,
    "angle brackets": b"<" * 200_000,
    "blanks": b" " * 200_000,
    "short lines": b"<a@b.example>:\n" * 15_000,
    "field names": b"Final-Recipient: rfc822;a@b.example\n" * 6_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("content_type", [b"text/plain", b"text/html", b"message/delivery-status"])
def test_hostile_text_takes_linear_time(kind: str, content_type: bytes) -> None:
    def seconds(body: bytes) -> float:
        raw = b"From: MAILER-DAEMON@a.example\nSubject: Undelivered\nContent-Type: " + content_type + b"\n\n"
        raw += b"could not be delivered to:\n" + body
        mail = email.message_from_bytes(raw)
        with effort() as spent:
            read_bounce(mail, raw)
        return spent.seconds

    # A quadratic reader takes minutes here; the bound is generous for slow machines.
    assert seconds(HOSTILE[kind]) < 5
