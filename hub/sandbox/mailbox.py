"""A mailbox and a mail server that stand in for the real ones: what customers write, and what the hub sent."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session

PHASES = ("mail", "rcpt", "data", "dot")


class CaughtMail(NamedTuple):
    path: Path
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(slots=True)
class Hitch:
    """What the server does to the next `times` mails that reach a phase."""

    phase: str
    times: int
    code: int = 0
    text: str = ""
    drop: bool = False
    keep: bool = True
    delay: float = 0.0


class SandboxMailbox:
    """`folder/Maildir` is the mailbox the hub reads; `folder/caught` holds what the hub sent.

    The SMTP server listens on the loopback only and delivers nowhere.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.maildir = folder / "Maildir"
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self._caught = folder / "caught"
        self._server: asyncio.Server | None = None
        self._hitches: list[Hitch] = []
        self._numbers = count(1)
        for box in (self.maildir, self._caught):
            for part in ("cur", "new", "tmp"):
                (box / part).mkdir(parents=True, exist_ok=True)
        (self._caught / "envelopes").mkdir(exist_ok=True)

    async def start(self, port: int = 0) -> None:
        """Opens the SMTP server; port 0 takes a free one, which is then in `port`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self.host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def deliver(self, raw: bytes, box: Path | None = None) -> Path:
        """Puts a mail into the mailbox (or another of `box`), at once and whole."""
        return self._put(box or self.maildir, raw)

    def box(self, name: str) -> Path:
        """Returns another mailbox of this server, a Maildir beside the first; makes it where it is not there."""
        box = self.folder / "boxes" / name
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        return box

    def caught(self, address: str | None = None) -> list[CaughtMail]:
        """Returns what the hub sent, oldest first; to one address where it is given."""
        mails = []
        for path in sorted((self._caught / "new").iterdir()):
            envelope = json.loads((self._caught / "envelopes" / f"{path.name}.json").read_text())
            recipients = tuple(envelope["recipients"])
            if address is None or address.lower() in (each.lower() for each in recipients):
                mails.append(CaughtMail(path, recipients, path.read_bytes()))
        return mails

    def refuse(self, phase: str, code: int, text: str = "refused by the sandbox", times: int = 1) -> None:
        """Lets the next mails be refused at a phase: mail, rcpt, data (the command) or dot (the whole mail)."""
        self._add(Hitch(phase, times, code=code, text=text))

    def drop(self, phase: str, times: int = 1, *, keep: bool = True) -> None:
        """Lets the connection break off without an answer; at the dot the mail is kept, or lost with keep=False."""
        self._add(Hitch(phase, times, drop=True, keep=keep))

    def delay(self, phase: str, seconds: float, times: int = 1) -> None:
        self._add(Hitch(phase, times, delay=seconds))

    def _add(self, hitch: Hitch) -> None:
        if hitch.phase not in PHASES:
            raise ValueError(f"phase is one of {', '.join(PHASES)}")
        self._hitches.append(hitch)

    def _connection(self) -> SMTP:
        self.connections += 1
        return _Server(_Handler(self), hostname="sandbox.invalid", enable_SMTPUTF8=True, ident="sandbox")

    async def _meet(self, phase: str) -> Hitch | None:
        """Returns the hitch that applies now, after its delay, and uses it up."""
        hitch = next((each for each in self._hitches if each.phase == phase), None)
        if hitch is None:
            return None
        hitch.times -= 1
        if not hitch.times:
            self._hitches.remove(hitch)
        await asyncio.sleep(hitch.delay)
        return hitch

    def _keep(self, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        name = self._name()
        recipients = json.dumps({"sender": envelope.mail_from, "recipients": envelope.rcpt_tos})
        (self._caught / "envelopes" / f"{name}.json").write_text(recipients)
        self._put(self._caught, content, name)
        return name

    def _put(self, box: Path, raw: bytes, name: str = "") -> Path:
        name = name or self._name()
        written = box / "tmp" / name
        written.write_bytes(raw)
        return written.rename(box / "new" / name)

    def _name(self) -> str:
        # maildir(5): seconds, what makes it unique on this host, host
        now = time.time_ns()
        host = socket.gethostname().replace("/", "_").replace(":", "_")
        return f"{now // 10**9}.M{now // 1000 % 10**6:06}P{os.getpid()}Q{next(self._numbers):09}.{host}"


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # the library's name
        """Asks for hitches before 354; the library has no hook there."""
        answer = await self.event_handler.answer("data", self)
        if answer:
            await self.push(answer)
        else:
            await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, mailbox: SandboxMailbox) -> None:
        self._mailbox = mailbox

    async def answer(self, phase: str, server: Any) -> str:
        hitch = await self._mailbox._meet(phase)
        if hitch is None:
            return ""
        if hitch.drop:
            server.transport.abort()
            raise asyncio.CancelledError
        return f"{hitch.code} {hitch.text}" if hitch.code else ""

    async def handle_MAIL(  # noqa: N802  # the library's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.answer("mail", server)
        if not answer:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.answer("rcpt", server)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        hitch = await self._mailbox._meet("dot")
        if hitch and hitch.code:
            return f"{hitch.code} {hitch.text}"
        name = self._mailbox._keep(envelope) if hitch is None or hitch.keep else ""
        if hitch and hitch.drop:
            server.transport.abort()
            raise asyncio.CancelledError
        return f"250 2.0.0 Ok: queued as {name}"
