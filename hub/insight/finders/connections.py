"""Connections: those that the settings file hides, and consents that have ended while nobody used them."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.insight.finders.asked import House, found
from hub.store import connections, consents_given
from hub.store.problems import Found


def hidden_or_ended(conn: Connection, house: House) -> list[Found]:
    """Returns what of the channels that are kept here is not in use, and why."""
    given = consents_given.everyone(conn)
    problems: list[Found] = []
    for each in connections.kept(conn):
        if each.name in house.channels and each.name not in house.added:
            problems.append(found("connection_hidden", each.name))
            continue
        consent = given.get(str(each.settings.get("consent", "")))
        # The mailbox's reader tells it of live channels; what only sends, or is in the sandbox, may be silent for days.
        if consent is not None and consent.ended_at is not None and each.disconnected_at is None:
            problems.append(found("oauth_ended", each.name, since=consent.ended_at, said=consent.ended_why))
    return problems
