"""Trying a channel as if it were live: what is missing, and what its provider says, before it is switched or kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from channels.base import AccessToken, Channel, Looks
from hub.app import channels as adapters
from hub.app.hub import Hub, lends
from hub.app.overrides import kept, laid_over
from hub.config import ChannelSettings
from hub.model.errors import HubError
from hub.model.first_look import Looked
from hub.model.problem import Problem, Severity
from hub.secrets import missing_secrets, resolved_channel, secret_lookup

_SECONDS = 30
_SUBJECTS = 12
MISSING = "secret_missing"
CANNOT_OPEN = "cannot_open"


async def tried(hub: Hub, name: str) -> Sequence[Problem]:
    """Returns what is wrong with a channel's live settings: secrets by name, settings, what the provider refuses.

    Nothing is read from or sent to the provider but what the adapter's `check` needs. Raises KeyError.
    """
    overrides = await hub.database.read(kept, hub.keys)
    settings, _closed = laid_over(hub.base, overrides)
    section = settings.written.channels[name].model_copy(update={"mode": "live"})
    lookup = overrides.lookup(secret_lookup(hub.settings.hub.data))
    missing = missing_secrets(section, lookup)
    if missing:
        return [_missing(section, secret) for secret in missing]
    consent = str(section.settings.get(adapters.CONSENT, ""))
    try:
        resolved = resolved_channel(section, lookup)
    except HubError as error:
        return [problem(CANNOT_OPEN, name, error.message, error.next_step or "Correct it in the settings file.")]
    return (await tried_section(hub, resolved, lends(hub)(consent) if consent else None))[0]


async def tried_section(
    hub: Hub, section: ChannelSettings, access_token: AccessToken | None, *, looks: bool = False
) -> tuple[Sequence[Problem], Looked]:
    """Returns what is wrong with a channel that nobody keeps yet and, where it `looks` and all is well, what is there.

    `section` holds its secrets; `access_token` lends the token of its consent.
    """
    name, seen = section.name, Looked()
    try:
        channel = built(hub, section, access_token)
    except HubError as error:
        return [problem(CANNOT_OPEN, name, error.message, error.next_step or "Correct it.")], seen
    try:
        async with asyncio.timeout(_SECONDS):
            await channel.open()
            problems = await channel.check()
            if looks and not problems and isinstance(channel, Looks):
                seen = await channel.look_around(_SUBJECTS)
            return problems, seen
    except TimeoutError:
        said = f"It did not answer within {_SECONDS} s."
        return [problem("timeout", name, said, "Check host, port and network.")], seen
    except HubError as error:
        told = getattr(error, "problem", None)
        return [told if isinstance(told, Problem) else problem(error.code, name, error.message, error.next_step)], seen
    finally:
        await channel.close()


def built(hub: Hub, section: ChannelSettings, access_token: AccessToken | None) -> Channel:
    """Builds a channel as if it were live. Raises HubError."""
    lent = adapters.context(hub.settings, hub.public_url, sandbox=False, access_token=access_token)
    return adapters.load(section, section.adapter, section.settings, lent)


def _missing(channel: ChannelSettings, secret: str) -> Problem:
    if channel.kept:
        what = secret.rpartition("/")[2]
        return problem(MISSING, channel.name, f"Its {what} is not kept here any more.", "Connect the channel again.")
    return problem(
        MISSING,
        channel.name,
        f"The secret {secret} is missing.",
        f"Set HUB_SECRET_{secret}, or write {secret}=... into secrets.env in the data folder, then try again.",
    )


def problem(code: str, where: str, message: str, mend: str) -> Problem:
    """Returns an error of a channel in its own words."""
    return Problem(code=code, severity=Severity.ERROR, where=where, message=message, mend=mend)
