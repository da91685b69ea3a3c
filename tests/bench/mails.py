"""Mails of 10 KB as customers send them, and what the standard library makes of a mailbox full of them."""

from __future__ import annotations

import imaplib
from base64 import b64encode
from collections.abc import Iterator
from email import message_from_bytes

from tests.bench.bench_reading import multipart
from tests.bench.world import address
from tests.servers.dovecot import Dovecot

# imaplib is measured asking for so many mails a command; one by one it is three times slower.
A_COMMAND = 50
_FIRST_BYTES = b64encode(bytes(range(9)))


class Mails:
    """Mails that differ in sender, Message-ID, text and file; every second one is HTML too. Each is used once."""

    def __init__(self, customers: int) -> None:
        self._customers = customers
        self._templates = [multipart(html=html).replace(b"\n", b"\r\n") for html in (False, True)]
        self._number = 0

    def take(self, count: int) -> Iterator[bytes]:
        """Yields so many mails, one in twenty from somebody nobody knows."""
        for number in range(self._number + 1, self._number + count + 1):
            known = number % 20 != 0
            sender = address(number * 7919 % self._customers + 1) if known else f"stranger{number}@example.net"
            mail = self._templates[number % 2]
            for sample, own in (
                (b"bob@example.com", sender.encode()),
                (b"<2@example.com>", b"<%d@example.com>" % number),
                (b"<1@example.org>", b"<before%d@example.org>" % number),
                (b"Dear Ada,", b"Dear Ada, order %d." % number),
            ):
                mail = mail.replace(sample, own)
            yield mail.replace(_FIRST_BYTES, b64encode(number.to_bytes(9, "big")), 1)
        self._number += count


class Library:
    """The baselines: imaplib on one account, with and without parsing what it fetched."""

    def __init__(self, dovecot: Dovecot, user: str, password: str) -> None:
        self._dovecot, self._user, self._password = dovecot, user, password

    def fetch(self, folder: str = "INBOX") -> list[bytes]:
        """Returns all mails of a folder."""
        with imaplib.IMAP4(self._dovecot.host, self._dovecot.port) as server:
            server.login(self._user, self._password)
            server.select(folder, readonly=True)
            uids = server.uid("SEARCH", "ALL")[1][0].split()
            found: list[bytes] = []
            for start in range(0, len(uids), A_COMMAND):
                several = b",".join(uids[start : start + A_COMMAND]).decode()
                told = server.uid("FETCH", several, "(UID BODY.PEEK[])")[1]
                found += [part[1] for part in told if isinstance(part, tuple)]
            return found

    def fetch_and_parse(self, folder: str = "INBOX") -> int:
        """Returns how many mails of a folder were parsed."""
        return len([message_from_bytes(mail) for mail in self.fetch(folder)])
