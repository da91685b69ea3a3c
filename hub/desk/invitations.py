"""Invitations become appointments: one click books, changes, confirms or cancels; the same click again does nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.model.calendar_event import CalendarEvent, Step
from hub.model.errors import Refused
from hub.store import appointments, audit, invitations
from hub.store.audit import Actor
from hub.store.invitations import Invitation

_DONE = {
    Step.BOOK: "created",
    Step.CHANGE: "changed",
    Step.CANCEL: "cancelled",
    Step.CONFIRM: "confirmed",
}


def act(conn: Connection, invitation_id: int, seen: str, time_zone: str, by: Actor) -> tuple[int, Step]:
    """Does what an invitation asks for; returns the appointment and what was done, nothing where it was done before.

    `seen`: the step that staff saw; where another one is due meanwhile nothing is done. `time_zone`: of events that
    name none. Raises NotFound and Refused.
    """
    found = invitations.get(conn, invitation_id)
    step, known = found.step(time_zone), found.appointment
    if step is Step.NOTHING or step != seen:
        _explain(found, step)
        assert known is not None
        return int(known["id"]), Step.NOTHING
    event = found.event_in(time_zone)
    if step is Step.BOOK or step is Step.CHANGE:
        made = _put(conn, event, found.customer_id, time_zone, by)
    else:
        assert known is not None
        made = int(known["id"])
        change = appointments.cancel if step is Step.CANCEL else appointments.confirm
        change(conn, made, revision=known["revision"], now=by.at)
    invitations.note_act(conn, invitation_id, made, by.at)
    audit.note(conn, by, f"appointment.{_DONE[step]}", f"appointment/{made}", {"invitation": invitation_id})
    return made, step


def _explain(found: Invitation, step: Step) -> None:
    """Raises Refused unless it was done before, by this version or by a click beside this one."""
    known = found.appointment
    if found.replaced:
        raise Refused("A later mail changed this invitation.", next_step="Look at the later mail and use that one.")
    if known is not None and known["customer_id"] != found.customer_id:
        raise Refused(
            f"This invitation is an appointment of another customer (number {known['customer_id']}).",
            next_step="Merge the two customers if they are one person, or book the appointment by hand.",
        )
    if known is None or step is not Step.NOTHING:
        raise Refused("This invitation asks for something else now.", next_step="Look at it again first.")


def _put(conn: Connection, event: CalendarEvent, customer_id: int, time_zone: str, by: Actor) -> int:
    assert event.starts_at is not None
    more: dict[str, Any] = {"ends_at": event.ends_at, "location": event.location}
    known = appointments.by_external_id(conn, [invitations.external_id(event)])
    if not known:
        more["note"] = event.description
    elif next(iter(known.values()))["state"] == appointments.CANCELLED:
        more["state"] = appointments.BOOKED
    made, _outcome = appointments.upsert(
        conn,
        invitations.external_id(event),
        customer_id=customer_id,
        title=(event.title or event.organiser.name or event.organiser.address or "–")[:200],
        starts_at=event.starts_at,
        time_zone=event.time_zone or time_zone,
        now=by.at,
        source="invitation",
        **more,
    )
    return made
