"""An invitation on the timeline becomes an appointment by one click, once, and follows its later versions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from channels.email_message.calendar import read_events
from hub.model.calendar_event import CalendarEvent
from hub.store.session import Database, open_database
from hub.store.tables import AppointmentRow, InvitationRow
from tests.builders import incoming, later, mail
from tests.desk_world import ADA, customer_of, take
from tests.hub.web.pages.test_acts import value
from tests.web_room import WebRoom

CALENDAR = """BEGIN:VCALENDAR\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:tea@example.com\r
SEQUENCE:{sequence}\r
DTSTAMP:20260301T080000Z\r
SUMMARY:Tea <b>and</b> engines\r
LOCATION:Room 1\r
ORGANIZER;CN=Ada:mailto:ada@example.com\r
DTSTART;TZID=America/New_York:2026070{day}T040000\r
DTEND;TZID=America/New_York:2026070{day}T050000\r
RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database on the engine that tells the same faster."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


def invites(method: str = "REQUEST", sequence: int = 0, day: int = 2) -> tuple[CalendarEvent, ...]:
    return read_events(CALENDAR.format(method=method, sequence=sequence, day=day).encode())


async def test_invitation_is_booked_changed_and_cancelled_by_one_click_each(room: WebRoom) -> None:
    database = room.services.database

    async def arrive(number: int, events: tuple[CalendarEvent, ...]) -> int:
        written = mail("ada@example.com", "Come.", id=f"i{number}@example.com", subject="Tea", at=later(minutes=number))
        [kept] = await take(database, incoming(replace(written, invitations=events)))
        return (await value(room, select(InvitationRow.id).where(InvitationRow.interaction_id == kept)))[0]

    async def appointments() -> list[tuple[str, int, int]]:
        rows = await database.read(
            lambda conn, _: conn.execute(
                select(AppointmentRow.state, AppointmentRow.starts_at, AppointmentRow.revision)
            ).all(),
            None,
        )
        return [(row.state, row.starts_at.day, row.revision) for row in rows]

    first = await arrive(1, invites())
    customer, _ = await customer_of(database, ADA)
    async with room.browser("viewer") as browser:
        page = (await browser.get(f"/customers/{customer}")).text
        assert "Tea &lt;b&gt;and&lt;/b&gt; engines" in page
        assert "every 2 weeks, Tuesday and Thursday" in page
        assert "New York: 4:00" in page.replace("\u202f", " ")
        assert "/invitations/" not in page
        assert (await browser.post(f"/invitations/{first}", {"step": "book"})).status == 403
    async with room.browser("agent") as browser:
        assert "Make it an appointment" in (await browser.get(f"/customers/{customer}")).text
        for _again in range(2):
            answer = await browser.post(f"/invitations/{first}", {"step": "book"})
            assert (answer.status, answer.headers["Location"]) == (303, "/appointments/1")
        assert await appointments() == [("booked", 2, 1)]
        second = await arrive(2, invites(sequence=1, day=3))
        assert "changed by a later mail" in (await browser.get(f"/customers/{customer}")).text
        assert (await browser.post(f"/invitations/{first}", {"step": "change"})).status == 422
        assert (await browser.post(f"/invitations/{second}", {"step": "change"})).status == 303
        assert await appointments() == [("booked", 3, 2)]
        last = await arrive(3, invites("CANCEL", 2, 3))
        assert "Cancel the appointment" in (await browser.get(f"/customers/{customer}")).text
        assert (await browser.post(f"/invitations/{last}", {"step": "cancel"})).status == 303
        assert await appointments() == [("cancelled", 3, 3)]

    # A stranger who knows the UID changes nothing of hers, and cannot take the appointment over.
    [theirs] = await take(
        database,
        incoming(replace(mail("eve@example.net", "Come.", id="e@example.net"), invitations=invites(sequence=9))),
    )
    headers = {"Authorization": f"Bearer {await room.token('agent')}"}
    async with room.browser() as browser:
        listed = await browser.get(f"/api/v1/interactions/{theirs}/invitations", headers=headers)
        assert '"step":""' in listed.text
        assert '"replaced":false' in listed.text
        refused = await browser.ask("POST", f"/api/v1/invitations/{last + 1}", json={"step": "change"}, headers=headers)
        assert refused.status == 422
        assert "another customer" in refused.text
    assert await appointments() == [("cancelled", 3, 3)]
