"""Invitations: the calendar events that mails brought, what replaced them, and the appointments made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from hub.model.calendar_event import CalendarEvent, Step, as_json, from_json, next_step
from hub.model.errors import NotFound
from hub.model.local_time import zone
from hub.store import appointments
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow, InvitationRow

_EXTERNAL = "ical:"
# So many versions of one event are compared; who sends more sees the last ones only.
_VERSIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One event of a mail, with the appointment that it is about and whether a later mail says otherwise.

    `appointment_id`: what a click made of this very version.
    """

    id: int
    interaction_id: int
    customer_id: int
    event: CalendarEvent
    customer_zone: str = ""
    appointment: Mapping[str, Any] | None = None
    replaced: bool = False
    appointment_id: int | None = None

    def event_in(self, time_zone: str) -> CalendarEvent:
        """Returns the event; what it leaves without a zone is in this one."""
        return self.event.placed_in(zone(time_zone))

    def step(self, time_zone: str) -> Step:
        """Returns what one click does."""
        known = self.appointment
        if self.replaced or (known is not None and known["customer_id"] != self.customer_id):
            return Step.NOTHING
        return next_step(self.event_in(time_zone), known)


_ROWS = (
    select(
        InvitationRow.id,
        InvitationRow.interaction_id,
        InvitationRow.key,
        InvitationRow.event,
        InvitationRow.appointment_id,
        IdentityRow.customer_id,
        CustomerRow.time_zone,
    )
    .join(InteractionRow, InteractionRow.id == InvitationRow.interaction_id)
    .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
    .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
)
_OF_INTERACTIONS = _ROWS.where(InvitationRow.interaction_id.in_(bindparam("ids", expanding=True))).order_by(
    InvitationRow.interaction_id, InvitationRow.position
)
_OF_KEYS = (
    _ROWS.where(InvitationRow.key.in_(bindparam("keys", expanding=True)))
    .order_by(InvitationRow.id.desc())
    .limit(_VERSIONS)
)


def external_id(event: CalendarEvent) -> str:
    """Returns under which name the appointment of an event is known, the same for every version of it."""
    return f"{_EXTERNAL}{event.key}"


def uid_of(external: str | None) -> str:
    """Returns the UID of the invitation that an appointment was made of, else nothing."""
    return external.removeprefix(_EXTERNAL).partition("/")[0] if external and external.startswith(_EXTERNAL) else ""


def keep(conn: Connection, brought: Sequence[tuple[int, Sequence[CalendarEvent]]]) -> None:
    """Keeps the events that mails brought: (interaction, events)."""
    rows = [
        {"interaction_id": interaction, "position": position, "key": event.key, "event": as_json(event)}
        for interaction, events in brought
        for position, event in enumerate(events)
    ]
    if rows:
        conn.execute(insert(InvitationRow), rows)


def of_interactions(conn: Connection, interactions: Sequence[int]) -> dict[int, tuple[Invitation, ...]]:
    """Returns the invitations of each mail that brought any."""
    rows = conn.execute(_OF_INTERACTIONS, {"ids": interactions}).all() if interactions else []
    found: dict[int, tuple[Invitation, ...]] = {}
    for made in _made(conn, rows):
        found[made.interaction_id] = (*found.get(made.interaction_id, ()), made)
    return found


def get(conn: Connection, invitation_id: int) -> Invitation:
    """Returns one invitation. Raises NotFound."""
    rows = conn.execute(_ROWS.where(InvitationRow.id == invitation_id)).all()
    if not rows:
        raise NotFound(f"There is no invitation {invitation_id}.")
    return _made(conn, rows)[0]


def note_act(conn: Connection, invitation_id: int, appointment_id: int, now: datetime) -> None:
    """Notes which appointment a click made or changed by an invitation."""
    acted = update(InvitationRow).where(InvitationRow.id == invitation_id)
    conn.execute(acted.values(appointment_id=appointment_id, acted_at=now))


def _made(conn: Connection, rows: Sequence[Any]) -> list[Invitation]:
    """Returns rows as invitations; only mails with the same customer replace each other."""
    if not rows:
        return []
    events = {row.id: from_json(row.event) for row in rows}
    versions: dict[tuple[str, int], list[CalendarEvent]] = {}
    for row in conn.execute(_OF_KEYS, {"keys": sorted({row.key for row in rows})}):
        versions.setdefault((row.key, row.customer_id), []).append(from_json(row.event))
    known = appointments.by_external_id(conn, [external_id(event) for event in events.values()])
    return [
        Invitation(
            id=row.id,
            interaction_id=row.interaction_id,
            customer_id=row.customer_id,
            customer_zone=row.time_zone,
            event=events[row.id],
            appointment=known.get(external_id(events[row.id])),
            replaced=any(
                events[row.id].is_replaced_by(other) for other in versions.get((row.key, row.customer_id), ())
            ),
            appointment_id=row.appointment_id,
        )
        for row in rows
    ]
