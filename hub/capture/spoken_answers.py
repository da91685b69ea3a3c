"""Answers by key: 1 confirms what a call of ours said, 2 asks to be called back, 9 ends such calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.base import Captured
from hub.capture.answering import TOLD
from hub.model.errors import HubError
from hub.model.event import CallEvent, CallStep, SpokenKey
from hub.model.outbound import CALLS
from hub.model.reminder_answers import ReminderAnswer
from hub.store import appointments, consents, interactions
from hub.store.calls import Spoken
from hub.store.jobs import emit
from hub.store.tables import TaskRow
from hub.store.upsert import insert_new

CONFIRMED, CHANGED = "confirmed", "changed"


def heed_keys(
    conn: Connection,
    events: Sequence[CallEvent],
    captured: Sequence[Captured],
    said: Mapping[str, Spoken],
    now: datetime,
    key: bytes,
) -> list[Captured]:
    """Does what keys ask for that were pressed after a message of ours; returns the results, with what was done.

    Each key acts once, whoever tells of it again. `said`: the messages by the ids that events name.
    """
    results = list(captured)
    for at, (event, result) in enumerate(zip(events, captured, strict=True)):
        message = said.get(event.message)
        if message is None or event.step is not CallStep.CHOSEN or result.interaction is None or result.duplicate:
            continue
        match event.status:
            case SpokenKey.CONFIRM if message.about == appointments.ABOUT:
                results[at] = replace(result, opt=_confirm(conn, event, message, result.interaction, now))
            case SpokenKey.CALL_BACK:
                _ask_staff(conn, event, message, result.interaction, now, f"Call back {event.called.value}")
            case SpokenKey.STOP:
                _stop(conn, event, message, result.interaction, key)
    return results


def _confirm(conn: Connection, event: CallEvent, message: Spoken, interaction: int, now: datetime) -> str:
    """Confirms an appointment that stands as it was said; of another one, staff is asked to call."""
    try:
        current = appointments.get(conn, message.about_id or 0)
    except HubError:
        current = {}
    same = current.get("starts_at") == _starts_at(message) and current.get("state") in appointments.TO_COME
    if not same or current["starts_at"] <= now:
        title = f"Said yes by phone to an appointment that has changed: {event.called.value}"
        _ask_staff(conn, event, message, interaction, now, title)
        return CHANGED
    if current["state"] == appointments.BOOKED:
        appointments.confirm(conn, current["id"], revision=current["revision"], now=now)
    data = {
        "appointment": current["id"],
        "title": current["title"],
        "starts_at": current["starts_at"].isoformat(),
        "time_zone": current["time_zone"],
        "message": message.id,
    }
    kind = f"{TOLD}{ReminderAnswer.CONFIRMED}"
    learnt = {
        "interaction_id": interaction, "channel": event.channel, "key": f"answer:{event.call}", "kind": kind,
        "data": data, "at": now,
    }  # fmt: skip
    interactions.learn(conn, [learnt])
    told = {"kind": kind, "customer_id": message.customer_id, "interaction_id": interaction, "data": data, "at": now}
    emit(conn, [told])
    return CONFIRMED


def _starts_at(message: Spoken) -> datetime | None:
    written = message.content.get("starts_at")
    return datetime.fromisoformat(written) if written else None


def _ask_staff(
    conn: Connection, event: CallEvent, message: Spoken, interaction: int, now: datetime, title: str
) -> None:
    row: dict[str, Any] = {
        "key": f"call:{event.call}",
        "kind": "callback",
        "title": title,
        "customer_id": message.customer_id,
        "interaction_id": interaction,
        "created_at": now,
    }
    insert_new(conn, TaskRow, [row])


def _stop(conn: Connection, event: CallEvent, message: Spoken, interaction: int, key: bytes) -> None:
    """Withdraws consent to automatic calls, from whatever number of ours; texts and mails are another matter."""
    address, at = str(event.called), event.occurred_at
    evidence: dict[str, Any] = {
        "identity_id": message.identity_id,
        "purpose": CALLS,
        "granted": False,
        "wording": "Pressed 9, for no more calls like this.",
        "source": f"a call by {event.channel}",
        "at": at,
        "interaction_id": interaction,
    }
    consents.record(conn, [evidence], key)
    consents.suppress(conn, address, "withdrawn", at, purpose=CALLS, detail=evidence["wording"])
