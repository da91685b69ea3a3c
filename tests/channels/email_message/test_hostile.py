"""Mails built to stop a reader: refused or read within seconds, and the next mail is read."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.email_message.guard import close_workshop, read_mail_guarded
from channels.email_message.limits import look
from channels.email_message.read import read_mail
from channels.email_message.workshop import Workshop
from hub.model.errors import Unreadable
from tests.soak import examples

HEAD = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: s\r\n"


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_workshop()


def nested(depth: int) -> bytes:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return HEAD + levels + b"\r\nhello\r\n"


REFUSED = {
    "depth_1000": nested(1000),
    "depth_200": nested(200),
    "comments": HEAD + b"Cc: " + b"(" * 5000 + b"\r\n\r\nhello\r\n",
    "parts_200000": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * 200_000,
}
READ = {
    "depth_15": nested(15),
    "depth_60": nested(60),
    "padding_everywhere": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=\r\nQQ" * 100_000,
    "flowed_without_end": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 50_000,
    "semicolons": HEAD + b"Cc: " + b"a;" * 30_000 + b"\r\n\r\nhello\r\n",
    "files_never_ended": HEAD + b"\r\n" + b"=ybegin line=1 size=1 name=a\r\n" * 20_000,
    "subject_280_kb": b"Subject:"
    + b"\r\n =?utf-8?q?aaaaaaaaaaaaaaaaaaaaaaa?=" * 8000
    + b"\r\n"
    + HEAD
    + b"\r\nhello\r\n",
    "subject_one_line": b"Subject:"
    + b" =?utf-8?q?aaaaaaaaaaaaaaaaaaaaaaa?=" * 8000
    + b"\r\n"
    + HEAD
    + b"\r\nhello\r\n",
    "parts_15000": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhi\r\n" * 15_000,
    "words_never_closed": HEAD + b"X: y\r\nSubject: " + b"=?utf-8?q?" * 6000 + b"\r\n\r\nhello\r\n",
    "brackets": HEAD + b"Cc: " + b"<" * 60_000 + b"\r\n\r\nhello\r\n",
    "quotes": HEAD + b"Cc: " + b'"' * 60_001 + b"\r\n\r\nhello\r\n",
    "parameters": HEAD + b"Content-Type: text/plain" + b"; a*0*=x" * 8000 + b"\r\n\r\nhello\r\n",
    "divs": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000 + b"hello",
    "attached_in_attached": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    "megabytes_of_lines": HEAD + b"\r\n" + b"hello\r\n" * 700_000,
    "nothing": b"",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.security_row(14)
def test_hopeless_mails_are_refused_at_once(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="raw bytes are kept") as refused:
        read_mail_guarded(raw)
    assert "took longer" not in refused.value.message


@pytest.mark.parametrize("raw", READ.values(), ids=READ.keys())
@pytest.mark.security_row(15)
def test_heavy_mails_are_read_within_their_time(raw: bytes) -> None:
    mail = read_mail_guarded(raw)  # in a process that may compute for 10 s
    assert not raw.startswith(b"From") or mail.from_[0].addr_spec == "a@example.com"


def test_what_is_left_out_is_told() -> None:
    assert "too_many_parts" in read_mail_guarded(READ["parts_15000"]).defects
    long_subject = read_mail_guarded(READ["subject_280_kb"])
    assert {"encoded_words_limit", "headers_too_long"} <= set(long_subject.defects)
    assert long_subject.to[0].addr_spec == "b@example.com"


@pytest.mark.security_row(14)
def test_a_mail_over_its_time_is_refused_and_the_next_is_read() -> None:
    workshop = Workshop(seconds=0.001)
    with pytest.raises(Unreadable, match="took longer"):
        workshop.read(HEAD + b"\r\nhello\r\n")
    workshop.seconds = 30
    assert workshop.read(HEAD + b"\r\nhello\r\n").text == "hello\n"
    workshop.close()


def test_a_killed_worker_is_replaced() -> None:
    workshop = Workshop()
    workshop.read(HEAD + b"\r\nhello\r\n")
    worker = workshop._idle[0]
    worker.process.kill()
    worker.process.wait()
    assert workshop.read(HEAD + b"\r\nhello\r\n").text == "hello\n"
    workshop.close()


def test_many_threads_share_the_workers() -> None:
    workshop, texts = Workshop(), []
    threads = [
        threading.Thread(target=lambda n=n: texts.append(workshop.read(HEAD + b"\r\n%d\r\n" % n).text))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == sorted(f"{n}\n" for n in range(12))
    workshop.close()


def test_ordinary_mails_are_read_in_place() -> None:
    assert look(HEAD + b"\r\nhello\r\n" * 100).ordinary
    assert not look(HEAD + b"\r\n" + b"x" * 1_000_000).ordinary


SEEDS = [
    HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: x\r\n\r\ny\r\n--b--\r\n",
    b"Subject: =?utf-8?b?TMOk?= =?iso-2022-jp?b?GyRC?=\r\nContent-Type: text/html; charset=utf-7\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nPGRpdj48YmxvY2txdW90ZSB0eXBlPWNpdGU+\r\n",
    b"From: Mail Delivery System <mailer-daemon@example.com>\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b\r\nStatus: 5\r\n--b--\r\n",
    b"From: \"a\\\" <b@c>, (d) e: f@g;\r\nContent-Type: text/plain; name*0*=x''%ff; format=flowed\r\n"
    b"Content-Disposition: attachment; filename==?utf-8?q?=2e/?=\r\nContent-Transfer-Encoding: x-uuencode\r\n"
    b"\r\nbegin 6 a\r\n%:\r\n",
]


@pytest.mark.soak
@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    _read_or_refused(raw)


@pytest.mark.soak
@settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 30), st.one_of(st.binary(max_size=8), st.sampled_from(SEEDS))),
        min_size=1,
        max_size=5,
    ),
)
def test_mutated_mails_are_read_or_refused(seed: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    for start, length, instead in cuts:
        seed = seed[:start] + instead + seed[start + length :]
    _read_or_refused(seed)


def _read_or_refused(raw: bytes) -> None:
    try:
        mail = read_mail(raw)
    except Unreadable:
        return
    for text in (mail.subject, mail.text, mail.html, mail.visible_text, *(box.display_name for box in mail.from_)):
        text.encode("utf-8")
        assert "\x00" not in text
    for header in (
        mail.subject,
        mail.message_id,
        *mail.references,
        *(box.addr_spec for box in (*mail.from_, *mail.to)),
    ):
        assert not {"\r", "\n"} & set(header)
