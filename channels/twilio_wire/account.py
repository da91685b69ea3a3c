"""What an account has, for setting it up: numbers with their webhooks, Messaging Services; and writing webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from channels.twilio_wire.line import Line
from channels.twilio_wire.settings import Account
from channels.twilio_wire.wire import READING_FAILED
from hub.model.errors import ConfigurationError, NotFound, Refused, SendError, Unavailable
from hub.model.phone_account import HOOKS, NumberPool, PhoneAccount, PhoneLogin, PhoneNumber, Pointed

# https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
_FIELDS = {"text": "sms_url", "call": "voice_url", "call_status": "status_callback"}
_METHODS = {"text": "sms_method", "call": "voice_method", "call_status": "status_callback_method"}
# Any of these takes what comes before the number's own webhook is asked.
_BEFORE = {
    "sms_application_sid": "a TwiML application for texts",
    "voice_application_sid": "a TwiML application for calls",
    "trunk_sid": "a SIP trunk",
}
_CAN = ("sms", "mms", "voice")
_MOST = 1_000


async def look(login: PhoneLogin) -> PhoneAccount:
    """Returns what an account has. Raises Refused (the login) and Unavailable."""
    async with _client(login) as client:
        account = await client.api.v2010.accounts(login.account_sid).fetch_async()
        numbers = await client.incoming_phone_numbers.list_async(limit=_MOST, page_size=_MOST)
        pools = [
            NumberPool(
                sid=service.sid,
                name=service.friendly_name or service.sid,
                numbers=[each.phone_number for each in await service.phone_numbers.list_async(limit=_MOST)],
                hook="" if service.use_inbound_webhook_on_number else service.inbound_request_url or "",
            )
            for service in await client.messaging.v1.services.list_async(limit=_MOST)
        ]
        return PhoneAccount(
            sid=account.sid,
            name=account.friendly_name or "",
            trial=str(account.type or "").lower() == "trial",
            numbers=[_number(each, pools) for each in numbers],
            pools=pools,
        )


async def point(login: PhoneLogin, number: str, hooks: Mapping[str, str]) -> Pointed:
    """Writes what a number calls (only the hooks named) and reads it back.

    Raises NotFound, Refused (the login) and Unavailable.
    """
    async with _client(login) as client:
        listed = await client.incoming_phone_numbers.list_async(phone_number=number, limit=_MOST)
        found = next((each for each in listed if each.phone_number == number), None)
        if found is None:
            raise NotFound(f"The Twilio account has no number {number}.")
        asked = {_FIELDS[name]: url for name, url in hooks.items()}
        asked |= {_METHODS[name]: "POST" for name, url in hooks.items() if url}
        record = client.incoming_phone_numbers(found.sid)
        await record.update_async(**asked)
        return Pointed(number=number, before=_hooks(found), after=_hooks(await record.fetch_async()))


def _number(record: Any, pools: list[NumberPool]) -> PhoneNumber:
    can = record.capabilities or {}
    may = {name: bool(can.get(name) if isinstance(can, Mapping) else getattr(can, name, False)) for name in _CAN}
    elsewhere = [words for name, words in _BEFORE.items() if getattr(record, name, None)]
    elsewhere += [
        f"the Messaging Service {pool.name}" for pool in pools if pool.hook and record.phone_number in pool.numbers
    ]
    return PhoneNumber(
        sid=record.sid,
        number=record.phone_number,
        name=record.friendly_name or "",
        texts=may["sms"],
        pictures=may["mms"],
        calls=may["voice"],
        hooks=_hooks(record),
        elsewhere=elsewhere,
    )


def _hooks(record: Any) -> dict[str, str]:
    return {name: str(getattr(record, _FIELDS[name], None) or "") for name in HOOKS}


@asynccontextmanager
async def _client(login: PhoneLogin) -> AsyncIterator[Any]:
    settings: dict[str, Any] = {"account_sid": login.account_sid, "auth_tokens": [login.auth_token]}
    if login.base_url:
        settings["base_url"] = login.base_url
    try:
        line = Line(Account.read("twilio", settings))
    except ConfigurationError as error:
        raise Refused(error.message.removeprefix("Channel twilio: "), field="account_sid") from error
    try:
        yield await line.client()
    except SendError as error:
        if error.provider_code in {"20003", "401", "403", "20404", "404"}:
            raise Refused(
                "Twilio refuses this login.",
                field="auth_token",
                next_step="Copy the account SID and the auth token from the first page of the Twilio console.",
            ) from error
        raise Unavailable(error.message, next_step="Try again.") from error
    except READING_FAILED as error:
        raise Unavailable(f"Twilio's answer could not be read: {error}", next_step="Try again.") from error
    finally:
        await line.close()
