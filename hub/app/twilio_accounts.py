"""Twilio accounts for the set-up page; the client, half a second to load, is loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.phone_account import PhoneAccount, PhoneLogin, Pointed


class TwilioAccounts:
    """The door behind which the web room finds Twilio."""

    async def look(self, login: PhoneLogin) -> PhoneAccount:
        """Returns what an account has. Raises Refused (the login) and Unavailable."""
        from channels.twilio_wire import account

        return await account.look(login)

    async def point(self, login: PhoneLogin, number: str, hooks: Mapping[str, str]) -> Pointed:
        """Writes what a number calls and reads it back. Raises NotFound, Refused and Unavailable."""
        from channels.twilio_wire import account

        return await account.point(login, number, hooks)
