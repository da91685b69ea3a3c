"""Confirming: who wrote STOP, START or HELP gets the answer as a message, where no webhook could be answered.

It goes past the gates, which would hold it back for the very STOP that it confirms: one message, asked for by who gets
it (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out). Staff's kill switch holds it all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from channels.base import Captured, Confirms, Recalls, Sends
from hub.capture.incoming import Incoming
from hub.capture.opt_out import asked_for
from hub.model.contact import InboundContact
from hub.model.errors import ChannelBroken, HubError, Temporary
from hub.model.identity import Identity
from hub.model.opt_words import OptKind
from hub.model.outbound import Outgoing
from hub.model.reminder_answers import read_answer
from hub.store import jobs
from hub.store.dispatching import kill_switch
from hub.store.jobs import Job
from hub.store.session import Database

# An answer that comes later than this only puzzles.
_LATEST = timedelta(days=1)
# Within this time a webhook of the same text may be under way, which is answered at once.
_WEBHOOK = timedelta(minutes=1)
_AT_ONCE = 20
_DEADLINE = timedelta(seconds=20)

Owed = tuple[str, dict[str, Any]]


def kind(channel: str) -> str:
    """Returns the kind of a channel's jobs."""
    return f"confirm_opt:{channel}"


def owed(channel: Confirms, prepared: Sequence[Incoming], now: datetime, *, alone: bool) -> list[Owed]:
    """Returns which of these texts are owed an answer, and what it says. `alone`: no webhook answers them."""
    found: list[Owed] = []
    for incoming in prepared:
        for contact in incoming.events:
            if not isinstance(contact, InboundContact):
                continue
            opt = asked_for(contact)
            if opt.kind is OptKind.START and read_answer(contact.text) is not None:
                # A bare YES may answer a reminder, which the capture that follows finds out.
                continue
            age = now - contact.occurred_at
            if opt.kind is None or age > _LATEST or (age < _WEBHOOK and not alone):
                continue
            asked = Captured(key=incoming.key, opt=opt.kind.value, language=opt.language)
            if words := channel.confirmation(asked):
                found.append((incoming.key, {"to": str(contact.sender.identity), "text": words}))
    return found


def enqueue(conn: Connection, kind: str, owed: Sequence[Owed], now: datetime) -> None:
    """Notes what is owed; a text already answered so is not answered again."""
    jobs.enqueue(conn, kind, owed, now)


async def send_due(database: Database, channel: object, worker: str, clock: Callable[[], datetime]) -> None:
    """Sends what is owed; what may have gone out is never sent again. It enters the history as the list shows it."""
    if not isinstance(channel, Sends) or not isinstance(channel, Confirms):
        return
    name = str(getattr(channel, "name", ""))

    def claim(conn: Connection, now: datetime) -> list[Job]:
        return [] if kill_switch(conn) else jobs.claim(conn, kind(name), worker, now, _AT_ONCE)

    for job in await database.write(claim, clock()):
        await _send(database, channel, job, clock)


async def _send(database: Database, channel: Sends, job: Job, clock: Callable[[], datetime]) -> None:
    scheme, _, value = str(job.payload["to"]).partition(":")
    message = Outgoing(id=job.id, attempt=job.attempts, to=Identity(scheme, value), text=str(job.payload["text"]))
    try:
        if job.attempts > 1 and await _went_out(channel, message):
            await database.write(jobs.finish, job.id)
            return
        await channel.send(message, clock() + _DEADLINE)
    except HubError as error:
        again = isinstance(error, Temporary | ChannelBroken)
        told = error.message

        def put_back(conn: Connection, failed: Job) -> None:
            jobs.fail(conn, failed, told, clock(), final=not again)

        await database.write(put_back, job)
        return
    await database.write(jobs.finish, job.id)


async def _went_out(channel: object, message: Outgoing) -> bool:
    """Looks for a message whose sender may have died after it was sent. Raises Temporary where nobody can tell."""
    if not isinstance(channel, Recalls):
        return False
    evidence = await channel.find(message, hashlib.sha256(message.text.encode()).hexdigest())
    if evidence is None:
        raise Temporary("It is not known yet whether the answer went out.")
    return evidence.accepted
