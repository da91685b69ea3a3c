"""What the roof hands to the web room: the database, the ways in, the settings, the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from hub.capture.intake import Intake
from hub.config import ChannelSettings, Settings
from hub.desk.mail_servers import Outside
from hub.model.first_look import Looked
from hub.model.local_time import zone
from hub.model.outbound import Outgoing
from hub.model.problem import Problem
from hub.store.blobs import Blobs
from hub.store.keys import Keys
from hub.store.session import Database
from hub.web.phone_door import PhoneDoor
from hub.web.sandbox_door import SandboxDoor
from hub.web.travel_door import TravelDoor


async def _nothing_to_try(_channel: str) -> Sequence[Problem]:
    return ()


async def _nothing_seen(_new: ChannelSettings, _consent: str) -> tuple[Sequence[Problem], Looked]:
    return (), Looked()


async def _nothing_sent(_new: ChannelSettings, _consent: str, _letter: Outgoing) -> Sequence[Problem]:
    return ()


def _nothing() -> None:
    return None


async def _nothing_to_see() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a page or hook may use; `channels` by name, as the configuration opened them.

    `public_url` and `local_url` have no slash at the end; links and signatures use only these, never a Host header.
    `nudge` wakes the dispatcher of this process.
    `local_token` is the API token of this run, kept in a 0600 file for the commands of this machine: an admin's.
    `sandbox` plays the customer, None where nothing is in the sandbox; `would_have_sent` counts what it took over.
    `try_channel` builds a channel as if it were live and says what is wrong; `take_up_settings` tells this process that
    the settings kept in the database were changed.
    `try_new` tries a channel that nobody keeps yet, with its secrets, by the consent named, and shows what is there.
    `send_new` sends one mail by such a channel, which is no message and enters no history.
    `outside` asks strangers where an address's mail is.
    `phones` is the provider of numbers, None where none can be asked.
    `travels` plays the days to come through on a copy.
    `look_again` looks for everything that may need somebody, now.
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
    sandbox: SandboxDoor | None = None
    would_have_sent: Callable[[], int] = lambda: 0
    try_channel: Callable[[str], Awaitable[Sequence[Problem]]] = _nothing_to_try
    take_up_settings: Callable[[], None] = _nothing
    try_new: Callable[[ChannelSettings, str], Awaitable[tuple[Sequence[Problem], Looked]]] = _nothing_seen
    send_new: Callable[[ChannelSettings, str, Outgoing], Awaitable[Sequence[Problem]]] = _nothing_sent
    outside: Outside = field(default_factory=Outside)
    look_again: Callable[[], Awaitable[None]] = _nothing_to_see
    phones: PhoneDoor | None = None
    travels: TravelDoor | None = None

    def business_now(self) -> datetime:
        """Returns the time on the business's own clock: what is asked about days is asked about its days."""
        return self.clock().astimezone(zone(self.settings.hub.time_zone))

    def address_of(self, channel: str) -> str:
        """Returns under which address a channel's provider calls us; a stand-in never leaves this machine."""
        live = self.settings.channels[channel].mode == "live"
        return self.public_url if live else self.local_url

    @property
    def sandboxed(self) -> tuple[str, ...]:
        """Names the channels that are not live, for the banner."""
        return tuple(name for name, channel in self.settings.channels.items() if channel.mode == "sandbox")


SERVICES = web.AppKey("services", Services)
