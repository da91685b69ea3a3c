"""Finders: questions to the database, each of which answers with the problems of one kind that there are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from hub.insight.finders import channels, connections, jobs, keeping, offers, outgoing, refusals, rights, senders
from hub.insight.finders.asked import House, found, of_channel
from hub.store.problems import Found

__all__ = ["QUESTIONS", "House", "found", "of_channel"]

Question = Callable[[Connection, House], list[Found]]

QUESTIONS: Mapping[str, Question] = {
    "channels": channels.channels,
    "connections": connections.hidden_or_ended,
    "jobs": jobs.jobs,
    "work": jobs.work,
    "uploads": jobs.uploads,
    "stopped": outgoing.stopped,
    "late": outgoing.late,
    "doubtful": outgoing.doubtful,
    "rates": outgoing.paused_by_rates,
    "refusals": refusals.refusals,
    "senders": senders.unjudged,
    "offers": offers.running_out,
    "lists": rights.lists,
    "requests": rights.requests,
    "breaches": rights.breaches,
    "storage": rights.storage,
    "unread": keeping.unread,
    "address": keeping.address,
    "backups": keeping.backups,
    "key": keeping.key,
}
