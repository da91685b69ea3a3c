"""The house: what the settings and the open channels say that planning, gates, rendering and sending need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from channels.base import Sends, Speaks
from hub.config import Settings
from hub.model.contact import Attachment
from hub.model.errors import ConfigurationError
from hub.model.identity import Identity
from hub.outreach.frequency import Cap, caps_of
from hub.outreach.lane_settings import AT_ONCE, numbers_of
from hub.outreach.warming import WarmUp, warm_up_of
from hub.store import clicks, media_links, message_links, unsubscribing
from hub.store.keys import Keys

# Where an address of each scheme is written to: short codes and sender names (sms:) take no answers.
_OWN_ADDRESS = ("reply_to", "from_address", "address", "from_number")
CALL = "call"
_MEDIA = {"mailto": "email", "tel": "sms", "whatsapp": "whatsapp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A channel that sends. `answers_to`: the address that answers come back to; `answered`: a text can be answered,
    which one from a name instead of a number cannot; `heard_by`: the channels that read the answers, whose STOP counts
    here too; `countries`: the only ones it may write to, empty for any; `caps`: how often, by purpose;
    `daily_spend`: what its texts may cost a day, at `price_per_part`; None: no cap. `called`: the schemes of addresses
    to which its messages are said in a call, instead of written. `counts_clicks`: of all its promotions.
    `at_once`: so many may be with the provider, `per_second`: so many parts leave a second; None: no limit.
    """

    name: str
    schemes: tuple[str, ...]
    called: tuple[str, ...] = ()
    answers_to: str = ""
    answered: bool = True
    heard_by: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    caps: Mapping[str, Cap] = field(default_factory=dict)
    price_per_part: Decimal = Decimal(0)
    daily_spend: Decimal | None = None
    warm_up: WarmUp | None = None
    counts_clicks: bool = False
    price_currency: str = ""
    at_once: int = AT_ONCE
    per_second: float | None = None

    @property
    def reaches(self) -> tuple[str, ...]:
        """The schemes of addresses that it writes to or calls."""
        return self.schemes or self.called

    @property
    def said(self) -> dict[str, str]:
        """What a message planned for it keeps of how it is said; nothing where it is written."""
        return {"medium": CALL} if self.called else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What messages say of the business, and what holds where a customer's own is unknown."""

    language: str = "en"
    time_zone: str = "UTC"
    region: str = "US"
    business_name: str = ""
    business_address: str = ""
    public_url: str = ""
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    keys: Keys | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, channels: Mapping[str, object], public_url: str, keys: Keys | None = None) -> House:
        """Returns the house of these settings and open channels; without `keys`, links are those of a preview.

        Raises ConfigurationError for a frequency cap of a channel that does not exist: it would cap nothing.
        """
        for purpose, capped in settings.frequency_cap.items():
            for name in sorted(set(capped) - set(settings.channels) - {"any"}):
                raise ConfigurationError(
                    f"[frequency_cap.{purpose}] names {name!r}, which is no channel.",
                    next_step=f"Choose any, or one of {', '.join(settings.channels)}.",
                )
        lanes = {
            name: _lane(settings, name, channel) for name, channel in channels.items() if isinstance(channel, Sends)
        }
        hub = settings.hub
        if hub.stop_everywhere:
            everywhere = frozenset({*settings.channels, *lanes})
            lanes = {name: replace(lane, heard_by=everywhere) for name, lane in lanes.items()}
        return cls(
            language=hub.language,
            time_zone=hub.time_zone,
            region=hub.region,
            business_name=hub.business_name,
            business_address=hub.business_address,
            public_url=public_url,
            lanes=lanes,
            keys=keys,
        )

    def unsubscribe_url(self, message_id: int = 0, to: Identity | None = None) -> str:
        """Returns the link by which the reader of a promotion leaves; without a message or its `to`, a preview's."""
        named = "preview"
        if self.keys and to and message_id > 0:
            named = unsubscribing.token(self.keys, message_id, str(to))
        return f"{self.public_url.rstrip('/')}/u/{named}"

    def answer_url(self, message_id: int = 0, to: Identity | None = None) -> str:
        """Returns the link by which who is reminded of an appointment answers; without a message, a preview's."""
        named = "preview"
        if self.keys and to and message_id > 0:
            named = message_links.REMINDER.token(self.keys, message_id, str(to))
        return f"{self.public_url.rstrip('/')}/a/{named}"

    def click_url(self, key: str, message_id: int, to: Identity) -> str:
        """Returns the link that counts a click and leads on to where the link of this key does."""
        assert self.keys is not None, "clicks are counted only with keys"
        return f"{self.public_url.rstrip('/')}/l/{clicks.token(self.keys, key, message_id, str(to))}"

    def linked(
        self, files: Sequence[Attachment], message_id: int, address: str, now: datetime
    ) -> tuple[Attachment, ...]:
        """Returns the files of a text with the addresses from which its provider fetches them, each for some hours."""
        if self.keys is None:
            return tuple(files)
        base, keys, until = (address or self.public_url).rstrip("/"), self.keys, now + media_links.GOOD_FOR
        return tuple(
            file if file.url else replace(file, url=f"{base}/m/{media_links.token(keys, message_id, position, until)}")
            for position, file in enumerate(files)
        )

    def message_domain(self, lane: str) -> str:
        """Returns what stands after the @ of our Message-IDs (RFC 5322 3.6.4 recommends the sender's own domain)."""
        address = self.lanes[lane].answers_to if lane in self.lanes else ""
        return address.rpartition("@")[2] or urlsplit(self.public_url).hostname or "localhost"


