"""An SMTP server that takes logins by password and by the tokens of an imitated sign-in provider."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.process import free_port


class TokenSmtp:
    """Listens on loopback. `good` maps access tokens to accounts, `passwords` accounts to passwords; `mails` came in,
    and are handed to `delivers`.

    A refused token is answered as Google does: with a challenge that says why, and 535 after the client's empty line.
    """

    host = "127.0.0.1"

    def __init__(self, good: Mapping[str, str], passwords: Mapping[str, str] | None = None) -> None:
        self.good = good
        self.passwords = dict(passwords or {})
        self.mails: list[bytes] = []
        self.delivers: Callable[[bytes], object] = len
        self.port = free_port()
        self._controller = Controller(
            self,
            hostname=self.host,
            port=self.port,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    def _authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
        fits = isinstance(said, LoginPassword) and self.passwords.get(said.login.decode()) == said.password.decode()
        return AuthResult(success=fits, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 (aiosmtpd's naming)
        said = await server.challenge_auth("") if len(args) == 1 else b64decode(args[1])
        if said is MISSING or not isinstance(said, bytes):
            return AuthResult(success=False, handled=True)
        fields = dict(part.split(b"=", 1) for part in said.split(b"\x01") if b"=" in part)
        token = fields.get(b"auth", b"").decode().removeprefix("Bearer ")
        if self.good.get(token) == fields.get(b"user", b"").decode():
            return AuthResult(success=True, auth_data=token)
        await server.challenge_auth(json.dumps({"status": "400", "schemes": "Bearer"}))
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        self.delivers(self.mails[-1])
        return "250 2.0.0 queued as 1"
