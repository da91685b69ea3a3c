"""Calendar parts: the times, people and rules of invitations, whatever program wrote them (RFC 5545, 5546, 6047)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from channels.base import Raw
from channels.email_message.calendar import read_events
from channels.email_message.events import mail_events
from hub.model.calendar_event import Attendee, Method, Recurrence, Step, as_json, from_json, next_step
from hub.model.contact import InboundContact
from tests.builders import NOW

OWN_ZONE = """BEGIN:VTIMEZONE
TZID:%s
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*lines: str, method: str = "REQUEST", zone: str = "") -> bytes:
    """A calendar of one event, as it comes over the wire."""
    event = ["BEGIN:VEVENT", "UID:u1@example.com", *lines, "END:VEVENT"]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *zone.split("\n"), *event, "END:VCALENDAR"]
    return "\r\n".join(line for line in whole if line).encode()


def at(hour: int, day: int = 2, month: int = 7) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "instant", "name"),
    [
        pytest.param("DTSTART:20260702T080000Z", "", at(8), "", id="utc"),
        pytest.param("DTSTART;TZID=Europe/Prague:20260702T100000", "", at(8), "Europe/Prague", id="iana"),
        pytest.param("DTSTART;TZID=W. Europe Standard Time:20260702T100000", "", at(8), "Europe/Berlin", id="windows"),
        pytest.param(
            "DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20260702T040000",
            "", at(8), "America/New_York", id="with a vendor's prefix",
        ),
        pytest.param("DTSTART;TZID=Büro:20260702T100000", OWN_ZONE % "Büro", at(8), "", id="told here, summer"),
        pytest.param("DTSTART;TZID=Büro:20260202T100000", OWN_ZONE % "Büro", at(9, 2, 2), "", id="told here, winter"),
        pytest.param(
            "DTSTART;TZID=Mine:20260702T100000",
            (OWN_ZONE % "Mine").replace("TZID:Mine", "TZID:Mine\nX-LIC-LOCATION:Europe/Rome"),
            at(8), "Europe/Rome", id="told here with its place",
        ),
        pytest.param(
            'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin":20260102T100000', "", at(9, 2, 1), "", id="offset in the name"
        ),
        pytest.param("DTSTART;TZID=Nowhere/None:20260702T080000", "", at(8), "", id="unknown zone: as written"),
        pytest.param('DTSTART;TZID="tzone://Microsoft/Utc":20260702T080000', "", at(8), "UTC", id="exchange's utc"),
        pytest.param(
            "DTSTART;TZID=Europe/Prague:20260329T023000", "", at(1, 29, 3), "Europe/Prague", id="in the gap"
        ),
    ],
)  # fmt: skip
def test_start_is_read_in_the_zone_it_was_written_in(start: str, zone: str, instant: datetime, name: str) -> None:
    [event] = read_events(calendar(start, "SUMMARY:x", zone=zone))
    assert (event.starts_at, event.time_zone) == (instant, name)


@pytest.mark.parametrize(
    ("lines", "starts_at", "ends_at"),
    [
        pytest.param(("DTSTART:20260702T080000Z", "DTEND:20260702T090000Z"), at(8), at(9), id="end"),
        pytest.param(("DTSTART:20260702T080000Z", "DURATION:PT1H"), at(8), at(9), id="duration"),
        pytest.param(("DTSTART;VALUE=DATE:20260702",), at(0), at(0, 3), id="one day"),
        pytest.param(("DTSTART;VALUE=DATE:20260702", "DTEND;VALUE=DATE:20260704"), at(0), at(0, 4), id="two days"),
        pytest.param(("DTSTART:20260702T080000Z", "DTEND:20260701T080000Z"), at(8), None, id="ends before it starts"),
        pytest.param(("DTSTART:20260702T080000Z", "DURATION:P99999999999W"), at(8), None, id="lasts for ever"),
        pytest.param(("DTSTART:00010101T000000Z",), None, None, id="in the year 1"),
        pytest.param(("DTSTART:next Tuesday",), None, None, id="in words"),
    ],
)
def test_end_is_told_or_counted(lines: tuple[str, ...], starts_at: datetime | None, ends_at: datetime | None) -> None:
    [event] = read_events(calendar(*lines))
    assert (event.starts_at, event.ends_at) == (starts_at, ends_at)


def test_all_that_an_invitation_says_is_read_and_kept() -> None:
    [event] = read_events(
        calendar(
            "SUMMARY;LANGUAGE=de:Besprechung\\; Quartal\\, neu", "LOCATION:Raum 1", "SEQUENCE:2", "STATUS:CONFIRMED",
            "DTSTAMP:20260601T080000Z", "DTSTART;TZID=Europe/Prague:20260702T100000", "DESCRIPTION:One\\nTwo",
            'ORGANIZER;CN="Doe, John":mailto:john@example.com',
            "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Support:mailto:supp", " ort@example.com",
            "RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;UNTIL=20270101T000000Z",
            "BEGIN:VALARM", "DESCRIPTION:not this", "TRIGGER:-PT15M", "END:VALARM",
        )
    )  # fmt: skip
    assert (event.title, event.location, event.description) == ("Besprechung; Quartal, neu", "Raum 1", "One\nTwo")
    assert event.version == (2, datetime(2026, 6, 1, 8, tzinfo=UTC))
    assert event.organiser == Attendee(name="Doe, John", address="john@example.com")
    assert event.attendees == (Attendee(name="Support", address="support@example.com", answer="accepted"),)
    assert event.repeats == Recurrence(every="month", interval=2, weekdays=("1MO", "-1FR"), until="2027-01-01")
    assert from_json(as_json(event)) == event


