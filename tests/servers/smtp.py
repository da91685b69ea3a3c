"""An SMTP server that keeps what it is sent and answers as told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.process import free_port


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


class SmtpCatcher:
    """Listens on loopback. `answers` maps a recipient, or "DATA", to the reply it gets, e.g. "550 5.1.1 unknown"."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.mails: list[CaughtMail] = []
        self.answers: dict[str, str] = {}
        self.port = free_port()
        self._controller = Controller(self, hostname=self.host, port=self.port, enable_SMTPUTF8=True)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    def wait_for(self, count: int, seconds: float = 60) -> list[CaughtMail]:
        """Returns the mails when there are at least `count`. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while len(self.mails) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.mails)} of {count} mails came within {seconds:g} s")
            time.sleep(0.01)
        return self.mails

    async def handle_RCPT(  # noqa: N802 (aiosmtpd names its hooks after the SMTP verbs)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 2.0.0 queued as 1")
        if answer.startswith("2"):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.mails.append(CaughtMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return answer
