"""Servers that take what they are given and forget to say so, one answer in a hundred: a mail server and a Twilio."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter

from hub.sandbox.twilio import Hooks, TwilioEmulator
from hub.sandbox.twilio.faults import Fault, Planned

FORGETS = 0.01
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"
_ANSWERS = {b"EHLO": b"250-forgetful\r\n250 PIPELINING\r\n", b"DATA": b"354 go ahead\r\n", b"QUIT": b"221 bye\r\n"}


class ForgetfulSmtp:
    """Counts mails by Message-ID as their final dot comes in. Of some it says nothing: the connection ends instead."""

    def __init__(self, seed: int) -> None:
        self.mails: Counter[str] = Counter()
        self.taken = self.forgotten = 0
        self.port = 0
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def take(self, content: bytes) -> bool:
        """Keeps a mail; returns whether its sender is told so."""
        found = _MESSAGE_ID.search(content)
        name = found[1].decode() if found else "without a Message-ID"
        self.mails[name] += 1
        self.taken += 1
        if self._random.random() < FORGETS:
            self.forgotten += 1
            return False
        return True


class _Connection(asyncio.Protocol):
    def __init__(self, server: ForgetfulSmtp) -> None:
        self._server = server
        self._received = b""
        self._in_mail = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 forgetful ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._mail() if self._in_mail else self._command():
            continue

    def _mail(self) -> bool:
        content, found, rest = self._received.partition(_END)
        if not found:
            return False
        self._in_mail, self._received = False, rest
        if not self._server.take(content):
            self._received = b""
            self._transport.abort()
            return False
        self._transport.write(b"250 2.0.0 Ok\r\n")
        return True

    def _command(self) -> bool:
        line, found, rest = self._received.partition(b"\r\n")
        if not found:
            return False
        self._received, verb = rest, line[:4].upper()
        self._in_mail = verb == b"DATA"
        self._transport.write(_ANSWERS.get(verb, b"250 ok\r\n"))
        return True


class ForgetfulTwilio(TwilioEmulator):
    """Counts texts by recipient and body. Of some it says nothing, having taken them: the connection ends instead."""

    def __init__(self, sid: str, token: str, number: str, seed: int) -> None:
        super().__init__(sid, token, {number: Hooks()}, status_delay=0.02)
        self.forgotten = 0
        self._random = random.Random(seed)
        self.faults.by_chance = self._forgets

    def _forgets(self) -> Planned | None:
        if self._random.random() >= FORGETS:
            return None
        self.forgotten += 1
        return Planned(kind=Fault.LOST_ANSWER)

    @property
    def taken(self) -> int:
        """Returns how many texts it has taken."""
        return len(self.account.messages)

    def counted(self) -> Counter[tuple[str, str]]:
        """Returns how often each text (recipient, body) was taken."""
        return Counter((each.to, each.body) for each in self.account.messages.values())
