"""Answering a reminder by its link: who was reminded of an appointment says that they come, or that they do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotFound
from hub.model.local_time import zone
from hub.model.reminder_answers import ReminderAnswer
from hub.store import appointments, interactions, jobs
from hub.store.tables import AppointmentRow, MessageRow, TaskRow
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reminder is about. `stands`: it can still be answered; `state` of the appointment, times as instants."""

    message_id: int
    appointment: int
    customer_id: int
    title: str
    location: str
    starts_at: datetime
    time_zone: str
    state: str
    stands: bool
    language: str
    interaction: int | None
    channel: str

    @property
    def local(self) -> datetime:
        """Returns when it begins on the clock of its place."""
        return self.starts_at.astimezone(zone(self.time_zone))


def asked(conn: Connection, message_id: int, now: datetime) -> Asked:
    """Returns what the reminder behind a link asks. Raises NotFound for a message about no appointment."""
    row = conn.execute(
        select(
            MessageRow.interaction_id, MessageRow.channel, MessageRow.content, AppointmentRow.id,
            AppointmentRow.customer_id, AppointmentRow.title, AppointmentRow.location, AppointmentRow.starts_at,
            AppointmentRow.time_zone, AppointmentRow.state,
        )
        .join(AppointmentRow, AppointmentRow.id == MessageRow.about_id)
        .where(MessageRow.id == message_id, MessageRow.about == appointments.ABOUT)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such reminder.")
    reminded_of = row.content.get("starts_at")
    same = reminded_of is None or datetime.fromisoformat(reminded_of) == row.starts_at
    return Asked(
        message_id=message_id,
        appointment=row.id,
        customer_id=row.customer_id,
        title=row.title,
        location=row.location,
        starts_at=row.starts_at,
        time_zone=row.time_zone,
        state=row.state,
        stands=same and row.state in appointments.TO_COME and row.starts_at > now,
        language=str((row.content.get("rendered") or {}).get("language", "")),
        interaction=row.interaction_id,
        channel=row.channel,
    )


def answer(conn: Connection, message_id: int, said: ReminderAnswer, now: datetime) -> bool:
    """Does what was said, once; returns whether it could still be said. Raises NotFound."""
    found = asked(conn, message_id, now)
    if not found.stands:
        return False
    if said is ReminderAnswer.CONFIRMED:
        current = appointments.get(conn, found.appointment)
        if current["state"] == appointments.BOOKED:
            appointments.confirm(conn, found.appointment, revision=current["revision"], now=now)
    else:
        _ask_staff(conn, found, now)
    _tell(conn, found, said, now)
    return True


def _ask_staff(conn: Connection, found: Asked, now: datetime) -> None:
    row = {
        "key": f"answer:link:{found.message_id}",
        "kind": "reminder_answer",
        "title": f"Does not come: {found.title}, {found.local:%Y-%m-%d %H:%M}",
        "customer_id": found.customer_id,
        "interaction_id": found.interaction,
        "created_at": now,
    }
    insert_new(conn, TaskRow, [row])


def _tell(conn: Connection, found: Asked, said: ReminderAnswer, now: datetime) -> None:
    kind = f"reminder.{said}"
    data: dict[str, Any] = {
        "appointment": found.appointment,
        "title": found.title,
        "starts_at": found.starts_at.isoformat(),
        "time_zone": found.time_zone,
        "message": found.message_id,
    }
    if found.interaction is not None:
        learnt = {"interaction_id": found.interaction, "channel": found.channel, "kind": kind, "data": data, "at": now}
        if not interactions.learn(conn, [{**learnt, "key": f"link:{found.message_id}:{said}"}]):
            return
    event = {"kind": kind, "customer_id": found.customer_id, "interaction_id": found.interaction}
    jobs.emit(conn, [{**event, "data": data, "at": now}])
