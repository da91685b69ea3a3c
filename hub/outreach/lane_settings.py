"""How a channel's section says that its lane is to go: how many at once, how many with the provider, how fast."""

from __future__ import annotations

from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.outreach.domain_pace import DomainPace, pace_of

# How many messages of a channel may be in `submitting`, where its section does not say: so many a kill may leave
# unknown. 20 with the provider keep one busy that takes 50 ms for each, at 400 a second, which is more than an account
# of Twilio lets out without being asked, and than 4 connections to a mail server need.
AT_ONCE = 30
MOST_AT_ONCE = 500


def numbers_of(settings: Settings, channel: str) -> tuple[int, int | None, float | None, DomainPace]:
    """Returns `at_once`, `in_flight`, `per_second` and the pace of domains of a channel. Raises ConfigurationError."""
    at_once = _count(settings, channel, "at_once") or AT_ONCE
    domains = pace_of(channel, settings.channels[channel].settings)
    return at_once, _count(settings, channel, "in_flight"), _per_second(settings, channel), domains


def _count(settings: Settings, channel: str, key: str) -> int | None:
    """Returns a number of messages, None where the channel does not say."""
    written = settings.channels[channel].settings.get(key)
    if written is None:
        return None
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= MOST_AT_ONCE:
        raise ConfigurationError(f'Channel "{channel}": {key} must be a number from 1 to {MOST_AT_ONCE}.')
    return written


def _per_second(settings: Settings, channel: str) -> float | None:
    written = settings.channels[channel].settings.get("per_second")
    if written is not None and (isinstance(written, bool) or not isinstance(written, int | float) or written <= 0):
        raise ConfigurationError(f'Channel "{channel}": per_second must be a number above 0.')
    return written
