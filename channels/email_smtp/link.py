"""One connection to the SMTP server, and one mail over it at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from channels.email_smtp.answers import queue_reference, refusal
from channels.mail_wire import MailServer, NotAccepted, Unreachable
from hub.model.errors import Rejected, Temporary, Unknown
from hub.model.outbound import Receipt

COMMAND_SECONDS = 60.0
FINAL_ANSWER_SECONDS = 600.0  # RFC 5321 4.5.3.2.6
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail as it goes over the wire; addresses without angle brackets, an empty sender is the null path."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def needs_utf8(self) -> bool:
        return not (self.sender.isascii() and self.recipient.isascii())


class Stale(Exception):
    """A connection kept from before turned out to be dead before the server took anything of this mail."""


class SmtpLink:
    """One connection to an SMTP server, driven step by step so that the phase of a failure is known."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client
        self.is_clean = True
        self.is_reused = False
        self.idle_since = 0.0

    @classmethod
    async def open(cls, server: MailServer, ehlo_name: str) -> SmtpLink:
        """Connects, encrypts and logs in. Raises Unreachable or NotAccepted."""
        context: ssl.SSLContext | None = server.tls_context() if server.tls != "none" else None
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=context,
            local_hostname=ehlo_name,
            timeout=COMMAND_SECONDS,
        )
        try:
            await client.connect()
            await client.ehlo()
            if server.username:
                await client.login(server.username, server.password)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise _not_let_in(server, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _not_connected(server, error) from error
        return cls(client)

    @property
    def is_alive(self) -> bool:
        return self._client.is_connected

    async def refresh(self) -> bool:
        """Clears what an earlier mail left behind; returns whether the server still answers."""
        try:
            await self._client.rset(timeout=COMMAND_SECONDS)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return False
        self.is_clean = True
        return True

    def close(self) -> None:
        protocol = self._client.protocol
        if protocol is not None and protocol.is_connected:
            protocol.write(b"QUIT\r\n")
        self._client.close()

    async def check_sender(self, sender: str) -> None:
        """Asks whether the server would take mail from this sender. Raises SendError."""
        self.is_clean = False
        await self._step("mail", 250, b"MAIL", f"FROM:<{sender}>".encode())

    async def transmit(self, envelope: Envelope, deadline: datetime, clock: Callable[[], datetime]) -> Receipt:
        """Sends one mail: nothing is accepted before the final dot, and after it only an answer tells."""
        options = self._options(envelope)
        self.is_clean = False
        await self._step("mail", 250, b"MAIL", f"FROM:<{envelope.sender}>".encode(), *options)
        await self._step("rcpt", 250, b"RCPT", f"TO:<{envelope.recipient}>".encode())
        self._check_deadline(deadline, clock)
        await self._step("data", 354, b"DATA")
        protocol = self._client.protocol
        if protocol is None:
            raise _lost("data", "the connection ended")
        final = await self._write_all_but_last(protocol, _dot_stuffed(envelope.content))
        self._check_deadline(deadline, clock)
        return await self._finish(protocol, final)

    async def _write_all_but_last(self, protocol: SMTPProtocol, content: bytes) -> bytes:
        """Writes a large mail in step with the network; returns what goes together with the final dot."""
        at = 0
        while len(content) - at > CHUNK:
            transport = self._client.transport
            try:
                protocol.write(content[at : at + CHUNK])
                async with asyncio.timeout(FINAL_ANSWER_SECONDS):
                    while isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > CHUNK:
                        if not protocol.is_connected:
                            raise _lost("data", "the connection ended")
                        await asyncio.sleep(0.005)
            except (aiosmtplib.SMTPException, OSError) as error:
                self._client.close()
                raise _lost("data", str(error)) from error
            at += CHUNK
        return content[at:]

    async def _finish(self, protocol: SMTPProtocol, final: bytes) -> Receipt:
        try:
            protocol.write(final + b".\r\n")
        except aiosmtplib.SMTPException as error:
            raise _lost("data", str(error)) from error
        try:
            code, text = await protocol.read_response(timeout=FINAL_ANSWER_SECONDS)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise Unknown(
                f"The mail server had the whole mail and gave no answer; nobody knows whether it took it: {error}",
                phase="dot",
            ) from error
        if 200 <= code < 300:
            self.is_clean = True
            return Receipt(reference=queue_reference(text), code=str(code))
        if 400 <= code < 600:
            raise refusal("dot", code, text)
        self._client.close()
        raise Unknown(
            f"The mail server's last answer means nothing: {code} {text}", provider_code=str(code), phase="dot"
        )

    def _options(self, envelope: Envelope) -> Sequence[bytes]:
        options = []
        size = len(envelope.content)
        if self._client.supports_extension("size"):
            limit = self._client.esmtp_extensions["size"].strip()
            if limit.isdigit() and 0 < int(limit) < size:
                megabyte = 1024 * 1024
                raise Rejected(
                    f"The mail has {size / megabyte:.1f} MB, and the mail server takes at most "
                    f"{int(limit) / megabyte:.1f} MB.",
                    phase="mail",
                )
            options.append(f"SIZE={size}".encode())
        if envelope.needs_utf8:
            if not self._client.supports_extension("smtputf8"):
                raise Rejected(
                    f"The address {envelope.recipient} has letters beyond ASCII before the @, "
                    "which this mail server cannot send to (it offers no SMTPUTF8).",
                    phase="mail",
                )
            options.append(b"SMTPUTF8")
        return options

    async def _step(self, phase: str, expected: int, *words: bytes) -> None:
        try:
            code, text = await self._client.execute_command(*words, timeout=COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            self._client.close()
            raise Temporary(f"The mail server's answer means nothing: {error.message}", phase=phase) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            if self.is_reused and phase == "mail":
                raise Stale from error
            raise _lost(phase, str(error)) from error
        if code == 421 and self.is_reused and phase == "mail":
            raise Stale
        if code // 100 == expected // 100:
            return
        if not 400 <= code < 600:
            self._client.close()
            raise Temporary(f"The mail server's answer means nothing: {code} {text}", phase=phase)
        raise refusal(phase, code, text)

    def _check_deadline(self, deadline: datetime, clock: Callable[[], datetime]) -> None:
        if clock() >= deadline:
            self._client.close()
            raise Temporary(
                "The time to send this mail was over before it was handed to the mail server.", phase="data"
            )


def utc_now() -> datetime:
    return datetime.now(UTC)


def _dot_stuffed(content: bytes) -> bytes:
    """Doubles dots at line starts (RFC 5321 4.5.2); `content` has CRLF line ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _lost(phase: str, cause: str) -> Temporary:
    return Temporary(f"The connection to the mail server was lost before it had the mail: {cause}", phase=phase)


def _not_let_in(server: MailServer, error: aiosmtplib.SMTPResponseException) -> Unreachable | NotAccepted:
    answer = f"{error.code} {error.message}"
    if not 500 <= error.code < 600:
        return Unreachable(
            server.problem("busy", f"{server.address} does not let us in now.", cause=answer, mend="Try again later.")
        )
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return NotAccepted(
            server.problem(
                "login",
                f"{server.address} refuses the login of {server.username}.",
                cause=answer,
                mend="Check user name and password; many providers want an app password for mail programs.",
            )
        )
    return NotAccepted(
        server.problem(
            "turned_away",
            f"{server.address} turned us away.",
            cause=answer,
            mend="Ask the provider whether this machine may send through it, and under which name (ehlo_name).",
        )
    )


def _not_connected(server: MailServer, error: Exception) -> Unreachable | NotAccepted:
    if isinstance(error.__cause__, OSError):
        return server.failure(error.__cause__)
    if isinstance(error, OSError):
        return server.failure(error)
    message = str(error)
    if "STARTTLS" in message and "AUTH" not in message:
        return NotAccepted(
            server.problem(
                "no_starttls", f"{server.address} offers no STARTTLS.", mend='Use port 465 with tls = "tls".'
            )
        )
    return NotAccepted(
        server.problem(
            "no_login",
            f"{server.address} offers no way to log in.",
            cause=message,
            mend="Check port and tls, or leave username out.",
        )
    )
