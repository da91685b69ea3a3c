"""What the database says over the settings file: the mode of each channel, and the public address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from hub import log
from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.secrets import resolved_channel, secret_lookup, secret_values
from hub.store import installation, public_address, switching


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is kept in the database; `epoch` rises with every change."""

    epoch: int
    modes: Mapping[str, str]
    public_url: str


def kept(conn: Connection, _: None) -> Overrides:
    """Returns what the database says now."""
    return Overrides(installation.settings_epoch(conn), switching.modes(conn), public_address.kept(conn))


def laid_over(settings: Settings, overrides: Overrides) -> tuple[Settings, dict[str, ConfigurationError]]:
    """Returns the settings with what the database says, and the channels that cannot be opened so, with the reason.

    The file's own public_url comes before the one kept here. A channel that was switched live here and lacks a secret
    stays closed, rather than end the hub, or go back to the sandbox, which would swallow what is to be sent.
    """
    written, channels = settings.written, dict(settings.channels)
    closed: dict[str, ConfigurationError] = {}
    switched = {
        name: section.model_copy(update={"mode": overrides.modes[name]})
        for name, section in written.channels.items()
        if name in channels and overrides.modes.get(name, section.mode) != section.mode
    }
    if switched:
        lookup = secret_lookup(written.hub.data)  # read anew: a secret may have been added since the start
        log.hide(secret_values(written, lookup))
        for name, section in switched.items():
            try:
                channels[name] = resolved_channel(section, lookup)
            except ConfigurationError as error:
                channels[name], closed[name] = section, error
    hub = settings.hub.model_copy(update={"public_url": settings.hub.public_url or overrides.public_url})
    made = settings.model_copy(update={"hub": hub, "channels": channels})
    return made.of_epoch(overrides.epoch, written), closed
