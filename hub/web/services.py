"""What the roof hands to the web room: the database, the ways in, the settings, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from hub.capture.intake import Intake
from hub.config import Settings
from hub.store.blobs import Blobs
from hub.store.keys import Keys
from hub.store.session import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a page or hook may use; `channels` by name, as the configuration opened them.

    `public_url` and `local_url` have no slash at the end; links and signatures use only these, never a Host header.
    `nudge` wakes the dispatcher of this process.
    `local_token` is the API token of this run, kept in a 0600 file for the commands of this machine: an admin's.
    """

    settings: Settings
    database: Database
    blobs: Blobs
    intake: Intake
    channels: Mapping[str, object]
    keys: Keys
    public_url: str
    local_url: str
    clock: Callable[[], datetime]
    nudge: Callable[[], None]
    local_token: str = field(default="", repr=False)

    def address_of(self, channel: str) -> str:
        """Returns under which address a channel's provider calls us; a stand-in never leaves this machine."""
        live = self.settings.channels[channel].mode == "live"
        return self.public_url if live else self.local_url

    @property
    def sandboxed(self) -> tuple[str, ...]:
        """Names the channels that are not live, for the banner."""
        return tuple(name for name, channel in self.settings.channels.items() if channel.mode == "sandbox")


SERVICES = web.AppKey("services", Services)
