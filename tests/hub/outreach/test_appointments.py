"""Appointments: revisions, events, what they cancel, and imports that may be repeated; on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store import appointments, customers
from hub.store.session import Database
from hub.store.tables import DomainEventRow
from tests.builders import NOW

TOMORROW = NOW + timedelta(days=1)


def made(conn: Connection, **more: Any) -> int:
    customer = customers.create_customer(conn, {"display_name": "Ada"}, [], NOW)
    fields = {"title": "Check-up", "starts_at": TOMORROW, "time_zone": "Europe/Prague", "now": NOW, **more}
    return appointments.create(conn, customer_id=customer, **fields)


def events(conn: Connection) -> list[str]:
    return list(conn.scalars(select(DomainEventRow.kind).order_by(DomainEventRow.id)))


async def test_every_change_raises_the_revision_and_tells_of_itself(database: Database) -> None:
    def work(conn: Connection, _: None) -> Any:
        one = made(conn, ends_at=TOMORROW + timedelta(minutes=30))
        assert appointments.confirm(conn, one, revision=1, now=NOW) == 2
        assert appointments.move(conn, one, revision=2, starts_at=TOMORROW + timedelta(hours=1), now=NOW) == 3
        assert appointments.edit(conn, one, revision=3, changes={"location": "Room 2"}, now=NOW) == 4
        assert appointments.cancel(conn, one, revision=4, now=NOW) == 5
        return appointments.get(conn, one), events(conn)

    row, told = await database.write(work, None)
    assert (row["revision"], row["state"], row["location"]) == (5, "cancelled", "Room 2")
    assert row["ends_at"] - row["starts_at"] == timedelta(minutes=30), "the end moves along"
    assert told == [
        "appointment.created",
        "appointment.confirmed",
        "appointment.moved",
        "appointment.changed",
        "appointment.cancelled",
    ]


async def test_of_two_who_change_the_same_revision_the_second_is_refused(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        one = made(conn)
        appointments.cancel(conn, one, revision=1, now=NOW)
        with pytest.raises(Refused, match="meanwhile"):
            appointments.move(conn, one, revision=1, starts_at=TOMORROW, now=NOW)
        assert appointments.get(conn, one)["state"] == "cancelled"

    await database.write(work, None)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        pytest.param({"title": "  "}, "title", id="no title"),
        pytest.param({"time_zone": "Mars/Olympus"}, "time_zone", id="no such zone"),
        pytest.param({"starts_at": NOW.replace(tzinfo=None)}, "starts_at", id="a time without its zone"),
        pytest.param({"ends_at": NOW}, "ends_at", id="the end before the start"),
        pytest.param({"state": "perhaps"}, "state", id="no such state"),
    ],
)
async def test_what_makes_no_appointment_is_refused_by_its_field(
    database: Database, fields: dict[str, Any], where: str
) -> None:
    with pytest.raises(Refused) as refused:
        await database.write(lambda conn, _: made(conn, **fields), None)
    assert refused.value.field == where


async def test_a_customer_or_appointment_that_does_not_exist_is_not_found(database: Database) -> None:
    def nobody(conn: Connection, _: None) -> None:
        appointments.create(conn, customer_id=999, title="x", starts_at=NOW, time_zone="UTC", now=NOW)

    with pytest.raises(NotFound):
        await database.write(nobody, None)
    with pytest.raises(NotFound):
        await database.write(lambda conn, _: appointments.cancel(conn, 999, revision=1, now=NOW), None)


async def test_an_upsert_by_external_id_can_be_repeated(database: Database) -> None:
    def work(conn: Connection, _: None) -> Any:
        customer = customers.create_customer(conn, {}, [Identity("mailto", "ada@example.com")], NOW)
        said = {"customer_id": customer, "title": "Check-up", "starts_at": TOMORROW, "time_zone": "UTC", "now": NOW}
        outcomes = [
            appointments.upsert(conn, "a-1", **said),
            appointments.upsert(conn, "a-1", **said),
            appointments.upsert(conn, "a-1", **said, location="Room 2"),
            appointments.upsert(conn, "a-1", **said, state="cancelled"),
            appointments.upsert(conn, "a-1", **said, state="cancelled"),
        ]
        other = customers.create_customer(conn, {}, [], NOW)
        with pytest.raises(Refused, match="another customer"):
            appointments.upsert(conn, "a-1", **{**said, "customer_id": other})
        return outcomes, appointments.by_external_id(conn, ["a-1"])["a-1"], events(conn)

    outcomes, row, told = await database.write(work, None)
    assert [outcome for _, outcome in outcomes] == ["created", "unchanged", "changed", "changed", "unchanged"]
    assert len({made for made, _ in outcomes}) == 1
    assert (row["location"], row["revision"]) == ("Room 2", 3), "what is not said stays"
    assert told == ["appointment.created", "appointment.changed", "appointment.cancelled"]


async def test_lists_go_on_after_the_last_one_seen(database: Database) -> None:
    def work(conn: Connection, _: None) -> Any:
        customer = customers.create_customer(conn, {}, [], NOW)
        for hour in (3, 1, 1, 2):
            appointments.create(
                conn,
                customer_id=customer,
                title=f"at {hour}",
                starts_at=NOW + timedelta(hours=hour),
                time_zone="UTC",
                now=NOW,
            )
        seen, after = [], None
        while page := appointments.between(conn, NOW, NOW + timedelta(hours=3), after=after, limit=2):
            seen += [row["title"] for row in page]
            after = (page[-1]["starts_at"], page[-1]["id"])
        own = [row["title"] for row in appointments.of_customer(conn, customer, since=NOW + timedelta(hours=2))]
        return seen, own

    seen, own = await database.write(work, None)
    assert seen == ["at 1", "at 1", "at 2"]
    assert own == ["at 2", "at 3"]
