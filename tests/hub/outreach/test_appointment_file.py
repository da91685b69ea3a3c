"""With a reminder by mail goes the appointment for the customer's calendar."""

from __future__ import annotations

from datetime import timedelta

from channels.email_message.calendar import read_events
from hub.model.calendar_event import Method
from hub.outreach.appointment_file import appointment_file
from tests.builders import NOW

BOOKED = {
    "id": 7, "external_id": None, "title": "Check-up; boiler", "location": "Room 1, left", "revision": 3,
    "starts_at": NOW, "ends_at": None, "changed_at": NOW,
}  # fmt: skip


def test_file_is_read_as_the_appointment_and_a_later_revision_replaces_it() -> None:
    file = appointment_file(BOOKED, "Example Ltd", "hub.example.com")
    assert file is not None
    assert (file.filename, file.content_type) == ("appointment.ics", "text/calendar")
    [event] = read_events(file.content or b"")
    assert (event.uid, event.sequence, event.method) == ("appointment-7@hub.example.com", 2, Method.PUBLISH)
    assert (event.title, event.location) == ("Check-up; boiler · Example Ltd", "Room 1, left")
    assert (event.starts_at, event.ends_at) == (NOW, NOW + timedelta(hours=1))
    again = appointment_file(BOOKED, "Example Ltd", "hub.example.com")
    assert again == file, "every attempt is the same mail"


def test_what_the_customer_invited_us_to_is_in_their_calendar_already() -> None:
    assert appointment_file({**BOOKED, "external_id": "ical:tea@example.com"}, "Example Ltd", "hub.example.com") is None
