"""An autoresponder on real sockets: it answers every mail that it is sent, to the mail server that is told."""

from __future__ import annotations

import smtplib
from email import message_from_bytes
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.process import free_port


class Autoresponder:
    """Answers as `address` by way of the server at `answers_to`; `polite`: it says that it is a machine (RFC 3834)."""

    host = "127.0.0.1"

    def __init__(self, address: str, answers_to: int, *, polite: bool) -> None:
        self.address, self.polite = address, polite
        self.taken: list[bytes] = []
        self.senders: list[str] = []
        self.port = free_port()
        self._answers_to = answers_to
        self._controller = Controller(self, hostname=self.host, port=self.port)

    def __enter__(self) -> Autoresponder:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop(no_assert=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        self.senders.append(envelope.mail_from or "")
        asked = message_from_bytes(envelope.content)
        self.write(str(asked["From"]), f"Auto: {asked['Subject']}", answers=str(asked["Message-ID"]))
        return "250 2.0.0 taken"

    def write(self, to: str, subject: str, *, answers: str = "") -> None:
        """Sends a mail of its own; an impolite one tells neither what it answers nor that it is a machine."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.address, to, subject
        mail["Message-ID"] = f"<{len(self.taken)}.{subject.count('Auto')}.{hash(subject) & 0xFFFF}@responder.example>"
        if self.polite and answers:
            mail["Auto-Submitted"], mail["In-Reply-To"] = "auto-replied", answers
        mail.set_content("Thank you, we will be in touch.\n")
        with smtplib.SMTP(self.host, self._answers_to, timeout=60) as server:
            server.send_message(mail)