def medium_of(scheme: str, content: Mapping[str, object] | None = None) -> str:
    """Returns the medium in which an address of this scheme is written to; `content`: of a message, which may call."""
    return str((content or {}).get("medium") or _MEDIA.get(scheme, scheme))


def _lane(settings: Settings, name: str, channel: Sends) -> Lane:
    section = settings.channels[name]
    readers = [other for other in settings.channels.values() if other.sends_with == name]
    own = section.settings
    address = next((str(reader.settings["address"]) for reader in readers if reader.settings.get("address")), "")
    countries = own.get("countries", ())
    at_once, in_flight, per_second, _domains = numbers_of(settings, name)
    return Lane(
        name=name,
        schemes=tuple(scheme for scheme in _MEDIA if scheme in channel.schemes),
        called=tuple(channel.spoken_schemes) if isinstance(channel, Speaks) else (),
        answers_to=address or next((str(own[key]) for key in _OWN_ADDRESS if own.get(key)), ""),
        answered=not re.search("[A-Za-z]", str(own.get("from_number", ""))),
        heard_by=frozenset({name, *(reader.name for reader in readers)}),
        countries=frozenset(str(country).upper() for country in countries),
        caps=caps_of(settings.frequency_cap, name),
        price_per_part=_money(name, own, "price_per_part") or Decimal(0),
        daily_spend=_spend(name, own),
        warm_up=warm_up_of(name, own),
        counts_clicks=_yes(name, own, "count_clicks"),
        price_currency=str(own.get("price_currency", "")).upper(),
        at_once=in_flight or at_once,
        per_second=per_second,
    )


def _yes(name: str, own: Mapping[str, object], key: str) -> bool:
    given = own.get(key, False)
    if not isinstance(given, bool):
        raise ConfigurationError(f"Channel {name}: {key} is true or false, not {given!r}.")
    return given


def _spend(name: str, own: Mapping[str, object]) -> Decimal | None:
    most = _money(name, own, "daily_spend")
    if most is not None and not _money(name, own, "price_per_part"):
        raise ConfigurationError(
            f"Channel {name}: daily_spend caps nothing without a price.",
            next_step="Set price_per_part to what one part of a text costs, as 0.0079.",
        )
    return most


def _money(name: str, own: Mapping[str, object], key: str) -> Decimal | None:
    given = own.get(key, "")
    if given in ("", None):
        return None
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ConfigurationError(f"Channel {name}: {key} is no amount: {given!r}.", next_step="Write it as 0.0079.")
    return amount
