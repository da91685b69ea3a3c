"""The house: what the settings and the open channels say that planning, gates, rendering and sending need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from channels.base import Sends
from hub.config import Settings

# Where an address of each scheme is written to: short codes and sender names (sms:) take no answers.
_MEDIA = {"mailto": "email", "tel": "sms", "whatsapp": "whatsapp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A channel that sends. `answers_to`: the address that answers come back to; `heard_by`: the channels that read
    them, whose STOP counts here too; `countries`: the only ones it may write to, empty for any.
    """

    name: str
    schemes: tuple[str, ...]
    answers_to: str = ""
    heard_by: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What messages say of the business, and what holds where a customer's own is unknown."""

    language: str = "en"
    time_zone: str = "UTC"
    region: str = "US"
    business_name: str = ""
    public_url: str = ""
    lanes: Mapping[str, Lane] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, channels: Mapping[str, object], public_url: str) -> House:
        """Returns the house of these settings and open channels."""
        lanes = {
            name: _lane(settings, name, channel) for name, channel in channels.items() if isinstance(channel, Sends)
        }
        hub = settings.hub
        return cls(
            language=hub.language,
            time_zone=hub.time_zone,
            region=hub.region,
            business_name=hub.business_name,
            public_url=public_url,
            lanes=lanes,
        )

    def message_domain(self, lane: str) -> str:
        """Returns what stands after the @ of our Message-IDs (RFC 5322 3.6.4 recommends the sender's own domain)."""
        address = self.lanes[lane].answers_to if lane in self.lanes else ""
        return address.rpartition("@")[2] or urlsplit(self.public_url).hostname or "localhost"


def medium_of(scheme: str) -> str:
    """Returns the medium in which an address of this scheme is written to."""
    return _MEDIA.get(scheme, scheme)


def _lane(settings: Settings, name: str, channel: Sends) -> Lane:
    section = settings.channels[name]
    readers = [other for other in settings.channels.values() if other.sends_with == name]
    own = section.settings
    address = next((str(reader.settings["address"]) for reader in readers if reader.settings.get("address")), "")
    countries = own.get("countries", ())
    return Lane(
        name=name,
        schemes=tuple(scheme for scheme in _MEDIA if scheme in channel.schemes),
        answers_to=address or str(own.get("reply_to") or own.get("from_address") or own.get("address") or ""),
        heard_by=frozenset({name, *(reader.name for reader in readers)}),
        countries=frozenset(str(country).upper() for country in countries),
    )
