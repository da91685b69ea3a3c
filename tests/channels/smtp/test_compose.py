"""The mail itself: read back by the standard library as it was meant, and safe on any wire."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from channels.email_smtp import build_mail
from hub.model.contact import Attachment
from hub.model.errors import Refused
from hub.model.identity import Identity
from tests.channels.smtp.conftest import outgoing

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def built(**fields: Any) -> bytes:
    return build_mail(outgoing(**fields), "shop@example.org", "The Shop", NOW)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def test_a_plain_mail_is_written_out_in_full() -> None:
    assert built(in_reply_to="a@b", references=("c@d", "<a@b>"), reply_to="answers@example.org") == (
        b"From: The Shop <shop@example.org>\r\n"
        b"To: <ada@example.com>\r\n"
        b"Subject: Your appointment\r\n"
        b"Date: Sun, 01 Mar 2026 09:30:00 +0000\r\n"
        b"Message-ID: <m7.abc@hub.example.com>\r\n"
        b"In-Reply-To: <a@b>\r\n"
        b"References: <c@d> <a@b>\r\n"
        b"Reply-To: <answers@example.org>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hello Ada\r\n"
    )


TEXTS = [
    pytest.param("Olá, tudo bem?", id="portuguese"),
    pytest.param("Zażółć gęślą jaźń " * 40, id="polish-long"),
    pytest.param("予約の確認\n明日の午後三時" * 30, id="japanese"),
    pytest.param("😀" * 300, id="emoji"),
    pytest.param("x" * 5000, id="one-long-line"),
    pytest.param("trailing space \nFrom here\n.\n..\n=3D =\n\ttab", id="what-wires-trip-over"),
    pytest.param("mixed\r\nline\rends\n", id="line-ends"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_survives_and_stays_within_the_wire(text: str) -> None:
    raw = built(text=text, html=f"<p>{text}</p>")
    plain = read(raw).get_body(("plain",))
    html = read(raw).get_body(("html",))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert html is not None
    assert html.get_content().replace("\r\n", "\n").rstrip("\n") == f"<p>{chr(10).join(lines)}</p>"
    if text:
        assert plain is not None
        assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == "\n".join(lines).rstrip("\n")
    assert_wire_safe(raw)


def assert_wire_safe(raw: bytes) -> None:
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)


NAMES = [
    pytest.param("Ada Lovelace", b"To: Ada Lovelace <ada@example.com>\r\n", id="atoms"),
    pytest.param('Lovelace, "Ada"', b'To: "Lovelace, \\"Ada\\"" <ada@example.com>\r\n', id="quoted"),
    pytest.param("Łukasz", b"To: =?utf-8?b?xYF1a2Fzeg==?= <ada@example.com>\r\n", id="encoded"),
    pytest.param(
        "=?utf-8?q?trick?=", b"To: =?utf-8?b?PT91dGYtOD9xP3RyaWNrPz0=?= <ada@example.com>\r\n", id="looks-encoded"
    ),
]


@pytest.mark.parametrize(("name", "line"), NAMES)
def test_names_are_written_so_that_they_are_read_back(name: str, line: bytes) -> None:
    raw = built(to_name=name)
    assert line in raw
    assert read(raw)["to"].addresses[0].display_name == name


@pytest.mark.parametrize(
    "subject", ["Grüße " * 60, "word " * 80 + "end", "y" * 3000, "=?utf-8?q?x?= literally", "日本語" * 50]
)
def test_any_subject_is_read_back_and_folded(subject: str) -> None:
    raw = built(subject=subject)
    assert read(raw)["subject"] == subject.strip() or read(raw)["subject"] == subject
    head = raw.split(b"\r\n\r\n")[0]
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)
    assert_wire_safe(raw)


LINE_BREAKS: list[dict[str, Any]] = [
    {"subject": "a\r\nBcc: b@example.com"},
    {"subject": "a\nb"},
    {"subject": "a\rb"},
    {"subject": "=?utf-8?q?a=0D=0ABcc:_b?="},
    {"subject": "=?utf-8?b?YQ0KQmNjOiBi?="},
    {"to_name": "a\r\nBcc: b"},
    {"to_name": "=?iso-8859-1?q?a=0ab?="},
    {"message_id": "a@b>\r\nBcc: <c"},
    {"in_reply_to": "a\nb"},
    {"references": ("a@b", "c\r\nd")},
    {"reply_to": "a@b.example\r\nBcc: c@d"},
    {"to": Identity("mailto", "a@b.example\r\nBcc: c@d")},
    {"headers": {"X-Note": "a\r\nb"}},
    {"headers": {"List-Unsubscribe": "<https://x>\r\n\r\nbody"}},
    {"headers": {"X-Note\r\nBcc": "a"}},
    {"headers": {"X Note": "a"}},
    {"headers": {"Bcc": "b@example.com"}},
    {"headers": {"from": "b@example.com"}},
    {"attachments": (Attachment(filename="a\r\nb.txt", content_type="text/plain", content=b""),)},
    {
        "attachments": (
            Attachment(filename="a", content_type="image/png", content=b"", content_id="a>\r\nb", inline=True),
        )
    },
    {"subject": "a\0b"},
]


@pytest.mark.parametrize("fields", LINE_BREAKS, ids=lambda fields: repr(fields)[:60])
@pytest.mark.security_row(13)
def test_nothing_smuggles_a_header_in(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as raised:
        built(**fields)
    assert raised.value.field


def test_attachments_and_inline_images_keep_name_type_and_bytes() -> None:
    image = Attachment(filename="l.png", content_type="image/png", content=b"\x89PNG", content_id="l@x", inline=True)
    names = ["plain.pdf", "Angebot für Łódź.pdf", "日本語の長い名前" * 12 + ".pdf", 'quo"te\\.pdf']
    files = tuple(Attachment(filename=name, content_type="application/pdf", content=name.encode()) for name in names)
    message = read(built(html='<img src="cid:l@x">', attachments=(image, *files)))
    assert message.get_content_type() == "multipart/mixed"
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        (name, name.encode()) for name in names
    ]
    related = next(part for part in message.walk() if part.get_content_type() == "multipart/related")
    [_, inline] = related.iter_parts()
    assert (inline["content-id"], inline.get_content_disposition(), inline.get_content()) == (
        "<l@x>",
        "inline",
        b"\x89PNG",
    )


def test_a_forwarded_mail_is_attached_as_it_is() -> None:
    original = b"Subject: old\r\n\r\nhello\r\n"
    forwarded = Attachment(filename="old.eml", content_type="message/rfc822", content=original)
    [part] = read(built(attachments=(forwarded,))).iter_attachments()
    assert part.get_content_type() == "message/rfc822"
    assert part.get_content()["subject"] == "old"


@pytest.mark.parametrize("media_type", ["", "nonsense", "text/html\r\nX: y", "multipart/mixed", "a/b; name=c"])
def test_an_odd_media_type_never_breaks_the_mail(media_type: str) -> None:
    raw = built(attachments=(Attachment(filename="a", content_type=media_type, content=b"123"),))
    [part] = read(raw).iter_attachments()
    assert part.get_payload(decode=True) == b"123"


def test_an_attachment_that_is_not_here_yet_is_refused() -> None:
    with pytest.raises(Refused, match="has not been fetched"):
        built(attachments=(Attachment(filename="a", content_type="a/b", url="https://example.com/a"),))


def test_unsubscribe_headers_are_written_verbatim() -> None:
    raw = built(
        headers={
            "List-Unsubscribe": "<https://hub.example.org/u/" + "t" * 100 + ">, <mailto:u@example.org>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        }
    )
    message = read(raw)
    assert message["list-unsubscribe"] == "<https://hub.example.org/u/" + "t" * 100 + ">, <mailto:u@example.org>"
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert b"Auto-Submitted: auto-generated\r\n" in raw


def test_a_long_thread_keeps_its_first_and_newest_references() -> None:
    references = tuple(f"{number}@example.com" for number in range(100))
    written = read(built(references=references))["references"].split()
    assert written == ["<0@example.com>", *(f"<{number}@example.com>" for number in range(81, 100))]


@pytest.mark.outbound("message-id")
def test_every_attempt_gives_the_same_bytes() -> None:
    assert built(html="<p>x</p>") == built(html="<p>x</p>", attempt=2)


ODD_ADDRESSES = [
    ("o'neil+x@example.com", "<o'neil+x@example.com>"),
    ("a,b@example.com", '<"a,b"@example.com>'),
    ("a..b@x.example", '<"a..b"@x.example>'),
]


@pytest.mark.parametrize(("address", "written"), ODD_ADDRESSES)
def test_odd_local_parts_are_quoted(address: str, written: str) -> None:
    assert f"To: {written}\r\n".encode() in built(to=Identity("mailto", address))
