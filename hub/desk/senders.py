"""Senders: which channels can carry a message to an address, and under which names answers come back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from channels.base import Sends
from hub.config import ChannelSettings
from hub.model.errors import Refused
from hub.store import mail_tokens

# Texts, the older mail twice, headers.
_BESIDE_FILES = 512 * 1024


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


def is_one_way(channel: str, sections: Mapping[str, ChannelSettings]) -> bool:
    """Tells whether what a channel sends cannot be answered: its texts come from a name instead of a number."""
    own = sections[channel].settings if channel in sections else {}
    return any(character.isalpha() for character in str(own.get("from_number", "")))


def message_domain(channel: str, sections: Mapping[str, ChannelSettings], public_url: str) -> str:
    """Returns the right side of our Message-IDs: the domain of the channel's address, else of the hub."""
    own = sections[channel].settings if channel in sections else {}
    address = str(own.get("from_address") or own.get("address") or "")
    return address.rpartition("@")[2] or urlsplit(public_url).hostname or "localhost"


def own_addresses(sections: Mapping[str, ChannelSettings]) -> frozenset[str]:
    """Returns every address of ours that the settings name, in lower case: no answer to all goes to them."""
    found: set[str] = set()
    for section in sections.values():
        for key in ("address", "addresses", "from_address", "reply_to", "bounces_to", "username"):
            value = section.settings.get(key, ())
            written = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
            found |= {each.strip().lower() for each in written if isinstance(each, str) and "@" in each}
    return frozenset(found)


def mailbox_of(channel: str, sections: Mapping[str, ChannelSettings], answering: str = "") -> str:
    """Returns the mailbox that answers to a channel's mails come back to: the one that is answered, else the first."""
    readers = [name for name, section in sections.items() if section.sends_with == channel]
    readers = [name for name in readers if sections[name].settings.get("address")]
    return answering if answering in readers else next(iter(readers), "")


def answer_address(channel: str, sections: Mapping[str, ChannelSettings], answering: str, message_id: str) -> str:
    """Returns the address for Reply-To, empty where the channel's own does. `plus_addressing = true` in the section of
    its mailbox: the host delivers `name+anything@` too, and the address names our mail.
    """
    mailbox = mailbox_of(channel, sections, answering)
    if not mailbox:
        return ""
    address = str(sections[mailbox].settings["address"])
    tagged = sections[mailbox].settings.get("plus_addressing") is True
    return mail_tokens.answer_address(address, message_id) if tagged else address


def keeper_of(channel: str, sections: Mapping[str, ChannelSettings], answering: str = "") -> str:
    """Returns the mailbox that keeps copies of what a channel sends: one whose section says `save_sent = true`."""
    mailbox = mailbox_of(channel, sections, answering)
    # A stand-in has no folder of what was sent.
    live = bool(mailbox) and sections[mailbox].mode == "live"
    return mailbox if live and sections[mailbox].settings.get("save_sent") is True else ""


def room_for_files(channel: str, sections: Mapping[str, ChannelSettings]) -> int:
    """Returns how many bytes of files fit into one mail of a channel: base64 makes 78 of 57 (RFC 2045 section 6.8)."""
    limit = sections[channel].settings.get("size_limit_mb", 25) if channel in sections else 25
    whole = float(limit) if isinstance(limit, int | float) and not isinstance(limit, bool) else 25.0
    return int((whole * 1024 * 1024 - _BESIDE_FILES) * 57 / 78)
