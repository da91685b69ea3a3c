"""What the database says over the settings file: channels kept there, the mode of each channel, the public address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub import log
from hub.config import ChannelSettings, Settings
from hub.model.errors import ConfigurationError
from hub.secrets import MARK, Lookup, resolved_channel, secret_lookup, secret_values
from hub.store import authserv, connections, installation, public_address, signing, switching
from hub.store.connections import KeptConnection
from hub.store.keys import Keys


class Disconnected(ConfigurationError):
    """Staff disconnected the channel."""

    code = "disconnected"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is kept in the database; `epoch` rises with every change. `secrets`: those of the connections, opened."""

    epoch: int
    modes: Mapping[str, str]
    public_url: str
    connections: Sequence[KeptConnection] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    authserv_ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    signing: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def lookup(self, outside: Lookup) -> Lookup:
        """Returns how a secret is found: among the connections' own, else where the settings file's are."""
        return lambda name: self.secrets.get(name) or outside(name)


def kept(conn: Connection, keys: Keys) -> Overrides:
    """Returns what the database says now."""
    return Overrides(
        installation.settings_epoch(conn),
        switching.modes(conn),
        public_address.kept(conn),
        connections.kept(conn),
        connections.secrets(conn, keys),
        authserv.kept(conn),
        signing.in_use(conn, keys),
    )


def laid_over(settings: Settings, overrides: Overrides) -> tuple[Settings, dict[str, ConfigurationError]]:
    """Returns the settings with what the database says, and the channels that cannot be opened so, with the reason.

    The file's own public_url and channels come before those kept here. A channel that was switched live here and lacks
    a secret stays closed, rather than end the hub, or go back to the sandbox, which would swallow what is to be sent.
    """
    channels = dict(settings.channels)
    named = {each.name for each in overrides.connections} | set(channels)
    added = {each.name: section(each, named) for each in overrides.connections if each.name not in channels}
    written = settings.written.model_copy(update={"channels": {**settings.written.channels, **added}})
    closed: dict[str, ConfigurationError] = {
        each.name: Disconnected(f"It was disconnected. {each.disconnected_why}".strip(), next_step="Connect it again.")
        for each in overrides.connections
        if each.name in added and each.disconnected_at is not None
    }
    changed = {
        name: each.model_copy(update={"mode": overrides.modes.get(name, each.mode)})
        for name, each in written.channels.items()
        if name in added or (name in channels and overrides.modes.get(name, each.mode) != each.mode)
    }
    if changed:
        # Read anew: a secret may have been added since the start.
        lookup = overrides.lookup(secret_lookup(written.hub.data))
        log.hide(secret_values(written, lookup))
        for name, each in changed.items():
            try:
                channels[name] = resolved_channel(each, lookup)
            except ConfigurationError as error:
                channels[name] = each
                closed.setdefault(name, _secret_gone() if each.kept else error)
    for name, servers in overrides.authserv_ids.items():
        if name in channels:
            channels[name] = _trusting(channels[name], servers)
    for name, own in overrides.signing.items():
        if name in channels and not channels[name].settings.get("dkim_key"):
            log.hide(frozenset(own["dkim_key"].split(",")))
            channels[name] = channels[name].model_copy(update={"settings": {**channels[name].settings, **own}})
    hub = settings.hub.model_copy(update={"public_url": settings.hub.public_url or overrides.public_url})
    made = settings.model_copy(update={"hub": hub, "channels": channels})
    return made.of_epoch(overrides.epoch, written), closed


def _trusting(channel: ChannelSettings, servers: Sequence[str]) -> ChannelSettings:
    """Returns a mailbox whose mails are judged by these servers too, beside those that its settings name."""
    written = channel.settings.get("authserv_ids", ())
    every = list(dict.fromkeys([*([written] if isinstance(written, str) else written), *servers]))
    return channel.model_copy(update={"settings": {**channel.settings, "authserv_ids": every}})


def _secret_gone() -> ConfigurationError:
    return ConfigurationError(
        "What it logs in with is not kept here: the channel came by a file, or the hub was restored without its key.",
        next_step="Write the password anew on the channel's page.",
    )


def section(connection: KeptConnection, named: set[str]) -> ChannelSettings:
    """Returns a kept channel as the settings file would say it; `named`: the channels that there are."""
    sealed = {each: MARK + connections.secret_name(connection.name, each) for each in connection.secrets}
    return ChannelSettings(
        name=connection.name,
        adapter=connection.adapter,
        mode="live" if connection.mode == "live" else "sandbox",
        sends_with=connection.sends_with if connection.sends_with in named else "",
        settings={**connection.settings, **sealed},
        kept=True,
    )
