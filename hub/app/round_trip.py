"""A mail that somebody sends to themself through an account that nobody keeps yet: what the sending side says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from channels.base import AccessToken, Sends
from hub.app.hub import Hub
from hub.app.trying import CANNOT_OPEN, built, problem
from hub.config import ChannelSettings
from hub.model.errors import HubError
from hub.model.outbound import Outgoing
from hub.model.problem import Problem

_SECONDS = 30


async def sent_once(
    hub: Hub, section: ChannelSettings, access_token: AccessToken | None, letter: Outgoing
) -> Sequence[Problem]:
    """Sends one mail by a channel as if it were live; returns what is wrong. It enters no ledger and no history."""
    name = section.name
    try:
        channel = built(hub, section, access_token)
    except HubError as error:
        return [problem(CANNOT_OPEN, name, error.message, error.next_step or "Correct it.")]
    if not isinstance(channel, Sends):
        return [problem(CANNOT_OPEN, name, "This channel does not send.", "Choose one that does.")]
    try:
        async with asyncio.timeout(_SECONDS):
            await channel.open()
            await channel.send(letter, datetime.now(UTC) + timedelta(seconds=_SECONDS))
    except TimeoutError:
        return [problem("timeout", name, f"It did not answer within {_SECONDS} s.", "Check host, port and network.")]
    except HubError as error:
        return [problem(error.code, name, error.message, error.next_step or "Correct it, then try again.")]
    finally:
        await channel.close()
    return []
