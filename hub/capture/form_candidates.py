"""Mails that look like those of a website's contact form, for staff to choose from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.capture.rereading import PastMails, sender_of
from hub.model.contact import InboundContact
from hub.model.mail_form import REACHING
from hub.model.mail_form_proposal import propose
from hub.store.ids import occurred_at
from hub.store.tables import InteractionRow

_SCANNED = 2_000
_SENDERS = 40
_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The newest mail of a sender that looks like a form's, and the labels found in it."""

    interaction_id: int
    sender: str
    subject: str
    at: datetime
    labels: tuple[str, ...]


async def form_candidates(past: PastMails) -> list[Candidate]:
    """Returns senders whose newest mail looks like a form's, newest first; of the last two thousand entries."""
    senders = await past.database.read(_newest_of_each, None)
    contacts = await past.read_all(list(senders))
    return await asyncio.to_thread(_looking_so, senders, contacts)


def _looking_so(senders: Mapping[int, str], contacts: Mapping[int, InboundContact]) -> list[Candidate]:
    found = []
    for interaction, contact in ((key, contacts[key]) for key in senders if key in contacts):
        proposal = propose(contact.text, contact.html)
        if any(each.gives in REACHING for each in proposal.fields):
            found.append(
                Candidate(
                    interaction_id=interaction,
                    sender=senders[interaction],
                    subject=contact.subject,
                    at=occurred_at(interaction),
                    labels=tuple(each.labels[0] for each in proposal.fields),
                )
            )
    return found[:_MOST]


def _newest_of_each(conn: Connection, _: None) -> dict[int, str]:
    oldest = conn.scalar(select(InteractionRow.id).order_by(InteractionRow.id.desc()).offset(_SCANNED).limit(1))
    rows = conn.execute(
        select(InteractionRow.id, InteractionRow.detail)
        .where(
            InteractionRow.id > (oldest or 0),
            InteractionRow.medium == "email",
            InteractionRow.direction == "in",
            InteractionRow.kind.in_(("message", "auto_reply")),
        )
        .order_by(InteractionRow.id.desc())
    )
    newest: dict[str, int] = {}
    for row in rows:
        newest.setdefault(sender_of(row.detail or {}), row.id)
        if len(newest) == _SENDERS:
            break
    return {interaction: sender for sender, interaction in newest.items() if sender}
