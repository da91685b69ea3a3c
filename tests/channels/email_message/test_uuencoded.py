"""Files uuencoded into the text become attachments; what only looks like one stays text."""

from __future__ import annotations

import binascii

import pytest

from channels.email_message.read import read_mail

HEAD = b"From: Ada <ada@example.com>\r\nSubject: Scan\r\n"


def uuencoded(name: bytes, content: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(content[i : i + 45]) for i in range(0, len(content), 45))
    return b"begin 644 " + name + b"\n" + lines + b"`\nend\n"


def test_files_within_the_text_are_attachments_and_leave_it() -> None:
    first, second = b"scan" * 50, bytes(range(200))
    body = b"Hello\n" + uuencoded(b"my scan.txt", first) + b"between\n" + uuencoded(b"b.bin", second) + b"Bye\n"
    mail = read_mail(HEAD + b"\n" + body)
    assert mail.text == "Hello\nbetween\nBye\n"
    assert [(part.filename, part.content) for part in mail.attachments] == [("my scan.txt", first), ("b.bin", second)]


@pytest.mark.parametrize(
    "body",
    [
        "begin 2026 with joy\nand end it\nend\n",
        "begin 644 without an end\n#0V%T\nmore text of mine\n",
        "We begin 644 things and\nend\n",
    ],
    ids=["prose", "unfinished", "within_a_line"],
)
def test_what_only_looks_like_a_file_stays_text(body: str) -> None:
    mail = read_mail(HEAD + b"\n" + body.encode())
    assert (mail.text, mail.attachments) == (body, ())


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Content-Type: message/rfc822\n", "Your visit.eml"),
        ('Content-Type: message/rfc822; name="letter.eml"\n', "letter.eml"),
        ("Content-Type: application/ms-tnef\n", "winmail.dat"),
        ("Content-Type: image/png\n", ""),
    ],
    ids=["attached_mail", "named_mail", "tnef", "nothing_to_tell"],
)
def test_an_attachment_without_a_name_gets_one_that_tells_what_it_is(head: str, name: str) -> None:
    part = f"{head}\nFrom: bob@example.com\nSubject: =?utf-8?Q?Your_visit?=\n\nhi\n"
    body = f"--b\nContent-Type: text/plain\n\nsee there\n--b\nContent-Disposition: attachment\n{part}--b--\n"
    mail = read_mail(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + body.encode())
    assert [part.filename for part in mail.attachments] == [name]


def test_half_a_type_is_read_as_meant() -> None:
    assert read_mail(HEAD + b"Content-Type: html\n\n<p>hi</p>").text == "hi"
