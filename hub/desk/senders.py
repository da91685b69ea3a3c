"""Senders: which channels can carry a message to an address, the one an answer should take first."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from channels.base import Sends
from hub.config import ChannelSettings
from hub.model.errors import Refused


def senders(
    scheme: str, sections: Mapping[str, ChannelSettings], opened: Mapping[str, object], *, answering: str = ""
) -> tuple[str, ...]:
    """Returns the channels that send to a scheme. `answering`: the channel whose message is answered.

    First comes what that channel's `sends_with` names, then the channel itself, then the others as configured.
    """
    able = [name for name, channel in opened.items() if isinstance(channel, Sends) and scheme in channel.schemes]
    own = [sections[answering].sends_with, answering] if answering in sections else []
    return tuple(dict.fromkeys([*(name for name in own if name in able), *able]))


def chosen_sender(asked: str, able: tuple[str, ...]) -> str:
    """Returns the channel that was chosen, else the first. Raises Refused where none can, or the chosen one cannot."""
    if not able:
        raise Refused(
            "No channel of this hub can send to this address.",
            field="channel",
            next_step="Write to another address of this customer, or set up a channel that sends.",
        )
    if asked and asked not in able:
        raise Refused(f"{asked[:40]!r} cannot send to this address.", field="channel")
    return asked or able[0]


def message_domain(channel: str, sections: Mapping[str, ChannelSettings], public_url: str) -> str:
    """Returns the right side of our Message-IDs: the domain of the channel's address, else of the hub."""
    own = sections[channel].settings if channel in sections else {}
    address = str(own.get("from_address") or own.get("address") or "")
    return address.rpartition("@")[2] or urlsplit(public_url).hostname or "localhost"
