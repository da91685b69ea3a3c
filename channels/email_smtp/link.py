"""One connection to the SMTP server, and one mail over it at a time."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiosmtplib

from channels.email_smtp.answers import queue_reference, refusal
from channels.email_smtp.wire import NO_CODE, Wire, take_over
from channels.mail_wire import MailServer, NotAccepted, Unreachable
from hub.model.errors import Rejected, SendError, Temporary, Unknown
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

    def __init__(self, wire: Wire, extensions: Mapping[str, str]) -> None:
        self._wire = wire
        self._extensions = extensions
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
            return cls(take_over(client.transport), client.esmtp_extensions)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise _not_let_in(server, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _not_connected(server, error) from error

    @property
    def is_alive(self) -> bool:
        return self._wire.is_open

    async def refresh(self) -> bool:
        """Clears what an earlier mail left behind; returns whether the server still answers."""
        try:
            self._wire.write(b"RSET\r\n")
            code, _ = await self._wire.reply(COMMAND_SECONDS)
        except OSError:
            code = NO_CODE
        self.is_clean = code == 250
        if not self.is_clean:
            self._wire.close()
        return self.is_clean

    def close(self) -> None:
        if self._wire.is_open:
            with contextlib.suppress(OSError):
                self._wire.write(b"QUIT\r\n")
        self._wire.close()

    async def check_sender(self, sender: str) -> None:
        """Asks whether the server would take mail from this sender. Raises SendError."""
        self.is_clean = False
        await self._commands([("mail", 250, f"MAIL FROM:<{sender}>")])

    async def transmit(self, envelope: Envelope, deadline: datetime, clock: Callable[[], datetime]) -> Receipt:
        """Sends one mail: nothing is accepted before the final dot, and after it only an answer tells."""
        options = self._options(envelope)
        self.is_clean = False
        self._check_deadline(deadline, clock)
        opening = [
            ("mail", 250, " ".join([f"MAIL FROM:<{envelope.sender}>", *options])),
            ("rcpt", 250, f"RCPT TO:<{envelope.recipient}>"),
            ("data", 354, "DATA"),
        ]
        # RFC 2920: where the server offers it, the three go together and cost one round trip.
        if "pipelining" in self._extensions:
            await self._commands(opening)
        else:
            for command in opening:
                if command[0] == "data":
                    self._check_deadline(deadline, clock)
                await self._commands([command])
        final = await self._write_all_but_last(_dot_stuffed(envelope.content))
        self._check_deadline(deadline, clock)
        return await self._finish(final)

    async def _write_all_but_last(self, content: bytes) -> bytes:
        """Writes a large mail in step with the network; returns what goes together with the final dot."""
        at = 0
        try:
            while len(content) - at > CHUNK:
                self._wire.write(content[at : at + CHUNK])
                await self._wire.drain(FINAL_ANSWER_SECONDS)
                at += CHUNK
        except OSError as error:
            self._wire.close()
            raise _lost("data", str(error)) from error
        return content[at:]

    async def _finish(self, final: bytes) -> Receipt:
        try:
            self._wire.write(final + b".\r\n")
        except OSError as error:
            self._wire.close()
            raise _lost("data", str(error)) from error
        try:
            code, text = await self._wire.reply(FINAL_ANSWER_SECONDS)
        except OSError as error:
            self._wire.close()
            raise Unknown(
                f"The mail server had the whole mail and gave no answer; nobody knows whether it took it: {error}",
                phase="dot",
            ) from error
        if 200 <= code < 300:
            self.is_clean = True
            return Receipt(reference=queue_reference(text), code=str(code))
        if 400 <= code < 600:
            raise refusal("dot", code, text)
        self._wire.close()
        raise Unknown(
            f"The mail server's last answer means nothing: {code} {text}", provider_code=str(code), phase="dot"
        )

    def _options(self, envelope: Envelope) -> Sequence[str]:
        options = []
        size = len(envelope.content)
        if "size" in self._extensions:
            limit = self._extensions["size"].strip()
            if limit.isdigit() and 0 < int(limit) < size:
                megabyte = 1024 * 1024
                raise Rejected(
                    f"The mail has {size / megabyte:.1f} MB, and the mail server takes at most "
                    f"{int(limit) / megabyte:.1f} MB.",
                    phase="mail",
                )
            options.append(f"SIZE={size}")
        if envelope.needs_utf8:
            if "smtputf8" not in self._extensions:
                raise Rejected(
                    f"The address {envelope.recipient} has letters beyond ASCII before the @, "
                    "which this mail server cannot send to (it offers no SMTPUTF8).",
                    phase="mail",
                )
            options.append("SMTPUTF8")
        return options

    async def _commands(self, commands: Sequence[tuple[str, int, str]]) -> None:
        """Writes commands together, as (phase, expected answer, command), and reads the answer to each.

        The first that is refused decides; where the server wants the mail all the same, the connection ends instead.
        """
        phase = commands[0][0]
        refused: SendError | None = None
        try:
            self._wire.write("".join(f"{command}\r\n" for _, _, command in commands).encode())
            for phase, expected, _ in commands:  # the phase of what is lost is told below
                code, text = await self._wire.reply(COMMAND_SECONDS)
                if refused is None:
                    refused = self._refused(phase, expected, code, text)
                elif code == 354:
                    self._wire.close()
                if not self._wire.is_open:
                    break
        except OSError as error:
            self._wire.close()
            if refused is None:
                if self.is_reused and phase == "mail":
                    raise Stale from error
                raise _lost(phase, str(error)) from error
        if refused is not None:
            raise refused

    def _refused(self, phase: str, expected: int, code: int, text: str) -> SendError | None:
        if code == 421:
            self._wire.close()
            if self.is_reused and phase == "mail":
                raise Stale
        if code // 100 == expected // 100:
            return None
        if not 400 <= code < 600:
            self._wire.close()
            return Temporary(f"The mail server's answer means nothing: {code} {text}", phase=phase)
        return refusal(phase, code, text)

    def _check_deadline(self, deadline: datetime, clock: Callable[[], datetime]) -> None:
        if clock() >= deadline:
            self._wire.close()
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
