"""Channels: what they say is wrong, what is paused, what is silent, and who sends requests that are not authentic."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from hub.insight.finders.asked import House, found, minutes, of_channel
from hub.insight.health import ChannelHealth, channels_health
from hub.model.problem import Severity
from hub.store.dispatching import PROVIDER
from hub.store.problems import Found

# A server that is away for a moment needs nobody; one that is away for an hour does.
_PASSES, _LASTS = timedelta(minutes=2), timedelta(hours=1)
_SILENT = timedelta(minutes=30)
_RECENT = timedelta(hours=1)


def channels(conn: Connection, house: House) -> list[Found]:
    """Returns what is wrong with channels by what is known of them; nothing is tried."""
    problems: list[Found] = []
    for channel in channels_health(conn, sorted(house.channels), counted=False):
        if channel.name in house.channels:
            problems += [*_said(channel, house), *_paused(channel), *_silent(channel, house), *_refused(channel, house)]
            problems += _missing(channel)
    return problems


def _said(channel: ChannelHealth, house: House) -> list[Found]:
    problem = channel.problem
    if problem is None:
        return []
    since = channel.problem_since or house.now
    lasts = house.now - since
    if problem.severity is not Severity.WARNING:
        return [of_channel(problem, since=since)]
    if lasts < _PASSES:
        return []
    return [of_channel(problem, since=since, severity=Severity.ERROR if lasts >= _LASTS else Severity.WARNING)]


def _paused(channel: ChannelHealth) -> list[Found]:
    if channel.paused_at is None or channel.paused_why.startswith(PROVIDER):
        return []  # what its provider said is told already
    return [found("channel_paused", channel.name, since=channel.paused_at, said=channel.paused_why)]


def _silent(channel: ChannelHealth, house: House) -> list[Found]:
    last = channel.last_ok_at
    if not house.running or channel.name not in house.watched or channel.problem is not None or last is None:
        return []
    if house.now - last < _SILENT:
        return []
    return [found("channel_silent", channel.name, since=last, minutes=minutes(house.now - last))]


def _missing(channel: ChannelHealth) -> list[Found]:
    missing = sum(mailbox.missing for mailbox in channel.mailboxes)
    return [found("mail_missing", channel.name, count=missing)] if missing else []


def _refused(channel: ChannelHealth, house: House) -> list[Found]:
    """Only refused requests and none that was authentic: it is more likely our token or address than an attacker."""
    last = channel.forged_at
    if channel.name not in house.called or last is None or house.now - last > _RECENT:
        return []
    if channel.last_in_at is not None and channel.last_in_at > last - _RECENT:
        return []
    return [found("hooks_refused", channel.name, count=channel.forged)]
