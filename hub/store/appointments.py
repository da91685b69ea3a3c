"""Appointments: every change raises the revision, tells of itself and cancels what waited about earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.local_time import zone
from hub.store import customers
from hub.store.jobs import emit
from hub.store.outbox import cancel_about
from hub.store.tables import AppointmentRow, milliseconds

ABOUT = "appointment"
BOOKED, CONFIRMED, CANCELLED = "booked", "confirmed", "cancelled"
TO_COME = (BOOKED, CONFIRMED)
STATES = (BOOKED, CONFIRMED, CANCELLED, "attended", "missed")
_EDITABLE = frozenset({"title", "starts_at", "ends_at", "time_zone", "location", "note"})
_ALL = AppointmentRow.__table__.c


def create(
    conn: Connection,
    *,
    customer_id: int,
    title: str,
    starts_at: datetime,
    time_zone: str,
    now: datetime,
    ends_at: datetime | None = None,
    location: str = "",
    note: str = "",
    external_id: str | None = None,
    source: str = "",
    state: str = BOOKED,
) -> int:
    """Books an appointment and returns its id; `time_zone`: IANA name of the place. Raises Refused and NotFound."""
    fields = {"title": title, "starts_at": starts_at, "ends_at": ends_at, "time_zone": time_zone, "state": state}
    _check(fields)
    customers.require(conn, customer_id)
    external_id = external_id or None
    if external_id and by_external_id(conn, [external_id]):
        raise Refused(f"There is an appointment {external_id!r} already.", field="external_id")
    row = {
        **fields,
        "customer_id": customer_id,
        "location": location,
        "note": note,
        "external_id": external_id,
        "source": source,
        "created_at": now,
        "changed_at": now,
    }
    made: int = conn.execute(insert(AppointmentRow).values(**row).returning(AppointmentRow.id)).scalar_one()
    _tell(conn, "appointment.created", {**row, "id": made, "revision": 1}, now)
    return made


def move(
    conn: Connection,
    appointment_id: int,
    *,
    revision: int,
    starts_at: datetime,
    now: datetime,
    ends_at: datetime | None = None,
    time_zone: str | None = None,
) -> int:
    """Moves an appointment; the end moves along when none is given. Returns the new revision.

    `revision`: the one that was seen; raises Refused when somebody changed it meanwhile, NotFound when there is none.
    """
    current = get(conn, appointment_id)
    if ends_at is None and current["ends_at"] is not None:
        ends_at = starts_at + (current["ends_at"] - current["starts_at"])
    changes = {"starts_at": starts_at, "ends_at": ends_at, "time_zone": time_zone or current["time_zone"]}
    return _change(conn, current, revision, changes, now, "appointment.moved")


def edit(conn: Connection, appointment_id: int, *, revision: int, changes: Mapping[str, Any], now: datetime) -> int:
    """Changes title, times, zone, location or note; returns the new revision. Raises Refused and NotFound."""
    unknown = sorted(set(changes) - _EDITABLE)
    if unknown:
        raise Refused(f"{unknown[0]!r} of an appointment cannot be changed.", field=unknown[0])
    current = get(conn, appointment_id)
    kind = "appointment.moved" if changes.get("starts_at", current["starts_at"]) != current["starts_at"] else None
    return _change(conn, current, revision, changes, now, kind or "appointment.changed")


def cancel(conn: Connection, appointment_id: int, *, revision: int, now: datetime) -> int:
    """Cancels an appointment; returns the new revision. Raises Refused and NotFound."""
    return _change(conn, get(conn, appointment_id), revision, {"state": CANCELLED}, now, "appointment.cancelled")


def confirm(conn: Connection, appointment_id: int, *, revision: int, now: datetime) -> int:
    """Marks an appointment as confirmed by the customer; returns the new revision. Raises Refused and NotFound."""
    current = get(conn, appointment_id)
    if current["state"] not in TO_COME:
        raise Refused(f"This appointment is {current['state']}; only a booked one can be confirmed.", field="state")
    return _change(conn, current, revision, {"state": CONFIRMED}, now, "appointment.confirmed")


def close(conn: Connection, appointment_id: int, *, revision: int, attended: bool, now: datetime) -> int:
    """Notes whether the customer came; returns the new revision. Raises Refused and NotFound."""
    state = "attended" if attended else "missed"
    return _change(conn, get(conn, appointment_id), revision, {"state": state}, now, f"appointment.{state}")


def upsert(
    conn: Connection,
    external_id: str,
    *,
    customer_id: int,
    title: str,
    starts_at: datetime,
    time_zone: str,
    now: datetime,
    source: str = "",
    **more: Any,
) -> tuple[int, str]:
    """Creates or changes the appointment of an external id; returns its id and created, changed or unchanged.

    `more`: ends_at, location, note, state. Saying the same again changes nothing, so imports can be repeated.
    """
    known = by_external_id(conn, [external_id]).get(external_id)
    wanted = {"title": title, "starts_at": starts_at, "time_zone": time_zone, **more}
    if known is None:
        made = create(conn, customer_id=customer_id, external_id=external_id, now=now, source=source, **wanted)
        return made, "created"
    if known["customer_id"] != customer_id:
        raise Refused(
            f"Appointment {external_id!r} belongs to another customer (number {known['customer_id']}).",
            field="external_id",
            next_step="Cancel it and use a new external id.",
        )
    changes = {name: value for name, value in wanted.items() if not _same(known[name], value)}
    if not changes:
        return known["id"], "unchanged"
    kind = f"appointment.{changes['state']}" if "state" in changes else "appointment.changed"
    if "starts_at" in changes:
        kind = "appointment.moved" if "state" not in changes else kind
    _change(conn, known, known["revision"], changes, now, kind)
    return known["id"], "changed"


def get(conn: Connection, appointment_id: int) -> dict[str, Any]:
    """Returns an appointment. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(AppointmentRow.id == appointment_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no appointment {appointment_id}.")
    return dict(row._mapping)


def by_external_id(conn: Connection, external_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns the appointments known under these external ids."""
    if not external_ids:
        return {}
    rows = conn.execute(select(*_ALL).where(AppointmentRow.external_id.in_(external_ids)))
    return {row.external_id: dict(row._mapping) for row in rows}


Key = tuple[datetime, int]


def between(
    conn: Connection,
    start: datetime,
    end: datetime,
    *,
    states: Sequence[str] = (),
    after: Key | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Returns appointments that start in [start, end), earliest first; `after`: the last (starts_at, id) seen."""
    statement = select(*_ALL).where(AppointmentRow.starts_at >= start, AppointmentRow.starts_at < end)
    return _page(conn, statement, states, after, limit)


def of_customer(
    conn: Connection,
    customer_id: int,
    *,
    since: datetime | None = None,
    states: Sequence[str] = (),
    after: Key | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Returns a customer's appointments, earliest first, from `since` on."""
    statement = select(*_ALL).where(AppointmentRow.customer_id == customer_id)
    if since is not None:
        statement = statement.where(AppointmentRow.starts_at >= since)
    return _page(conn, statement, states, after, limit)


def _page(
    conn: Connection, statement: Select[Any], states: Sequence[str], after: Key | None, limit: int
) -> list[dict[str, Any]]:
    if states:
        statement = statement.where(AppointmentRow.state.in_(states))
    if after is not None:
        start, last = after
        later = AppointmentRow.starts_at > start
        statement = statement.where(later | ((AppointmentRow.starts_at == start) & (AppointmentRow.id > last)))
    rows = conn.execute(statement.order_by(AppointmentRow.starts_at, AppointmentRow.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def _change(
    conn: Connection, current: Mapping[str, Any], revision: int, changes: Mapping[str, Any], now: datetime, kind: str
) -> int:
    _check({**current, **changes})
    changed = conn.execute(
        update(AppointmentRow)
        .where(AppointmentRow.id == current["id"], AppointmentRow.revision == revision)
        .values(**changes, revision=revision + 1, changed_at=now)
    )
    if changed.rowcount != 1:
        raise Refused(
            "Somebody else changed this appointment meanwhile.", field="revision", next_step="Look at it again first."
        )
    cancel_about(conn, ABOUT, current["id"], now, kind.replace(".", "_"), before_revision=revision + 1)
    _tell(conn, kind, {**current, **changes, "revision": revision + 1}, now)
    return revision + 1


def _check(fields: Mapping[str, Any]) -> None:
    """Raises Refused naming the field that makes no appointment."""
    if not str(fields["title"]).strip():
        raise Refused("An appointment needs a title.", field="title")
    zone(fields["time_zone"])
    starts_at, ends_at = fields["starts_at"], fields["ends_at"]
    if starts_at.tzinfo is None or (ends_at is not None and ends_at.tzinfo is None):
        raise Refused("The time of an appointment needs its offset from UTC.", field="starts_at")
    if ends_at is not None and ends_at < starts_at:
        raise Refused("The appointment ends before it starts.", field="ends_at")
    if fields["state"] not in STATES:
        raise Refused(f"{fields['state']!r} is no state of an appointment: {', '.join(STATES)}.", field="state")


def _same(stored: Any, given: Any) -> bool:
    if isinstance(stored, datetime) and isinstance(given, datetime):
        return milliseconds(stored) == milliseconds(given)
    return bool(stored == given)


def _tell(conn: Connection, kind: str, row: Mapping[str, Any], now: datetime) -> None:
    data = {
        "appointment": row["id"],
        "revision": row["revision"],
        "state": row["state"],
        "starts_at": row["starts_at"].isoformat(),
    }
    emit(conn, [{"kind": kind, "customer_id": row["customer_id"], "interaction_id": None, "data": data, "at": now}])
