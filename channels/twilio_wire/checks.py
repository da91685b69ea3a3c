"""What is wrong between the hub and a Twilio account, for `hub check` and the set-up page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.twilio_wire.settings import Account
from channels.twilio_wire.wire import READING_FAILED
from hub.model.errors import ChannelBroken
from hub.model.problem import Problem, Severity


async def problems(
    client: Any, channel: str, account: Account, *, number: str, hooks: Mapping[str, str]
) -> list[Problem]:
    """Signs in, reads the account and the number, compares its webhooks with ours (`sms_url`, `voice_url`)."""
    try:
        found = await client.api.v2010.accounts(account.account_sid).fetch_async()
        listed = await client.incoming_phone_numbers.list_async(phone_number=number, limit=1) if number else []
    except ChannelBroken as error:
        return [
            Problem(
                code="twilio_login",
                severity=Severity.ERROR,
                where=channel,
                message="Twilio refuses the hub.",
                cause=error.message,
                mend="Copy the account SID and auth token from the Twilio console into the channel's settings.",
                provider_code=error.provider_code,
            )
        ]
    except READING_FAILED as error:
        return [
            Problem(
                code="twilio_unreachable",
                severity=Severity.ERROR,
                where=channel,
                message="Twilio cannot be reached.",
                cause=str(error),
                mend="Check this machine's connection and base_url; the hub keeps trying by itself.",
                provider_code=getattr(error, "provider_code", ""),
            )
        ]
    return [*_account_problems(channel, str(found.status)), *_number_problems(channel, number, listed, hooks)]


def _account_problems(channel: str, status: str) -> list[Problem]:
    if status == "active":
        return []
    return [
        Problem(
            code="twilio_account_not_active",
            severity=Severity.ERROR,
            where=channel,
            message=f"The Twilio account is {status}.",
            mend="Open the Twilio console; it says why, and how to activate the account again.",
        )
    ]


def _number_problems(channel: str, number: str, listed: list[Any], hooks: Mapping[str, str]) -> list[Problem]:
    if not number.startswith("+"):
        return []  # short codes and sender names are not in the list of numbers
    if not listed:
        return [
            Problem(
                code="twilio_number_unknown",
                severity=Severity.ERROR,
                where=channel,
                message=f"The Twilio account has no number {number}.",
                mend="Correct from_number, or buy the number in the Twilio console.",
            )
        ]
    return [
        Problem(
            code=f"twilio_{name}",
            severity=Severity.WARNING,
            where=channel,
            message=f"Twilio does not tell the hub what reaches {number}.",
            cause=f"Its {name} is {getattr(listed[0], name, None) or 'empty'}, it should be {ours}.",
            mend=f"Set it to {ours} in the Twilio console; until then the hub only finds out by looking it up.",
        )
        for name, ours in hooks.items()
        if getattr(listed[0], name, None) != ours
    ]
