"""What stands: the appointment, birthday or service that a message is about, as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.birthday import celebrated
from hub.model.equipment import IN_USE
from hub.outreach.day_time import midnight
from hub.outreach.gates import DUE, Event
from hub.store import appointments, birthdays, equipment
from hub.store.tables import AppointmentRow, CustomerRow, EquipmentRow


def events(conn: Connection, messages: Sequence[Mapping[str, Any]]) -> dict[int, Event]:
    """Returns what each message is about, as it is now, by the message's id; without one where it is gone."""
    by_about: dict[str, list[Mapping[str, Any]]] = {}
    for message in messages:
        by_about.setdefault(message["about"], []).append(message)
    found: dict[int, Event] = {}
    if those := by_about.get(appointments.ABOUT):
        found |= _by_id(those, _appointments(conn, _ids(those)))
    if those := by_about.get(equipment.ABOUT):
        found |= _by_id(those, _services(conn, _ids(those)))
    if those := by_about.get(birthdays.ABOUT):
        found |= _birthdays(conn, those)
    return found


def _ids(messages: Iterable[Mapping[str, Any]]) -> list[int]:
    return sorted({message["about_id"] for message in messages if message["about_id"] is not None})


def _by_id(messages: Iterable[Mapping[str, Any]], known: Mapping[int, Event]) -> dict[int, Event]:
    return {message["id"]: known[message["about_id"]] for message in messages if message["about_id"] in known}


def _appointments(conn: Connection, ids: Sequence[int]) -> dict[int, Event]:
    columns = (AppointmentRow.id, AppointmentRow.revision, AppointmentRow.starts_at, AppointmentRow.state)
    rows = conn.execute(select(*columns).where(AppointmentRow.id.in_(ids)))
    return {row.id: Event(revision=row.revision, starts_at=row.starts_at, state=row.state) for row in rows}


def _services(conn: Connection, ids: Sequence[int]) -> dict[int, Event]:
    columns = (EquipmentRow.id, EquipmentRow.revision, EquipmentRow.next_service_on, EquipmentRow.state)
    rows = conn.execute(select(*columns).where(EquipmentRow.id.in_(ids)))
    return {
        row.id: Event(
            revision=row.revision,
            starts_at=midnight(row.next_service_on),
            state=DUE if row.state == IN_USE else row.state,
        )
        for row in rows
        if row.next_service_on is not None
    }


def _birthdays(conn: Connection, messages: Sequence[Mapping[str, Any]]) -> dict[int, Event]:
    rows = conn.execute(
        select(CustomerRow.id, CustomerRow.birthday).where(
            CustomerRow.id.in_(_ids(messages)), CustomerRow.birthday.is_not(None), CustomerRow.merged_into.is_(None)
        )
    )
    born = {row.id: row.birthday for row in rows}
    found = {}
    for message in messages:
        birthday = born.get(message["about_id"])
        if birthday is not None:
            year = datetime.fromisoformat(message["content"]["starts_at"]).year
            day = midnight(celebrated(birthday, year))
            found[message["id"]] = Event(revision=year, starts_at=day, state=DUE)
    return found
