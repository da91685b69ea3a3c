"""The door to a provider of numbers: the roof knows which adapter stands behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Protocol

from hub.model.phone_account import PhoneAccount, PhoneLogin, Pointed


class PhoneDoor(Protocol):
    """The provider of numbers, as an adapter reaches it."""

    def look(self, login: PhoneLogin) -> Awaitable[PhoneAccount]:
        """Returns what an account has. Raises Refused (the login) and Unavailable."""

    def point(self, login: PhoneLogin, number: str, hooks: Mapping[str, str]) -> Awaitable[Pointed]:
        """Writes what a number calls and reads it back. Raises NotFound, Refused and Unavailable."""
