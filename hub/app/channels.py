"""Channels: adapters loaded by their dotted path, with the settings of the configuration or of a stand-in."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from channels.base import AccessToken, Channel, Context
from hub.config import ChannelSettings, Settings
from hub.desk.mail_servers import dns
from hub.model.errors import ConfigurationError, HubError

# The setting by which a channel names the consent that it signs in with.
CONSENT = "consent"


def load(channel: ChannelSettings, adapter: str, settings: Mapping[str, Any], context: Context) -> Channel:
    """Builds one adapter. Raises ConfigurationError naming the section when it cannot be built."""
    where = f"[channels.{channel.name}]"
    try:
        found = pkgutil.resolve_name(adapter)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"{where} names the adapter {adapter}, which cannot be loaded: {error}.",
            next_step="Check the spelling; the adapters that come with the hub are named in config/hub.toml.",
        ) from error
    try:
        built = found(channel.name, settings, context)
    except HubError as error:
        raise ConfigurationError(f"{where}: {error.message}", next_step=error.next_step) from error
    if not isinstance(built, Channel):
        raise ConfigurationError(f"{where}: {adapter} is no channel adapter (it lacks open, close or check).")
    return built


def context(
    settings: Settings,
    base_url: str,
    *,
    sandbox: bool,
    staff: Iterable[str] = (),
    access_token: AccessToken | None = None,
    proven: bool = True,
) -> Context:
    """Returns what the hub lends an adapter."""
    hub = settings.hub
    return Context(
        public_url=base_url,
        region=hub.region,
        language=hub.language,
        sandbox=sandbox,
        staff_addresses=frozenset(address.lower() for address in staff),
        access_token=access_token,
        txt=None if sandbox else _txt,
        proven=proven,
    )


async def _txt(name: str) -> Sequence[str]:
    return await dns.txt(name, dns.nameservers())
