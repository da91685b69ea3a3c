"""Calls: one interaction a call, enriched by its events in whatever order they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from channels.base import Captured
from hub.capture.append import fetch_later
from hub.capture.callbacks import SETTLING, settle
from hub.capture.incoming import Incoming
from hub.capture.people import Person, resolve
from hub.capture.spoken_answers import heed_keys
from hub.capture.threads import Thread, thread
from hub.model.contact import Attachment, Direction, InboundContact, Medium, Party, Trust
from hub.model.event import CallEvent
from hub.store import interactions, jobs, queues
from hub.store.calls import Spoken, call_key, note_call_placed, spoken
from hub.store.customers import find_identities
from hub.store.rosters import staff_numbers
from hub.store.tables import AttachmentRow


def append_calls(
    conn: Connection, arrived: Sequence[tuple[Incoming, CallEvent]], now: datetime, key: bytes
) -> list[Captured]:
    """Appends calls not known yet and adds each event once; returns one result an event.

    `key`: of consent evidence, for who presses the key that ends such calls.
    """
    if not arrived:
        return []
    here = interactions.find_by_content(conn, (_call_key(event) for _, event in arrived))
    for _, event in arrived:
        if event.ring:
            queues.note_ring(conn, event)
    customers = [each for each in arrived if not _is_of_staff(conn, each[1], here)]
    if len(customers) < len(arrived):
        kept = {id(each[1]): got for each, got in zip(customers, append_calls(conn, customers, now, key), strict=True)}
        return [kept.get(id(event)) or Captured(key=incoming.key) for incoming, event in arrived]
    said = _said(conn, arrived)
    first = {_call_key(event): event for _, event in reversed(arrived) if _call_key(event) not in here}
    calls = list(first.values())
    contacts = [_contact(event) for event in calls]
    people = resolve(conn, contacts, now)
    threads = thread(conn, contacts, people, now)
    ids = interactions.append(
        conn,
        [
            _row(event, person, where, said.get(event.message))
            for event, person, where in zip(calls, people, threads, strict=True)
        ],
    )
    made: dict[str, tuple[Person, Thread]] = {}
    for event, person, where, interaction in zip(calls, people, threads, ids, strict=True):
        here[_call_key(event)] = interaction
        made[_call_key(event)] = (person, where)
    jobs.emit(
        conn,
        [
            {
                "kind": "interaction.captured",
                "customer_id": person.held.customer_id,
                "interaction_id": here[call],
                "data": {"medium": "call"},
                "at": now,
            }
            for call, (person, _) in made.items()
        ],
    )
    captured = [_enrich(conn, incoming, event, here[_call_key(event)], made, now) for incoming, event in arrived]
    told = {
        got.interaction: (event, got.customer)
        for (_, event), got in zip(arrived, captured, strict=True)
        if not got.duplicate and event.step in SETTLING and got.interaction is not None
    }
    settle(conn, told, now)
    for (_, event), got in zip(arrived, captured, strict=True):
        if event.placed:
            note_call_placed(conn, event.channel, event.placed, event.call)
        queues.heed(conn, event, got.interaction)
    return heed_keys(conn, [event for _, event in arrived], captured, said, now, key)


def _call_key(event: CallEvent) -> str:
    return call_key(event.call)


def _said(conn: Connection, arrived: Sequence[tuple[Incoming, CallEvent]]) -> Mapping[str, Spoken]:
    """Returns the messages of ours that these calls say, by the ids that their events name."""
    named: dict[str, list[str]] = {}
    for _, event in arrived:
        if event.message:
            named.setdefault(event.channel, []).append(event.message)
    return {number: said for channel, ids in named.items() for number, said in spoken(conn, channel, ids).items()}


def _is_of_staff(conn: Connection, event: CallEvent, here: Mapping[str, int]) -> bool:
    """Tells whether a call that the hub knows nothing else of rang one of staff's own phones: no customer's call."""
    if event.ring:
        return True
    return (
        event.outbound
        and not event.message
        and _call_key(event) not in here
        and event.called.value in staff_numbers(conn)
    )


def _customer(event: CallEvent) -> Party:
    return Party(event.called if event.outbound else event.caller)


def _contact(event: CallEvent) -> InboundContact:
    return InboundContact(
        channel=event.channel,
        medium=Medium.CALL,
        external_id=event.call,
        sender=Party(event.caller),
        recipients=(Party(event.called),),
        direction=Direction.OUT if event.outbound else Direction.IN,
        trust=Trust.SIGNED,
        content_key=_call_key(event),
        extra={"by_itself": "yes"} if event.message else {},
        occurred_at=event.occurred_at,
        received_at=event.occurred_at,
    )


def _row(event: CallEvent, person: Person, where: Thread, said: Spoken | None) -> dict[str, Any]:
    """Returns a call's row; one that tells of it before our own commit has the words of the message that it says."""
    ours = (
        {"message": str(said.id), "origin": said.origin, "purpose": said.purpose, "template": said.template}
        if said
        else {}
    )
    return interactions.new_interaction(
        occurred_at=event.occurred_at,
        received_at=event.occurred_at,
        identity_id=person.held.identity_id,
        channel=event.channel,
        medium=Medium.CALL.value,
        conversation_id=where.conversation.id if where.conversation else None,
        direction=(Direction.OUT if event.outbound else Direction.IN).value,
        trust=Trust.SIGNED.value,
        external_id=event.call,
        content_key=_call_key(event),
        text=said.text if said else "",
        detail={name: value for name, value in ours.items() if value},
        customer_why=person.why,
        conversation_why=where.why,
    )


def _enrich(
    conn: Connection,
    incoming: Incoming,
    event: CallEvent,
    interaction: int,
    made: dict[str, tuple[Person, Thread]],
    now: datetime,
) -> Captured:
    data = {
        "status": event.status,
        "duration": event.duration,
        "voicemail": event.voicemail,
        "text": event.text,
        "answered_by": event.answered_by,
        **event.extra,
    }
    new = interactions.learn(
        conn,
        [
            {
                "interaction_id": interaction,
                "channel": event.channel,
                "key": event.external_id,
                "kind": f"call.{event.step.value}",
                "data": {name: value for name, value in data.items() if value not in ("", None, False)},
                "at": event.occurred_at,
            }
        ],
    )
    person, where = made.get(_call_key(event), (None, None))
    customer = person.held.customer_id if person else _holder(conn, event)
    if new and event.recording is not None:
        _record(conn, event.channel, event.recording, interaction, now)
    return Captured(
        key=incoming.key,
        interaction=interaction,
        customer=customer,
        conversation=where.conversation.id if where and where.conversation else None,
        duplicate=not new,
    )


def _holder(conn: Connection, event: CallEvent) -> int | None:
    holder = find_identities(conn, [_customer(event).identity]).get(_customer(event).identity)
    return holder.customer_id if holder else None


def _record(conn: Connection, channel: str, recording: Attachment, interaction: int, now: datetime) -> None:
    """Attaches a recording once and asks for its bytes."""
    position = conn.scalar(select(func.count()).where(AttachmentRow.interaction_id == interaction)) or 0
    row = {
        "interaction_id": interaction,
        "position": position,
        "filename": recording.filename,
        "content_type": recording.content_type,
        "url": recording.url,
        "state": "waiting",
    }
    interactions.attach(conn, [row])
    fetch_later(conn, [(interaction, position, channel, recording.url)], now)
