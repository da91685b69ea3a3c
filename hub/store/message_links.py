"""Links in messages: a token names the message, and proves that this hub wrote it to that address."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, select

from hub.store.keys import Keys
from hub.store.tables import IdentityRow, MessageRow

_PROOF_BYTES = 12
_PROOF_LENGTH = 16
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LARGEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Links:
    """One kind of link: its version opens the token, its salt keeps it from being taken for another kind."""

    version: str
    salt: bytes

    def token(self, keys: Keys, message_id: int, address: str) -> str:
        """Returns version, 96 bits of HMAC-SHA256, the message's number to the base 36.

        `address`: the identity that the message goes to, as `mailto:ada@example.com`. It is part of the proof: a hub
        that was restored gives numbers a second time, and an old link must never speak for somebody else.
        """
        return f"{self.version}{self._proof(keys, message_id, address)}{_base36(message_id)}"

    def read(self, conn: Connection, keys: Keys, token: str) -> int | None:
        """Returns the message of a token, None for one never made or whose message went to somebody else."""
        version, proof, number = token[:1], token[1 : 1 + _PROOF_LENGTH], token[1 + _PROOF_LENGTH :]
        if version != self.version or not number or len(number) > 13 or not set(number) <= set(_DIGITS):
            return None
        message_id = int(number, 36)
        if message_id > _LARGEST or number != _base36(message_id):
            return None
        try:
            given = base64.urlsafe_b64decode(proof.encode("ascii"))
        except (UnicodeEncodeError, binascii.Error):
            return None
        to = conn.execute(
            select(IdentityRow.scheme, IdentityRow.value)
            .join(MessageRow, MessageRow.identity_id == IdentityRow.id)
            .where(MessageRow.id == message_id)
        ).one_or_none()
        if to is None:
            return None
        expected = base64.urlsafe_b64decode(self._proof(keys, message_id, f"{to.scheme}:{to.value}"))
        return message_id if hmac.compare_digest(given, expected) else None

    def _proof(self, keys: Keys, message_id: int, address: str) -> str:
        made = _begun(keys.links, self.salt).copy()
        made.update(f"{message_id}/{address}".encode())
        return base64.urlsafe_b64encode(made.digest()[:_PROOF_BYTES]).decode()


@lru_cache(maxsize=16)
def _begun(key: bytes, salt: bytes) -> hmac.HMAC:
    """Returns a digest that has taken in its key, to be copied: half the time of one begun anew.

    Not hmac.digest: that lets go of the interpreter, and waits for it behind whatever thread has taken it.
    """
    return hmac.new(key, salt, hashlib.sha256)


def _base36(number: int) -> str:
    written = ""
    while number:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
    return written or "0"


# Behind /a/: who was reminded of an appointment says whether they come.
REMINDER = Links("r", b"reminder/1/")
# Behind /c/: who agreed on a form proves that the address is theirs.
CONFIRM = Links("c", b"confirm/1/")
