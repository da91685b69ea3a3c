"""Trying a channel as if it were live: what is missing, and what its provider says, before it is switched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from channels.base import Channel
from hub.app import channels as adapters
from hub.app.hub import Hub
from hub.config import ChannelSettings
from hub.model.errors import HubError
from hub.model.problem import Problem, Severity
from hub.secrets import missing_secrets, resolved_channel, secret_lookup

_SECONDS = 30
MISSING = "secret_missing"
CANNOT_OPEN = "cannot_open"


async def tried(hub: Hub, name: str) -> Sequence[Problem]:
    """Returns what is wrong with a channel's live settings: secrets by name, settings, what the provider refuses.

    Nothing is read from or sent to the provider but what the adapter's `check` needs.
    """
    section = hub.settings.written.channels[name].model_copy(update={"mode": "live"})
    lookup = secret_lookup(hub.settings.hub.data)
    missing = missing_secrets(section, lookup)
    if missing:
        return [_missing(name, secret) for secret in missing]
    try:
        channel = _built(hub, resolved_channel(section, lookup))
    except HubError as error:
        return [_problem(CANNOT_OPEN, name, error.message, error.next_step or "Correct it in the settings file.")]
    try:
        async with asyncio.timeout(_SECONDS):
            await channel.open()
            return await channel.check()
    except TimeoutError:
        return [_problem("timeout", name, f"It did not answer within {_SECONDS} s.", "Check host, port and network.")]
    except HubError as error:
        return [_problem(error.code, name, error.message, error.next_step)]
    finally:
        await channel.close()


def _built(hub: Hub, section: ChannelSettings) -> Channel:
    lent = adapters.context(hub.settings, hub.public_url, sandbox=False)
    return adapters.load(section, section.adapter, section.settings, lent)


def _missing(channel: str, secret: str) -> Problem:
    return _problem(
        MISSING,
        channel,
        f"The secret {secret} is missing.",
        f"Set HUB_SECRET_{secret}, or write {secret}=... into secrets.env in the data folder, then try again.",
    )


def _problem(code: str, where: str, message: str, mend: str) -> Problem:
    return Problem(code=code, severity=Severity.ERROR, where=where, message=message, mend=mend)