def test_times_without_a_zone_are_those_of_the_place_where_they_are_read() -> None:
    [event] = read_events(calendar("DTSTART:20260702T100000", "DTEND:20260702T110000"))
    placed = event.placed_in(ZoneInfo("Europe/Prague"))
    assert (event.floating, placed.starts_at, placed.ends_at, placed.time_zone) == (True, at(8), at(9), "Europe/Prague")


BOMBS = {
    "rules of every second": b"BEGIN:VEVENT\nDTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n" * 3_000,
    "a zone of every second": calendar(
        "DTSTART;TZID=B:20260702T100000", zone=(OWN_ZONE % "B").replace("FREQ=YEARLY", "FREQ=SECONDLY")
    ),
    "depth": b"BEGIN:VEVENT\n" * 18_000,
    "a line of 250 KB": calendar("DTSTART:20260702T080000Z", "DESCRIPTION:" + "x" * 240_000),
    "folds": b"BEGIN:VEVENT\nSUMMARY:" + b"x\n " * 80_000 + b"\nEND:VEVENT",
    "parameters": b"BEGIN:VEVENT\nATTENDEE" + b";A=b" * 60_000 + b":x\nEND:VEVENT",
    "people": calendar(*["ATTENDEE;CN=a:mailto:a@example.com"] * 6_000),
    "noise": bytes(range(256)) * 1_000,
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_hostile_calendars_cost_little_and_give_at_most_twenty_events(content: bytes) -> None:
    started = time.process_time()
    events = read_events(b"BEGIN:VCALENDAR\n" + content)
    assert len(events) <= 20
    assert all(len(event.attendees) <= 50 for event in events)
    assert time.process_time() - started < 30


def test_a_mails_calendar_parts_come_with_its_contact_each_event_once() -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"], mail["Subject"] = "ada@example.com", "<m1@example.com>", "Invitation"
    mail.set_content("Come.")
    source = calendar("DTSTART:20260702T080000Z", "SUMMARY:Tea").decode()
    mail.add_alternative(source, subtype="calendar", params={"method": "REQUEST"})
    mail.add_attachment(source.encode(), maintype="application", subtype="ics", filename="invite.ics")
    raw = Raw(content=mail.as_bytes(), key="1", cursor=None, received_at=NOW)
    contact = mail_events(raw, channel="m", own_addresses=frozenset(), staff_addresses=frozenset())[0]
    assert isinstance(contact, InboundContact)
    assert [(event.title, event.method) for event in contact.invitations] == [("Tea", Method.REQUEST)]


KNOWN = {"starts_at": at(8), "ends_at": at(9), "title": "Tea", "location": "", "state": "booked"}
TIMES = ("DTSTART:20260702T080000Z", "DTEND:20260702T090000Z", "SUMMARY:Tea")
LATER = ("DTSTART:20260703T080000Z", "DTEND:20260703T090000Z", "SUMMARY:Tea")
ACCEPTS = ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.com",)
DECLINES = ("ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.com",)


@pytest.mark.parametrize(
    ("method", "lines", "state", "step"),
    [
        pytest.param("REQUEST", TIMES, None, Step.BOOK, id="new"),
        pytest.param("PUBLISH", TIMES, None, Step.BOOK, id="published"),
        pytest.param("REQUEST", ("SUMMARY:Tea",), None, Step.NOTHING, id="without a time"),
        pytest.param("REQUEST", TIMES, "booked", Step.NOTHING, id="booked as it is"),
        pytest.param("REQUEST", LATER, "booked", Step.CHANGE, id="moved"),
        pytest.param("REQUEST", TIMES, "cancelled", Step.CHANGE, id="invited again after a cancellation"),
        pytest.param("REQUEST", LATER, "attended", Step.NOTHING, id="over"),
        pytest.param("CANCEL", TIMES, "confirmed", Step.CANCEL, id="cancelled"),
        pytest.param("REQUEST", (*TIMES, "STATUS:CANCELLED"), "booked", Step.CANCEL, id="cancelled by its status"),
        pytest.param("CANCEL", TIMES, None, Step.NOTHING, id="cancelled before it was booked"),
        pytest.param("COUNTER", LATER, "booked", Step.CHANGE, id="another time proposed"),
        pytest.param("REPLY", ACCEPTS, "booked", Step.CONFIRM, id="accepted"),
        pytest.param("REPLY", ACCEPTS, "confirmed", Step.NOTHING, id="accepted twice"),
        pytest.param("REPLY", DECLINES, "booked", Step.CANCEL, id="declined"),
        pytest.param("REPLY", ACCEPTS, None, Step.NOTHING, id="answer about what is not ours"),
    ],
)
def test_one_click_does_what_the_newest_version_asks_for(
    method: str, lines: tuple[str, ...], state: str | None, step: Step
) -> None:
    [event] = read_events(calendar(*lines, method=method))
    assert next_step(event, {**KNOWN, "state": state} if state else None) is step
