"""Free slots and who waits for one: many are asked, the first who says yes has it, the others are told kindly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, or_, select, update

from hub.model.errors import NotFound, Refused
from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose, State
from hub.store import appointments, customers, jobs, templates
from hub.store.outbox import cancel_about, plan_messages
from hub.store.tables import FreeSlotRow, MessageRow, SlotAskedRow, WaitingPlaceRow

ABOUT: Final = "slot"
OPEN, TAKEN, CLOSED = "open", "taken", "closed"
WAITING, SERVED, LEFT = "waiting", "served", "left"
ASKED, TOOK, DECLINED, LATE = "asked", "took", "declined", "late"
TEMPLATE, TAKEN_TEMPLATE, THANKS = "free_slot", "slot_taken", "appointment_confirmed"
# So many are asked about one slot; who comes later on the list waits for the next.
MOST_ASKED = 20
_TOLD_WITHIN = timedelta(hours=12)
_LONGEST = 300
_PLACE = WaitingPlaceRow.__table__.c
_SLOT = FreeSlotRow.__table__.c


def wait(
    conn: Connection,
    customer_id: int,
    title: str,
    now: datetime,
    *,
    not_before: date | None = None,
    not_after: date | None = None,
) -> int:
    """Puts somebody on the waiting list; who waits for the same already keeps their place. Raises Refused, NotFound."""
    title = _title(title)
    if not_before and not_after and not_after < not_before:
        raise Refused("The last day is before the first.", field="not_after")
    customers.require(conn, customer_id)
    span = {"not_before": not_before, "not_after": not_after, "changed_at": now}
    place = conn.scalar(
        select(WaitingPlaceRow.id).where(
            WaitingPlaceRow.customer_id == customer_id,
            WaitingPlaceRow.state == WAITING,
            func.lower(WaitingPlaceRow.title) == title.lower(),
        )
    )
    if place is not None:
        conn.execute(update(WaitingPlaceRow).where(WaitingPlaceRow.id == place).values(**span))
        return place
    row = {**span, "customer_id": customer_id, "title": title, "created_at": now}
    made: int = conn.execute(insert(WaitingPlaceRow).values(**row).returning(WaitingPlaceRow.id)).scalar_one()
    return made


def leave(conn: Connection, place_id: int, now: datetime) -> None:
    """Takes somebody off the list. Raises NotFound."""
    left = update(WaitingPlaceRow).where(WaitingPlaceRow.id == place_id, WaitingPlaceRow.state == WAITING)
    if conn.execute(left.values(state=LEFT, changed_at=now)).rowcount != 1:
        raise NotFound(f"Nobody waits at place {place_id}.")


def places(conn: Connection, *, title: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Returns who waits, by what they wait for, the longest first."""
    statement = select(*_PLACE).where(WaitingPlaceRow.state == WAITING)
    if title:
        statement = statement.where(func.lower(WaitingPlaceRow.title) == title.lower())
    rows = conn.execute(statement.order_by(func.lower(WaitingPlaceRow.title), WaitingPlaceRow.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def waiting_for(conn: Connection, title: str, day: date, limit: int = MOST_ASKED) -> list[dict[str, Any]]:
    """Returns who waits for this on this day, the longest first; nobody twice."""
    before, after = WaitingPlaceRow.not_before, WaitingPlaceRow.not_after
    rows = conn.execute(
        select(*_PLACE)
        .where(
            WaitingPlaceRow.state == WAITING,
            func.lower(WaitingPlaceRow.title) == title.strip().lower(),
            or_(before.is_(None), before <= day),
            or_(after.is_(None), after >= day),
        )
        .order_by(WaitingPlaceRow.id)
        .limit(limit)
    )
    return list({row.customer_id: dict(row._mapping) for row in rows}.values())


def open_slot(conn: Connection, fields: Mapping[str, Any], now: datetime, staff_id: int | None) -> int:
    """Adds a free slot (title, starts_at, ends_at, time_zone, location, channel) and returns its id. Raises Refused."""
    place: ZoneInfo = zone(fields["time_zone"])
    if fields["starts_at"] <= now:
        raise Refused(f"{fields['starts_at'].astimezone(place):%Y-%m-%d %H:%M} is past.", field="starts_at")
    row = {**fields, "title": _title(fields["title"]), "staff_id": staff_id, "created_at": now, "changed_at": now}
    made: int = conn.execute(insert(FreeSlotRow).values(**row).returning(FreeSlotRow.id)).scalar_one()
    return made


def note_asked(conn: Connection, slot_id: int, places: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Notes who is asked about a slot."""
    if places:
        same = {"slot_id": slot_id, "asked_at": now}
        rows = [{**same, "place_id": place["id"], "customer_id": place["customer_id"]} for place in places]
        conn.execute(insert(SlotAskedRow), rows)


def get(conn: Connection, slot_id: int) -> dict[str, Any]:
    """Returns a slot. Raises NotFound."""
    row = conn.execute(select(*_SLOT).where(FreeSlotRow.id == slot_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no free slot {slot_id}.")
    return dict(row._mapping)


def by_id(conn: Connection, slots: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns slots by their ids."""
    if not slots:
        return {}
    return {row.id: dict(row._mapping) for row in conn.execute(select(*_SLOT).where(FreeSlotRow.id.in_(slots)))}


def listed(conn: Connection, since: datetime, limit: int = 50) -> list[dict[str, Any]]:
    """Returns slots that begin after a moment, the soonest first."""
    coming = select(*_SLOT).where(FreeSlotRow.starts_at > since).order_by(FreeSlotRow.starts_at, FreeSlotRow.id)
    return [dict(row._mapping) for row in conn.execute(coming.limit(limit))]


def asked_about(conn: Connection, slots: Sequence[int]) -> list[dict[str, Any]]:
    """Returns who was asked about these slots, in order."""
    if not slots:
        return []
    rows = conn.execute(select(SlotAskedRow.__table__).where(SlotAskedRow.slot_id.in_(slots)).order_by(SlotAskedRow.id))
    return [dict(row._mapping) for row in rows]


def take(conn: Connection, slot_id: int, customer_id: int, now: datetime) -> int | None:
    """Gives a slot to a customer who was asked; returns the appointment, None where somebody was faster.

    The first of all processes wins, by compare-and-set; the others that heard of it are told, what was not sent yet is
    not sent. Raises NotFound.
    """
    slot = get(conn, slot_id)
    won = update(FreeSlotRow).where(FreeSlotRow.id == slot_id, FreeSlotRow.state == OPEN)
    if conn.execute(won.values(state=TAKEN, changed_at=now)).rowcount != 1:
        _answer(conn, slot_id, customer_id, LATE, now)
        return None
    made = appointments.create(
        conn,
        customer_id=customer_id,
        title=slot["title"],
        starts_at=slot["starts_at"],
        ends_at=slot["ends_at"],
        time_zone=slot["time_zone"],
        location=slot["location"],
        state=appointments.CONFIRMED,
        source="waiting list",
        now=now,
    )
    conn.execute(update(FreeSlotRow).where(FreeSlotRow.id == slot_id).values(appointment_id=made))
    _answer(conn, slot_id, customer_id, TOOK, now)
    place = select(SlotAskedRow.place_id).where(
        SlotAskedRow.slot_id == slot_id, SlotAskedRow.customer_id == customer_id
    )
    conn.execute(update(WaitingPlaceRow).where(WaitingPlaceRow.id.in_(place)).values(state=SERVED, changed_at=now))
    cancel_about(conn, ABOUT, slot_id, now, "slot_taken")
    _tell(conn, slot, customer_id, made, now)
    data = {"slot": slot_id, "appointment": made}
    jobs.emit(
        conn, [{"kind": "slot.taken", "customer_id": customer_id, "interaction_id": None, "data": data, "at": now}]
    )
    return made


def decline(conn: Connection, slot_id: int, customer_id: int, now: datetime) -> None:
    """Notes that somebody does not want a slot; they keep their place."""
    _answer(conn, slot_id, customer_id, DECLINED, now)


def close(conn: Connection, slot_id: int, now: datetime) -> None:
    """Withdraws a slot that nobody took. Raises Refused and NotFound."""
    get(conn, slot_id)
    closed = update(FreeSlotRow).where(FreeSlotRow.id == slot_id, FreeSlotRow.state == OPEN)
    if conn.execute(closed.values(state=CLOSED, changed_at=now)).rowcount != 1:
        raise Refused("The slot is not open any more.")
    cancel_about(conn, ABOUT, slot_id, now, "slot_closed")


def _answer(conn: Connection, slot_id: int, customer_id: int, state: str, now: datetime) -> None:
    theirs = (SlotAskedRow.slot_id == slot_id) & (SlotAskedRow.customer_id == customer_id)
    conn.execute(update(SlotAskedRow).where(theirs).values(state=state, answered_at=now))


def _tell(conn: Connection, slot: Mapping[str, Any], winner: int, appointment: int, now: datetime) -> None:
    """Thanks who has it, and tells the others who were asked and did not decline."""
    others = update(SlotAskedRow).where(SlotAskedRow.slot_id == slot["id"], SlotAskedRow.state == ASKED)
    late = set(conn.scalars(others.values(state=LATE).returning(SlotAskedRow.customer_id)))
    asked = conn.execute(
        select(MessageRow.customer_id, MessageRow.identity_id, MessageRow.channel, MessageRow.dedupe_key).where(
            MessageRow.about == ABOUT, MessageRow.about_id == slot["id"], MessageRow.state == State.ACCEPTED.value
        )
    )
    there = {name for name in (THANKS, TAKEN_TEMPLATE) if templates.active(conn, name)}
    rows = []
    for one in asked:
        has_it = one.customer_id == winner
        template = THANKS if has_it else TAKEN_TEMPLATE
        if template in there and (has_it or one.customer_id in late):
            about = (appointments.ABOUT, appointment, 1) if has_it else ("", None, None)
            rows.append(_message(slot, one, template, about, now))
    plan_messages(conn, rows)


def _message(
    slot: Mapping[str, Any], asked: Any, template: str, about: tuple[str, int | None, int | None], now: datetime
) -> dict[str, Any]:
    mail = ":mailto:" in asked.dedupe_key
    return {
        "dedupe_key": f"system:{template}:{slot['id']}:{asked.identity_id}",
        "origin": Origin.SYSTEM.value,
        "purpose": Purpose.SERVICE.value,
        "channel": asked.channel,
        "customer_id": asked.customer_id,
        "identity_id": asked.identity_id,
        "template": template,
        "about": about[0],
        "about_id": about[1],
        "about_revision": about[2],
        "content": {"slot": slot["id"]},
        "rfc_message_id": f"slot-{slot['id']}-{asked.identity_id}-{template}@hub" if mail else "",
        "state": State.READY.value,
        "due_at": now,
        "expires_at": min(now + _TOLD_WITHIN, slot["starts_at"]),
        "planned_at": now,
    }


def _title(title: str) -> str:
    if not 0 < len(title.strip()) <= _LONGEST:
        raise Refused(f"Say what for, in at most {_LONGEST} letters.", field="title")
    return title.strip()
