"""Well-formed mails are parsed as the standard library parses them; all that is bent is left to it."""

from __future__ import annotations

from email.feedparser import BytesFeedParser
from typing import Any

import pytest

from channels.email_message.limits import DEPTH, PARTS
from channels.email_message.opaque import OpaqueMessage
from channels.email_message.well_formed import parse_well_formed

HEAD = b'From: a@b\nSubject: folded\n over lines\nX-Empty:\nContent-Type: multipart/mixed; boundary="b"\n\n'
TEXT = b"Content-Type: text/plain\n\nhello\n"
INNER = b"Content-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2\n\ntwo\n--b2--\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=d%d\n\n--d%d\n" % (n, n) for n in range(DEPTH + 2))

WELL_FORMED = {
    "text": b"Subject: x\n\nhello\n",
    "no body": b"Subject: x\n\n",
    "no header": b"\nhello\n",
    "8-bit header": b"Subject: caf\xe9\n\nhello\n",
    "two parts": HEAD + b"--b\n" + TEXT + b"--b\n\nlast\n--b--\n",
    "preamble and epilogue": HEAD + b"This is MIME.\n--b\n" + TEXT + b"--b-- \nbye\n",
    "no line end at the end": HEAD + b"--b\n" + TEXT + b"--b--",
    "empty part": HEAD + b"--b\n\n--b\nX: y\n\n--b--\n",
    "a part that ends in blank lines": HEAD + b"--b\n\nhello\n\n\n--b--\n",
    "multipart in a multipart": HEAD + b"--b\n" + INNER + b"--b\n" + TEXT + b"--b--\n",
    "a boundary that begins with another": HEAD + b"--b\n" + INNER.replace(b"b2", b"bb") + b"--b--\n",
    "dashes in the text": HEAD + b"--b\n\n--bread\n --b\nx --b\n--b--\n",
    "an attached mail stays bytes": HEAD + b"--b\nContent-Type: message/rfc822\n\nSubject: y\n\n--c\n--b--\n",
}
BENT = {
    "lone CR": b"Subject: x\n\na\rb\n",
    "no blank line": b"Subject: x\nhello\n",
    "header alone": b"Subject: x\n",
    "name with a space": b"Two words: x\n\nhello\n",
    "continuation first": b" x\nSubject: x\n\nhello\n",
    "no boundary": b"Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n",
    "boundary that never comes": HEAD + b"hello\n",
    "not closed": HEAD + b"--b\n\nhello\n",
    "inner not closed": HEAD + b"--b\n" + INNER.replace(b"--b2--\n", b"") + b"--b--\n",
    "delimiter twice": HEAD + b"--b\n--b\n\nhello\n--b--\n",
    "digest": HEAD.replace(b"mixed", b"digest") + b"--b\n\nSubject: y\n\nz\n--b--\n",
    "encoded as a whole": b"Content-Transfer-Encoding: base64\n" + HEAD + b"--b\n\nx\n--b--\n",
    "too deep": DEEP,
    "too many parts": HEAD + b"--b\n\nx\n" * (PARTS + 2) + b"--b--\n",
}


def tree(message: Any) -> Any:
    parts = [tree(part) for part in message.get_payload()] if message.is_multipart() else message.sent_bytes()
    return list(message.raw_items()), message.get_content_type(), parts


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mail", WELL_FORMED.values(), ids=WELL_FORMED)
def test_what_keeps_to_the_rules_is_read_as_the_standard_library_reads_it(mail: bytes, ends: bytes) -> None:
    mail = mail.replace(b"\n", ends)
    parser = BytesFeedParser(OpaqueMessage)
    parser.feed(mail)
    found = parse_well_formed(mail)
    assert found is not None
    assert tree(found) == tree(parser.close())


@pytest.mark.parametrize("mail", BENT.values(), ids=BENT)
def test_what_is_bent_is_left_to_the_standard_library(mail: bytes) -> None:
    assert parse_well_formed(mail) is None
