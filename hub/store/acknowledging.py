"""Acknowledgements: which mailboxes make them, the mails that may get one, and those that got none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select, update

from hub.model.acknowledgement import Acknowledging, acknowledging_as_json, read_acknowledging
from hub.model.contact import Direction, Medium
from hub.model.outbound import Origin
from hub.store import sensitive
from hub.store.jobs import settled
from hub.store.tables import (
    AcknowledgementRow,
    AcknowledgementSkipRow,
    DomainEventRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
)
from hub.store.tables.base import aliased
from hub.store.upsert import insert_new, upsert

CAPTURED = "interaction.captured"
# So many mails are looked at in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox that acknowledges mail, and up to which domain event its mail has been looked at."""

    channel: str
    how: Acknowledging
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A mail that came in. `first`: nothing of its conversation was there before, nor an answer since."""

    event: int
    interaction: int
    kind: str
    trust: str
    external_id: str
    subject: str
    detail: Mapping[str, Any]
    received_at: datetime
    conversation_id: int | None
    identity_id: int
    customer_id: int
    scheme: str
    value: str
    first: bool


def setting(conn: Connection, channel: str) -> Acknowledging:
    """Returns how a mailbox acknowledges; one that was never set does not."""
    found = conn.scalar(select(AcknowledgementRow.definition).where(AcknowledgementRow.channel == channel))
    return read_acknowledging(found or {})


def settings(conn: Connection) -> dict[str, Acknowledging]:
    """Returns every mailbox that was ever set, by name."""
    rows = conn.execute(select(AcknowledgementRow.channel, AcknowledgementRow.definition))
    return {row.channel: read_acknowledging(row.definition) for row in rows.all()}


def put(conn: Connection, channel: str, how: Acknowledging, by: str, now: datetime) -> None:
    """Sets how a mailbox acknowledges what comes from now on."""
    row = {
        "channel": channel,
        "definition": acknowledging_as_json(how),
        "after": conn.scalar(select(func.max(DomainEventRow.id))) or 0,
        "changed_at": now,
        "changed_by": by,
    }
    upsert(conn, AcknowledgementRow, ("channel",), [row])


def mailboxes(conn: Connection) -> list[Mailbox]:
    """Returns the mailboxes that acknowledge mail."""
    rows = conn.execute(select(AcknowledgementRow.channel, AcknowledgementRow.definition, AcknowledgementRow.after))
    found = [Mailbox(channel=row.channel, how=read_acknowledging(row.definition), after=row.after) for row in rows]
    return [each for each in found if each.how.enabled]


def newest(conn: Connection, now: datetime) -> int:
    """Returns the newest domain event before which no other can turn up."""
    return (
        conn.scalar(select(DomainEventRow.id).where(settled(conn, now)).order_by(DomainEventRow.id.desc()).limit(1))
        or 0
    )


def came(conn: Connection, mailbox: Mailbox, until: int) -> list[Came]:
    """Returns what came to a mailbox after what was looked at up to an event, oldest first, at most BATCH."""
    other = aliased(InteractionRow)
    before = exists().where(
        other.conversation_id == InteractionRow.conversation_id,
        other.id != InteractionRow.id,
        or_(other.id < InteractionRow.id, other.direction == Direction.OUT.value),
    )
    statement = (
        select(
            DomainEventRow.id.label("event"),
            InteractionRow.id.label("interaction"),
            InteractionRow.kind,
            InteractionRow.trust,
            InteractionRow.external_id,
            InteractionRow.subject,
            InteractionRow.detail,
            InteractionRow.received_at,
            InteractionRow.conversation_id,
            InteractionRow.identity_id,
            IdentityRow.customer_id,
            IdentityRow.scheme,
            IdentityRow.value,
            (~before).label("first"),
        )
        .join(InteractionRow, InteractionRow.id == DomainEventRow.interaction_id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(
            DomainEventRow.id > mailbox.after,
            DomainEventRow.id <= until,
            DomainEventRow.kind == CAPTURED,
            InteractionRow.channel == mailbox.channel,
            InteractionRow.medium == Medium.EMAIL.value,
            InteractionRow.direction == Direction.IN.value,
        )
        .order_by(DomainEventRow.id)
        .limit(BATCH)
    )
    rows = conn.execute(statement).all()
    unsaid = sensitive.conversations(conn, {row.conversation_id for row in rows}) if rows else frozenset()
    return [
        Came(
            **{
                **row._mapping,
                "subject": "" if row.conversation_id in unsaid else row.subject,
                "detail": row.detail or {},
            }
        )
        for row in rows
    ]


def looked_at(conn: Connection, mailbox: Mailbox, until: int) -> bool:
    """Notes up to which event a mailbox's mail was looked at; False: another process did, or the setting changed."""
    moved = update(AcknowledgementRow).where(
        AcknowledgementRow.channel == mailbox.channel, AcknowledgementRow.after == mailbox.after
    )
    return conn.execute(moved.values(after=until)).rowcount == 1


def acknowledged_since(conn: Connection, identities: Sequence[int], since: datetime) -> dict[int, datetime]:
    """Returns when addresses, by their identity, were last acknowledged, where that is no longer ago than `since`."""
    rows = conn.execute(
        select(MessageRow.identity_id, func.max(MessageRow.planned_at).label("at"))
        .where(
            MessageRow.identity_id.in_(identities),
            MessageRow.origin == Origin.ACKNOWLEDGEMENT.value,
            MessageRow.planned_at > since,
        )
        .group_by(MessageRow.identity_id)
    )
    return {row.identity_id: row.at for row in rows}


def note_skips(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Notes mails that were not acknowledged: interaction_id, identity_id, channel, reason, seen, at."""
    insert_new(conn, AcknowledgementSkipRow, rows)


def skips_of(conn: Connection, customer: int, limit: int) -> list[dict[str, Any]]:
    """Returns a customer's mails that were not acknowledged, newest first."""
    rows = conn.execute(
        select(*AcknowledgementSkipRow.__table__.c)
        .join(IdentityRow, IdentityRow.id == AcknowledgementSkipRow.identity_id)
        .where(IdentityRow.customer_id == customer)
        .order_by(AcknowledgementSkipRow.interaction_id.desc())
        .limit(limit)
    )
    return [dict(row._mapping) for row in rows]
