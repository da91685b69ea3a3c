"""The next channel: what reached nobody by its rule's channel is told once more by the rule's next one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from hub.model.event import DeliveryStatus
from hub.model.outbound import State
from hub.store.tables import MessageRow

# Not cancelled: what it was about is gone then, or was planned anew.
_NOT_SENT = frozenset({State.SUPPRESSED, State.FAILED, State.EXPIRED, State.ABANDONED})
_REACHED_NOBODY = frozenset({DeliveryStatus.UNDELIVERED, DeliveryStatus.BOUNCED})


def occurrences_lost(conn: Connection, about: str, ids: Sequence[int]) -> dict[str, set[str]]:
    """Returns the occurrences of which a message reached nobody, each with every channel that was tried."""
    rows = conn.execute(
        select(MessageRow.dedupe_key, MessageRow.channel, MessageRow.state, MessageRow.delivery).where(
            MessageRow.about == about, MessageRow.about_id.in_(ids), MessageRow.state != State.CANCELLED.value
        )
    )
    tried: dict[str, set[str]] = {}
    lost: set[str] = set()
    for row in rows:
        occurrence = occurrence_of(row.dedupe_key)
        tried.setdefault(occurrence, set()).add(row.channel)
        if row.state in _NOT_SENT or row.delivery in _REACHED_NOBODY:
            lost.add(occurrence)
    return {occurrence: tried[occurrence] for occurrence in lost}


def is_to_go_on(rule: Mapping[str, Any], tried: Collection[str] | None) -> bool:
    """Tells whether an occurrence that reached nobody by these channels is to be told by the rule's next one."""
    return bool(tried) and bool(rule["next_channel"]) and rule["next_channel"] not in (tried or ())


def by_next(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the rule as it goes on."""
    return {**rule, "channel": rule["next_channel"], "next_channel": "", "best_of": []}


def occurrence_of(dedupe_key: str) -> str:
    """Returns the occurrence that a rule's message is of: its key without the date, the channel and the address."""
    return ":".join(dedupe_key.split(":")[:5]) + ":"
