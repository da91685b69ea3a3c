"""The appointment of a reminder as a calendar file (RFC 5545), so that one tap puts it into the customer's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from hub.model.contact import Attachment
from hub.store.invitations import uid_of

_WITHOUT_AN_END = timedelta(hours=1)


def appointment_file(appointment: Mapping[str, Any], business: str, host: str) -> Attachment | None:
    """Returns the file, the same for every attempt; a later revision replaces the entry in the calendar.

    None for an appointment that was made of the customer's own invitation: it is in their calendar, under their UID.
    """
    if uid_of(appointment["external_id"]):
        return None
    from icalendar import Calendar, Event

    starts_at = appointment["starts_at"].astimezone(UTC)
    event = Event()
    event.add("uid", f"appointment-{appointment['id']}@{host}")
    event.add("sequence", appointment["revision"] - 1)
    event.add("dtstamp", appointment["changed_at"].astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", starts_at)
    event.add("dtend", (appointment["ends_at"] or starts_at + _WITHOUT_AN_END).astimezone(UTC))
    event.add("summary", " · ".join(filter(None, (appointment["title"], business))))
    if appointment["location"]:
        event.add("location", appointment["location"])
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Interaction Hub//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return Attachment(filename="appointment.ics", content_type="text/calendar", content=calendar.to_ical())
