"""What the kits of mailboxes share: mails, and what can hardly be called one."""

from __future__ import annotations

import itertools

from channels.base import Raw
from tests.channels.contract import NOW

_numbers = itertools.count(1)


def mail() -> bytes:
    """Returns a mail unlike the ones before."""
    number = next(_numbers)
    head = f"From: Ada <ada@example.com>\r\nTo: help@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@a>\r\n"
    return f"{head}\r\nQuestion {number}\r\n".encode()


def hardly_mails() -> list[Raw]:
    """Returns payloads that are empty, no mail at all, or cut off in the worst place."""
    contents = [
        b"",
        b"\x00\xff" * 1_000,
        b"From: \r\n",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: text/plain; charset=none\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Subject: =?utf-8?b?////?=\r\nFrom: =?x?q?=FF?= <a@@b>\r\nDate: never\r\n\r\n\xff\xfe\x00",
    ]
    return [Raw(content=each, key=f"hardly/{n}", received_at=NOW) for n, each in enumerate(contents)]
