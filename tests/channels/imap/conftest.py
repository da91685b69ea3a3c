from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context
from channels.email_imap import ImapMailbox
from tests.servers.dovecot import Dovecot

PASSWORD = 'correct "horse\\'
_numbers = itertools.count(1)


class Account:
    """One user of the server, with an empty INBOX, and the settings of a channel that reads it."""

    def __init__(self, server: Dovecot) -> None:
        self.server = server
        self.user, _ = server.add_user(f"imap{next(_numbers)}", PASSWORD)
        self.inbox = server.folder / "mail" / self.user
        self.settings: dict[str, Any] = {
            "host": server.host,
            "port": server.port,
            "tls": "none",
            "username": self.user,
            "password": PASSWORD,
            "address": "help@example.com",
        }

    def channel(self, **settings: Any) -> ImapMailbox:
        return ImapMailbox("support", {**self.settings, **settings}, Context(public_url="https://hub.example.com"))

    def deliver(self, number: int, body: bytes = b"body") -> Path:
        return self.server.deliver(self.user, b"Subject: mail %d\r\n\r\n%s\r\n" % (number, body))

    def deliver_flagged(self, subject: str, flags: str) -> None:
        """Delivers a mail that has been looked at already; flags as in maildir(5), such as S, F, T."""
        path = self.server.deliver(self.user, f"Subject: {subject}\r\n\r\n".encode())
        path.rename(self.inbox / "cur" / f"{path.name}:2,{flags}")

    def renumber(self) -> None:
        """Makes the INBOX number its mails anew: a new UIDVALIDITY."""
        for path in self.inbox.glob("dovecot*"):
            path.unlink()

    def empty(self) -> None:
        for part in ("new", "cur"):
            with os.scandir(self.inbox / part) as entries:
                for entry in entries:
                    Path(entry.path).unlink()


@asynccontextmanager
async def behind_proxy(server: Dovecot, change: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Serves the same mailboxes on another port; `change` rewrites the server's lines, or breaks off by raising."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lines: bool) -> None:
        try:
            while data := await (reader.readline() if lines else reader.read(65536)):
                writer.write(change(data) if lines else data)
        except ConnectionError:
            writer.transport.abort()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(server.host, server.port, limit=2**24)
        await asyncio.gather(carry(reader, back, False), carry(there, writer, True))

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield proxy.sockets[0].getsockname()[1]
    proxy.close()


@pytest.fixture
def account(dovecot: Dovecot) -> Account:
    return Account(dovecot)
