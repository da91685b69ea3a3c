"""Passwords: argon2id in threads, a few at a time; an unknown address costs as much as a known one."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata

from aiohttp import web
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from hub.config import PasswordHash
from hub.model.errors import Refused
from hub.web.i18n import _

SHORTEST, LONGEST = 10, 200
_FEWEST_DIFFERENT = 5


class Passwords:
    """Hashes and checks passwords at the cost that the settings ask for (RFC 9106)."""

    def __init__(self, cost: PasswordHash) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism, type=Type.ID
        )
        self._turns = asyncio.Semaphore(cost.at_once)
        # No password fits it: its hash is random. It costs what a real one does.
        salt, tag = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        parameters = f"m={cost.memory_kib},t={cost.time_cost},p={cost.parallelism}"
        self._nobodys = f"$argon2id$v=19${parameters}${salt}${tag}"

    async def hash(self, password: str) -> str:
        """Returns what is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def fits(self, password: str, kept: str) -> bool:
        """Tells whether a password is the one whose hash is kept; an empty hash fits none, and costs the same."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password[: 4 * LONGEST], kept or self._nobodys)

    def is_outdated(self, kept: str) -> bool:
        """Tells whether a hash was made at another cost than the settings ask for now."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


PASSWORDS = web.AppKey("passwords", Passwords)


def check_new(password: str, again: str, *, email: str) -> None:
    """Raises Refused unless a new password is typed twice alike and hard to guess (NIST SP 800-63B section 3.1.1.2)."""
    if password != again:
        raise Refused(_("The two passwords differ."), field="again")
    if len(password) < SHORTEST:
        raise Refused(_("A password has at least %s characters.") % SHORTEST, field="password")
    if len(password) > LONGEST:
        raise Refused(_("A password has at most %s characters.") % LONGEST, field="password")
    name = email.partition("@")[0].lower()
    if len(set(password)) < _FEWEST_DIFFERENT or (len(name) > 2 and name in password.lower()):
        raise Refused(_("This password is easy to guess: take another, or several words."), field="password")


def _normal(password: str) -> str:
    """Returns one form of what keyboards and systems write differently (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password)
