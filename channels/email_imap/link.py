"""One connection to an IMAP server: encryption, login, a time limit for each command, its loss noticed at once."""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from aioimaplib.aioimaplib import AUTH, NONAUTH, AioImapException, Command

from channels.email_imap.names import quoted
from channels.email_imap.token_login import TokenLogin
from channels.email_imap.wire import ImapWire
from channels.mail_wire import MailServer, NotAccepted, Unreachable, bearer_mechanism

T = TypeVar("T")

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 60.0
# RFC 5530: refusals that say nothing about the password.
_NOT_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's tagged answer to one command, and the untagged lines before it."""

    result: str
    text: str
    lines: Sequence[bytes]

    @property
    def is_for_now(self) -> bool:
        return _NOT_NOW.search(self.text) is not None


class ImapLink:
    """Raises Unreachable where trying again may help, NotAccepted where somebody must mend the settings."""

    def __init__(self, server: MailServer, wire: ImapWire) -> None:
        self.server = server
        self._wire = wire
        self._capabilities: frozenset[str] = frozenset()

    @classmethod
    async def open(cls, server: MailServer, literal_limit: int) -> Self:
        """Connects, encrypts and logs in."""
        loop = asyncio.get_running_loop()
        wire = ImapWire(loop, literal_limit)
        connection = cls(server, wire)
        context = server.tls_context() if server.tls != "none" else None
        direct = context if server.tls == "tls" else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: wire, server.host, server.port, ssl=direct)
        except OSError as error:  # TimeoutError and ssl.SSLError are OSErrors too
            raise server.failure(error) from error
        try:
            await connection._greet()
            if context is not None and server.tls == "starttls":
                await connection._start_tls(context)
            await connection._login()
        except BaseException:
            connection.close()
            raise
        return connection

    async def _greet(self) -> None:
        greeting = await self._within(CONNECT_SECONDS, self._wait_for_greeting(), self._silent)
        if greeting.upper().startswith(b"* PREAUTH"):
            self._wire.state = AUTH
        elif greeting.upper().startswith(b"* OK"):
            self._wire.state = NONAUTH
        else:
            raise self._unreachable("turned_away", "turned us away", greeting.decode("utf-8", "replace"))
        await self._read_capabilities()

    async def _wait_for_greeting(self) -> bytes:
        return await self._wire.greeting

    def _silent(self) -> Unreachable:
        """A port that speaks TLS from the first byte waits for us to begin, as we wait for it."""
        return Unreachable(
            self.server.problem(
                "no_greeting",
                f"{self.server.address} takes the connection and says nothing.",
                cause="So does a port that is encrypted from the first byte, and a server that is overloaded.",
                mend='Where the port is 993, set tls = "tls"; else see whether another program reaches it.',
            )
        )

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        if "STARTTLS" not in self._capabilities:
            raise self._not_accepted(
                "no_starttls",
                f"{self.server.address} offers no STARTTLS.",
                mend='Use port 993 with tls = "tls".',
            )
        await self._command("STARTTLS")
        if self._wire.has_unread:
            # Text that came before the encryption is somebody else's (CVE-2011-0411).
            raise self._not_accepted("tls", f"{self.server.address} sent text between STARTTLS and the encryption.")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._wire.transport = await loop.start_tls(
                    self._wire.transport, self._wire, context, server_hostname=self.server.host
                )
        except OSError as error:
            raise self.server.failure(error) from error
        await self._read_capabilities()

    async def _login(self) -> None:
        if self._wire.state == AUTH or not self.server.username:
            return
        if self.server.access_token is not None:
            await self._login_by_token()
            return
        username, password = self.server.username, self.server.password
        if not (username + password).isascii() and {"AUTH=PLAIN", "SASL-IR"} <= self._capabilities:
            # A quoted string holds ASCII only (RFC 3501 section 9); SASL PLAIN is UTF-8 (RFC 4616).
            secret = b64encode(f"\0{username}\0{password}".encode()).decode("ascii")
            command = Command("AUTHENTICATE", self._wire.new_tag(), "PLAIN", secret)
        elif "LOGINDISABLED" in self._capabilities:
            raise self._not_accepted(
                "login_disabled",
                f"{self.server.address} takes no password over this connection.",
                mend='Use tls = "tls" or "starttls".',
            )
        else:
            command = Command("LOGIN", self._wire.new_tag(), quoted(username), quoted(password))
        answer = await self._run(command)
        if answer.result != "OK":
            raise self._login_refused(
                answer, "Check user name and password; many providers want an app password for mail programs."
            )
        self._wire.state = AUTH
        await self._read_capabilities()

    async def _login_by_token(self) -> None:
        offered = {word.removeprefix("AUTH=") for word in self._capabilities if word.startswith("AUTH=")}
        mechanism = bearer_mechanism(offered)
        if not mechanism:
            raise self._not_accepted(
                "no_oauth",
                f"{self.server.address} takes no sign-in by consent (OAuth).",
                cause=f"It offers {', '.join(sorted(offered)) or 'no way to log in'}.",
                mend="Log in there with a password.",
            )
        token = ""
        for _attempt in (1, 2):  # a token may end before its time: then once more with a fresh one
            token = await self.server.token(refused=token)
            answer = await self._run(
                TokenLogin(self._wire, self.server, mechanism, token, "SASL-IR" in self._capabilities)
            )
            if answer.result == "OK":
                self._wire.state = AUTH
                await self._read_capabilities()
                return
            if answer.is_for_now:
                break
        raise self._login_refused(answer, "Connect the channel again, as the account that owns this mailbox.")

    def _login_refused(self, answer: Answer, mend: str) -> Unreachable | NotAccepted:
        if answer.is_for_now:
            return self._unreachable("busy", "takes no login now", answer.text)
        told = f"{self.server.address} refuses the login of {self.server.username}."
        because = " ".join([answer.text, *(line.decode("utf-8", "replace") for line in answer.lines[:1])])
        if self.server.access_token is not None:
            return self._not_accepted("token_refused", told, cause=because, mend=mend)
        return self._not_accepted("login", told, cause=answer.text, mend=mend)

    async def _read_capabilities(self) -> None:
        lines = await self._command("CAPABILITY")
        words = next((line for line in lines if line.upper().startswith(b"CAPABILITY ")), b"")
        self._capabilities = frozenset(words.decode("ascii", "replace").upper().split())
        self._wire.capabilities = set(self._capabilities)

    def close(self) -> None:
        transport = self._wire.transport
        if transport is not None and not transport.is_closing():
            if self._wire.pending_sync_command is None and not self._wire.pending_async_commands:
                self._wire.send(f"{self._wire.new_tag()} LOGOUT")
            transport.close()

    async def _command(self, name: str, *arguments: str, prefix: str | None = None) -> Sequence[bytes]:
        answer = await self._run(Command(name, self._wire.new_tag(), *arguments, prefix=prefix))
        if answer.result != "OK":
            raise self._unreachable("protocol", f"answered {answer.result} to {name}", answer.text)
        return answer.lines

    async def _run(self, command: Any, seconds: float = COMMAND_SECONDS) -> Answer:
        return read_answer(await self._within(seconds, self._wire.execute(command)))

    async def _within(
        self, seconds: float, work: Coroutine[Any, Any, T], late: Callable[[], Unreachable] | None = None
    ) -> T:
        task = asyncio.ensure_future(work)
        try:
            await self._wait_any(seconds, task)
            if not task.done():
                self.close()
                raise late() if late else self.server.failure(TimeoutError())
            return task.result()
        except AioImapException as error:
            self.close()
            raise self._unreachable("protocol", "broke the protocol", str(error)) from error
        finally:
            task.cancel()

    async def _wait_any(self, seconds: float, *futures: asyncio.Future[Any]) -> None:
        """Waits for any of the futures or the time; raises Unreachable as soon as the connection is lost."""
        lost = self._wire.lost
        await asyncio.wait((*futures, lost), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if lost.done() and not any(future.done() for future in futures):
            raise self._unreachable("lost", "broke off the connection", lost.result())

    def _unreachable(self, code: str, what: str, cause: str = "") -> Unreachable:
        return Unreachable(
            self.server.problem(
                code, f"{self.server.address} {what}.", cause=cause, mend="The hub tries again by itself."
            )
        )

    def _not_accepted(self, code: str, message: str, *, cause: str = "", mend: str = "") -> NotAccepted:
        return NotAccepted(self.server.problem(code, message, cause=cause, mend=mend))


def read_answer(response: Any) -> Answer:
    """Returns a command's answer: its result, its closing text, and the lines before it."""
    *lines, text = response.lines
    return Answer(response.result, text.decode("utf-8", "replace"), lines)
