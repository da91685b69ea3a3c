"""Mails whose structure is wrong or rare: what a person would read is the text, the rest is attached."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from channels.email_message.read import read_mail
from hub.model.errors import Unreadable

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = "Subject: s\nMIME-Version: 1.0\n"
MIXED = HEAD + "Content-Type: multipart/mixed; boundary=b\n\n"
RELATED = "Content-Type: multipart/related; boundary=c\n\n"
HTML = "Content-Type: text/html\n\n<p>hi</p>\n"
IMAGE = "Content-Type: image/png\nContent-ID: <x>\n\nx\n"
YENC = "=ybegin line=128 size=5 name=a.bin\n" + "".join(chr((b + 42) % 256) for b in b"hello") + "\n=yend size=5\n"

# Each: the mail, its text, the names of its files.
SHAPES: dict[str, tuple[str, str, list[str]]] = {
    "boundary_followed_by_a_comment": (
        HEAD + "Content-Type: multipart/mixed; boundary=b (report)\n\n--b\n\nhi\n--b--\n",
        "hi",
        [],
    ),
    "boundary_on_a_line_of_its_own": (
        HEAD + 'Content-Type: multipart/mixed;\nboundary="b"\n\n--b\n\nhi\n--b--\n',
        "hi",
        [],
    ),
    "boundary_continued": (
        HEAD + "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\nhi\n--ab--\n",
        "hi",
        [],
    ),
    "boundary_empty": (
        HEAD + 'Content-Type: multipart/mixed; boundary=""\n\n--\nContent-Type: text/plain\n\nhi\n----\n',
        "hi",
        [],
    ),
    "boundary_of_the_inner_begins_like_the_outer": (
        HEAD + "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n"
        "--ab\n\nhi\n--ab\n" + HTML + "--ab--\n--a\nContent-Type: image/png; name=i.png\n\nx\n--a--\n",
        "hi",
        ["i.png"],
    ),
    "no_delimiter_at_all": (MIXED + "just text\n", "just text", []),
    "boundary_in_single_quotes": (
        HEAD + "Content-Type: multipart/mixed; boundary='b'\n\n--b\n\nhi\n--b--\n", "hi", [],
    ),
    "multipart_of_no_kind": (HEAD + "Content-Type: multipart; boundary=b\n\n--b\n\nhi\n--b--\n", "hi", []),
    "header_of_a_part_breaks_off": (
        MIXED + "--b\nContent-Type: text/plain;\ncharset=utf-8\n\nhi\n--b\nContent-Type : application/pdf;\n"
        'name="a.pdf"\n\nx\n--b--\n',
        "hi",
        ["a.pdf"],
    ),
    "html_that_does_not_say_so": (HEAD + "\n<html><body><p>hi</p></body></html>\n", "hi", []),
    "nothing_within": (MIXED, "", []),
    "encoded_as_a_whole": (
        HEAD + "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"{base64.encodebytes(b'--b' + bytes((10, 10)) + b'hi' + bytes((10,)) + b'--b--').decode()}",
        "hi",
        [],
    ),
    "alternative_with_related": (
        HEAD + "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nhi\n--b\n" + RELATED + "--c\n" + HTML
        + "--c\n" + IMAGE + "--c--\n--b--\n",
        "hi",
        [""],
    ),
    "related_begins_with_its_image": (HEAD + RELATED + "--c\n" + IMAGE + "--c\n" + HTML + "--c--\n", "hi", [""]),
    "type_without_subtype": (HEAD + "Content-Type: text/\n\nhi\n", "hi", []),
    "type_and_parameter_without_semicolon": (HEAD + "Content-Type: text/plain charset=utf-8\n\nhé\n", "hé", []),
    "type_and_parameter_with_comma": (HEAD + "Content-Type: text/plain, charset=utf-8\n\nhé\n", "hé", []),
    "enriched": (HEAD + "Content-Type: text/enriched\n\n<bold>hi</bold>\nthere <<3\n", "hi there <3", []),
    "first_line_is_rubbish": ("Sübject: x\nSubject: s\nFrom: a@example.com\n\nhi\n", "hi", []),
    "base64_that_is_none": (
        HEAD + "Content-Transfer-Encoding: base64\n\nHello, this is no base64 at all.\n",
        "Hello, this is no base64 at all.",
        [],
    ),
    "encoding_with_a_comment": (HEAD + "Content-Transfer-Encoding: base64 (see below)\n\naGVsbG8=\n", "hello", []),
    "yenc": (HEAD + "\nhello\n" + YENC + "bye\n", "hello\nbye", ["a.bin"]),
    "disposition_without_semicolon": (
        MIXED + "--b\n\nhi\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment filename=a.pdf\n\nx\n"
        "--b--\n",
        "hi",
        ["a.pdf"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "text", "files"), SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_mail_of_odd_shape_is_read_as_a_person_would(sent: str, text: str, files: list[str], line_end: str) -> None:
    mail = read_mail(sent.replace("\n", line_end).encode("latin-1" if "=ybegin" in sent else "utf-8"))
    assert mail.text.strip() == text
    assert [part.filename for part in mail.attachments] == files
    assert mail.subject == "s"


def test_what_nests_too_deep_is_one_file() -> None:
    levels = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(30))
    mail = read_mail((HEAD + levels + "\nhello\n").encode())
    [part] = mail.attachments
    assert part.filename == "deeper-parts.eml"
    assert b"hello" in part.content
    assert "too_deep" in mail.defects


def test_damaged_copies_of_real_mails_are_read_or_refused() -> None:
    dice = random.Random(4)
    for path in sorted(FIXTURES.glob("*/*.eml")):
        whole = path.read_bytes()
        for cut in (*range(1024, len(whole), 1024), dice.randrange(len(whole))):
            _read_or_refused(whole[:cut])
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        _read_or_refused(bytes(damaged))


def _read_or_refused(raw: bytes) -> None:
    try:
        mail = read_mail(raw)
    except Unreadable:
        return
    for text in (mail.subject, mail.text, mail.html, mail.visible_text, *(part.filename for part in mail.attachments)):
        text.encode("utf-8")
