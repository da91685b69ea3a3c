"""What stands: the appointment, birthday or service that a message is about, as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.birthday import celebrated
from hub.model.equipment import IN_USE
from hub.model.sequence import Standing
from hub.outreach.day_time import midnight
from hub.outreach.gates import DUE, Event
from hub.outreach.seen_values import PAUSED
from hub.store import (
    appointments,
    birthdays,
    calls_back,
    carts,
    enrolments,
    equipment,
    offer_codes,
    offers,
    record_days,
    slots,
)
from hub.store.tables import AppointmentRow, CustomerRow, EquipmentRow
from hub.store.tables.base import EPOCH

_ON_THE_WAY = (Standing.ACTIVE, Standing.DONE)


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
    if those := by_about.get(enrolments.ABOUT):
        found |= _by_id(those, _sequences(conn, _ids(those)))
    for about in (record_days.PURCHASE, record_days.LAPSE, record_days.INQUIRY):
        if those := by_about.get(about):
            stands = record_days.stand(conn, about, _ids(those))
            known = {one: Event(revision=1, starts_at=at, state=state) for one, (at, state) in stands.items()}
            found |= _by_id(those, known)
    if those := by_about.get(calls_back.ABOUT):
        due = calls_back.stand(conn, _ids(those))
        found |= _by_id(those, {one: Event(revision=1, starts_at=at, state=state) for one, (at, state) in due.items()})
    if those := by_about.get(slots.ABOUT):
        known = {
            one: Event(
                revision=1, starts_at=row["starts_at"], state=DUE if row["state"] == slots.OPEN else row["state"]
            )
            for one, row in slots.by_id(conn, _ids(those)).items()
        }
        found |= _by_id(those, known)
    if those := by_about.get(offers.ABOUT):
        found |= _by_id(those, _offers(conn, _ids(those)))
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


def _offers(conn: Connection, ids: Sequence[int]) -> dict[int, Event]:
    """A code that was redeemed, or whose offer was closed, is nothing to write of."""
    found = {}
    for code, row in offer_codes.by_id(conn, ids).items():
        state = "redeemed" if row["redeemed_at"] else DUE if row["is_open"] else "closed"
        found[code] = Event(revision=1, starts_at=row["expires_at"] or EPOCH, state=state)
    return found


def _sequences(conn: Connection, ids: Sequence[int]) -> dict[int, Event]:
    """Who went through to the end still gets what was planned on the way, but not of a cart that is bought."""
    found = {}
    over = carts.over(conn, enrolments.contexts(conn, ids))
    for enrolment, (revision, state, switch) in enrolments.stand(conn, ids).items():
        stands = PAUSED if switch == PAUSED else DUE if state in _ON_THE_WAY else state
        found[enrolment] = Event(revision=revision, starts_at=EPOCH, state=over.get(enrolment, stands))
    return found


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
