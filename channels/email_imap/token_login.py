"""AUTHENTICATE with the token of a consent (RFC 3501 section 6.2.2): the server's challenges are answered.

aioimaplib's own XOAUTH2 answers none, so that a refused token ends in silence until its time is over.
"""

from __future__ import annotations

from aioimaplib.aioimaplib import Command

from channels.email_imap.wire import ImapWire
from channels.mail_wire import BEARER_ENDS, MailServer, challenge_text


class TokenLogin(Command):  # type: ignore[misc]  # the library ships no types
    """One try. A challenge is kept as a line of the answer, decoded: it says why the token is refused."""

    def __init__(self, wire: ImapWire, server: MailServer, mechanism: str, token: str, is_at_once: bool) -> None:
        """`is_at_once`: the server takes the token with the command itself (SASL-IR, RFC 4959)."""
        response = server.bearer(mechanism, token)
        super().__init__("AUTHENTICATE", wire.new_tag(), mechanism, *([response] if is_at_once else []))
        self._wire = wire
        self._replies = [*([] if is_at_once else [response]), BEARER_ENDS[mechanism]]

    def append_to_resp(self, line: bytes, result: str = "Pending") -> None:
        if not line.startswith(b"+"):
            super().append_to_resp(line, result)
            return
        challenge = line[1:].strip().decode("utf-8", "replace")
        if challenge:
            super().append_to_resp(challenge_text(challenge).encode(), result)
        # "*" ends what a server asks for beyond all that there is to say.
        self._wire.send(self._replies.pop(0) if self._replies else "*")
