"""The way out by its settings: what they say wrong is told before anything of it works."""

from __future__ import annotations

from collections.abc import Mapping

from channels.base import Sends
from hub.config import Settings
from hub.outreach.house import House
from hub.outreach.lane_settings import numbers_of
from hub.outreach.quiet_hours import rulebook_of


def check_way_out(settings: Settings, channels: Mapping[str, object]) -> None:
    """Raises ConfigurationError for what the settings, the open channels' sections or the rulebook say wrong."""
    House.of(settings, channels, settings.public_url)
    rulebook_of(settings)
    for name, channel in channels.items():
        if isinstance(channel, Sends):
            numbers_of(settings, name)
