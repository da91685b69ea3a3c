"""Import of appointments: a dry run, then for good, then again without doubling anything; on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.desk.appointment_columns import read_sheet, state_of
from hub.desk.appointment_import import Report, import_appointments
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.store import appointments, customers
from hub.store.session import Database
from hub.store.tables import AppointmentRow, CustomerRow, DomainEventRow
from tests.builders import NOW

FILE = """external_id,email,phone,name,start,time_zone,title,location,state
a1,ada@example.com,+14155550101,Ada,2026-03-05 10:00,Europe/Prague,Check-up,Room 1,booked
a2,grace@example.com,,Grace,2026-03-05T10:00:00+02:00,,Check-up,,confirmed
a3,,not a number,Eve,2026-03-05 10:00,,Check-up,,
a4,alan@example.com,,Alan,sometime,,Check-up,,
a5,alan@example.com,,Alan,2026-03-29 02:30,Europe/Prague,Check-up,,
,alan@example.com,,Alan,2026-03-05 10:00,,Check-up,,
"""


async def load(database: Database, text: str | bytes, *, dry: bool = False, **more: Any) -> Report:
    content = text.encode() if isinstance(text, str) else text
    return await import_appointments(database, content, NOW, **{"time_zone": "UTC", "region": "GB", "dry": dry, **more})


async def counted(database: Database) -> tuple[int, int, int]:
    def count(conn: Connection, _: None) -> tuple[int, int, int]:
        tables = (AppointmentRow, CustomerRow, DomainEventRow)
        appointments_, customers_, events = (conn.scalar(select(func.count()).select_from(t)) or 0 for t in tables)
        return appointments_, customers_, events

    return await database.read(count, None)


def outcomes(report: Report) -> list[tuple[int, str, str]]:
    return [(row.line, row.outcome, row.field) for row in report.rows]


EXPECTED = [
    (2, "created", ""),
    (3, "created", ""),
    (4, "rejected", "phone"),
    (5, "rejected", "start"),
    (6, "created", ""),
    (7, "rejected", "external_id"),
]


async def test_a_dry_run_reports_every_row_and_stores_nothing(database: Database) -> None:
    report = await load(database, FILE, dry=True)
    assert outcomes(report) == EXPECTED
    assert await counted(database) == (0, 0, 0)
    assert all(row.id is None for row in report.rows)


async def test_an_import_does_what_its_dry_run_said_and_may_be_repeated(database: Database) -> None:
    report = await load(database, FILE)
    assert outcomes(report) == EXPECTED
    assert report.counts == {"created": 3, "changed": 0, "unchanged": 0, "rejected": 3}
    before = await counted(database)
    assert before[:2] == (3, 3)
    again = await load(database, FILE)
    assert again.counts == {"created": 0, "changed": 0, "unchanged": 3, "rejected": 3}
    assert await counted(database) == before

    def look(conn: Connection, _: None) -> Any:
        return appointments.by_external_id(conn, ["a1", "a2", "a5"])

    rows = await database.read(look, None)
    assert rows["a1"]["starts_at"] == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    assert rows["a2"]["starts_at"] == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
    assert rows["a2"]["state"] == "confirmed"
    assert rows["a5"]["starts_at"] == datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "in the gap: the first instant after"


async def test_a_row_that_changed_changes_its_appointment_and_what_is_not_said_stays(database: Database) -> None:
    await load(database, FILE)
    report = await load(database, "id;email;start\na1;ada@example.com;2026-03-05 11:00\n", time_zone="Europe/Prague")
    assert [row.outcome for row in report.rows] == ["changed"]
    row = (await database.read(lambda conn, _: appointments.by_external_id(conn, ["a1"]), None))["a1"]
    assert (row["revision"], row["location"]) == (2, "Room 1")


async def test_known_customers_are_found_and_get_the_address_they_lacked(database: Database) -> None:
    def ada(conn: Connection, _: None) -> int:
        return customers.create_customer(conn, {"display_name": "Ada L."}, [Identity("mailto", "ada@example.com")], NOW)

    known = await database.write(ada, None)
    report = await load(database, FILE)
    row = (await database.read(lambda conn, _: appointments.by_external_id(conn, ["a1"]), None))["a1"]
    assert (row["id"], row["customer_id"]) == (report.rows[0].id, known)
    held = await database.read(lambda conn, _: customers.find_identities(conn, [Identity("tel", "+14155550101")]), None)
    assert [one.customer_id for one in held.values()] == [known]
    name = await database.read(lambda conn, _: conn.scalar(select(CustomerRow.display_name)), None)
    assert name == "Ada L.", "a name that is there is not overwritten"


async def test_addresses_of_two_customers_in_one_row_are_refused(database: Database) -> None:
    def two(conn: Connection, _: None) -> None:
        customers.create_customer(conn, {}, [Identity("mailto", "ada@example.com")], NOW)
        customers.create_customer(conn, {}, [Identity("tel", "+14155550101")], NOW)

    await database.write(two, None)
    report = await load(database, FILE)
    assert outcomes(report)[0] == (2, "rejected", "customer")
    assert "two customers" in report.rows[0].reason


@pytest.mark.parametrize(
    ("text", "when"),
    [
        pytest.param("id,email,start\n1,a@example.com,2026-03-05 10:00", "2026-03-05 10:00", id="ISO"),
        pytest.param("id,email,start\n1,a@example.com,2026-03-05T10:00:30Z", "2026-03-05 10:00", id="ISO with zone"),
        pytest.param("id,email,start\n1,a@example.com,5.3.2026 10:00", "2026-03-05 10:00", id="dots: day first"),
        pytest.param("id,email,start\n1,a@example.com,5. 3. 2026 10.00", "2026-03-05 10:00", id="Czech"),
        pytest.param("id,email,start\n1,a@example.com,05/03/2026 10:00", "2026-03-05 10:00", id="slashes in Britain"),
        pytest.param("id,email,start\n1,a@example.com,03/15/2026 2:30 PM", "2026-03-15 14:30", id="proven month first"),
        pytest.param("id,email,date,time\n1,a@example.com,2026-03-05,9:15 am", "2026-03-05 09:15", id="two columns"),
        pytest.param("ID;E-mail;Začátek\n1;a@example.com;5.3.2026 10:00", "2026-03-05 10:00", id="Czech headings"),
        pytest.param("id\temail\tinício\n1\ta@example.com\t2026-03-05 12:00 AM", "2026-03-05 00:00", id="midnight"),
    ],
)
async def test_times_are_read_as_people_write_them(database: Database, text: str, when: str) -> None:
    report = await load(database, text)
    assert [row.outcome for row in report.rows] == ["created"], report.rows
    row = (await database.read(lambda conn, _: appointments.by_external_id(conn, ["1"]), None))["1"]
    assert f"{row['starts_at']:%Y-%m-%d %H:%M}" == when


@pytest.mark.parametrize(
    ("columns", "cells", "minutes"),
    [
        pytest.param("minutes", "45", 45, id="minutes"),
        pytest.param("end", "10:45", 45, id="a time of day"),
        pytest.param("end", "2026-03-05 11:00", 60, id="a whole time"),
        pytest.param("end", "", None, id="not said"),
    ],
)
async def test_an_end_may_be_said_in_several_ways(
    database: Database, columns: str, cells: str, minutes: int | None
) -> None:
    await load(database, f"id,email,start,{columns}\n1,a@example.com,2026-03-05 10:00,{cells}\n")
    row = (await database.read(lambda conn, _: appointments.by_external_id(conn, ["1"]), None))["1"]
    assert row["ends_at"] == (row["starts_at"] + timedelta(minutes=minutes) if minutes else None)


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        ("2026-03-05", "start"),
        ("2026-02-30 10:00", "start"),
        ("31/31/2026 10:00", "start"),
        ("2026-03-05 25:00", "start"),
        ("2026-03-05 13:00 pm", "start"),
        ("", "start"),
        ("=1+1", "start"),
    ],
)
async def test_a_time_that_is_none_rejects_its_row_alone(database: Database, cell: str, field: str) -> None:
    text = f"id,email,start\n1,a@example.com,{cell}\n2,b@example.com,2026-03-05 10:00\n"
    report = await load(database, text)
    assert outcomes(report) == [(2, "rejected", field), (3, "created", "")]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        pytest.param(b"email,start\n", "external_id", id="nothing names the appointment"),
        pytest.param(b"id,start\n", "customer", id="nobody comes"),
        pytest.param(b"id,email\n", "start", id="no time"),
        pytest.param(b"", "external_id", id="an empty file"),
        pytest.param(b"PK\x03\x04" + bytes(range(256)), "external_id", id="no text at all"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(content: bytes, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sheet(content, region="US")
    assert refused.value.field == field


def test_another_encoding_is_recognised() -> None:
    text = "číslo;e-mail;začátek;název\n1;a@example.com;5.3.2026 10:00;Prohlídka žlučníku\n" * 5
    sheet = read_sheet(text.encode("cp1250"), region="CZ")
    assert sheet.rows[0][1]["title"] == "Prohlídka žlučníku"
    assert sheet.columns["external_id"] == "číslo"


def test_columns_that_mean_nothing_are_named() -> None:
    sheet = read_sheet(b"id,email,start,Shoe size\n", region="US")
    assert sheet.ignored == ("Shoe size",)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("", "booked"),
        ("Confirmed", "confirmed"),
        ("CANCELED", "cancelled"),
        ("no-show", "missed"),
        ("Zrušeno", "cancelled"),
    ],
)
def test_states_are_read_as_people_write_them(word: str, state: str) -> None:
    assert state_of(word) == state


def test_a_state_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused):
        state_of("perhaps")
