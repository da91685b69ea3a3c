"""One connection to the SMTP server, and one mail after the other over it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Mapping, Sequence

import aiosmtplib

from channels.email_smtp.answers import queue_reference, refusal
from channels.email_smtp.login import login_by_token, not_connected, not_let_in
from channels.email_smtp.mail import Commands, Envelope, Mail, is_late, too_late, written
from channels.email_smtp.wire import NO_CODE, Wire, take_over
from channels.mail_wire import MailServer, NotAccepted, Unreachable
from hub.model.errors import Rejected, SendError, Temporary, Unknown
from hub.model.outbound import Receipt

COMMAND_SECONDS = 60.0
FINAL_ANSWER_SECONDS = 600.0  # RFC 5321 4.5.3.2.6
CHUNK = 64 * 1024


class Stale(Exception):
    """A connection kept from before turned out to be dead before the server took anything of this mail."""


class SmtpLink:
    """One connection to an SMTP server, driven step by step so that the phase of a failure is known."""

    def __init__(self, wire: Wire, extensions: Mapping[str, str]) -> None:
        self._wire = wire
        self._extensions = extensions
        self._announced: Mail | None = None
        self._current: Mail | None = None
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
            if server.access_token is not None:
                await login_by_token(client, server)
            elif server.username:
                await client.login(server.username, server.password)
            return cls(take_over(client.transport), client.esmtp_extensions)
        except (Unreachable, NotAccepted):
            client.close()
            raise
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise not_let_in(server, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise not_connected(server, error) from error

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
        command = [("mail", 250, f"MAIL FROM:<{sender}>")]
        self._write(command)
        await self._read(command)

    async def transmit(self, mail: Mail, following: Callable[[], Mail | None]) -> Mail | None:
        """Sends a mail, and with PIPELINING those that follow it; each gets its answer as soon as it is here.

        Nothing is accepted before the final dot, and after it only an answer tells. The opening of the next goes with
        the dot of the one before (RFC 2920 3.1), so a mail costs one round trip. Returns a mail that needs another
        connection: this one had died before the server took anything of it.
        """
        current: Mail | None = mail
        while current is not None:
            upcoming = None
            self._current = current
            try:
                await self._begin(current)
                if current.answer.done():  # nobody waits for it any more: it does not get its dot
                    self._wire.close()
                    break
                final = await self._write_all_but_last(_dot_stuffed(current.envelope.content))
                if is_late(current):
                    self._wire.close()
                    raise too_late()
                upcoming = self._announceable(following)
                current.succeed(await self._finish(current, final, upcoming))
            except Stale:
                return current
            except SendError as error:
                current.fail(error)
            except BaseException as error:
                for each in filter(None, (current, upcoming)):
                    each.fail(error)
                raise
            self.is_reused = True
            current = upcoming
        self._current = None
        return None

    def abort(self, mail: Mail) -> None:
        """Ends the connection where it carries this mail now."""
        if self._current is mail:
            self._wire.close()

    async def _begin(self, mail: Mail) -> None:
        """Opens the transaction of a mail, unless that was written already; reads what the server says to it."""
        mail.abort = self.abort
        if self._announced is mail:
            self._announced = None
            await self._read(mail.opening)
            return
        self._prepare(mail)
        opening, self.is_clean = mail.opening, False
        # RFC 2920: where the server offers it, the three go together and cost one round trip.
        for commands in [opening] if "pipelining" in self._extensions else [[command] for command in opening]:
            self._write(commands)
            await self._read(commands)

    def _prepare(self, mail: Mail) -> None:
        """Writes out the commands that open a mail. Raises SendError where it cannot go over this connection now."""
        envelope = mail.envelope
        mail.opening = [
            ("mail", 250, " ".join([f"MAIL FROM:<{envelope.sender}>", *self._options(envelope)])),
            ("rcpt", 250, f"RCPT TO:<{envelope.recipient}>"),
            ("data", 354, "DATA"),
        ]
        if is_late(mail):
            raise too_late()

    def _announceable(self, following: Callable[[], Mail | None]) -> Mail | None:
        """Returns the mail whose opening may go with the end of this one; what cannot go at all is told so."""
        while "pipelining" in self._extensions and (mail := following()) is not None:
            try:
                self._prepare(mail)
            except SendError as error:
                mail.fail(error)
            else:
                return mail
        return None

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

    async def _finish(self, mail: Mail, final: bytes, upcoming: Mail | None) -> Receipt:
        self._announced = upcoming
        opening = written(upcoming.opening) if upcoming else b""
        mail.at_dot()
        try:
            self._wire.write(final + b".\r\n" + opening)
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

    def _write(self, commands: Commands) -> None:
        """Writes commands together. A connection that has ended is noticed when their answers are read."""
        with contextlib.suppress(OSError):
            self._wire.write(written(commands))

    async def _read(self, commands: Commands) -> None:
        """Reads the answer to each command.

        The first that is refused decides; where the server wants the mail all the same, the connection ends instead.
        """
        phase = commands[0][0]
        refused: SendError | None = None
        try:
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


def _dot_stuffed(content: bytes) -> bytes:
    """Doubles dots at line starts (RFC 5321 4.5.2); `content` has CRLF line ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _lost(phase: str, cause: str) -> Temporary:
    return Temporary(f"The connection to the mail server was lost before it had the mail: {cause}", phase=phase)
