"""A free slot on both engines: all who wait are asked, the first YES has it, the others keep their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.capture.capture import Capture
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.outbound import State
from hub.outreach.gates import ask
from hub.outreach.house import House, Lane
from hub.outreach.prepare import gather, prepare
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.seeing import load
from hub.outreach.slots import offer_slot
from hub.store import appointments, customers, slots
from hub.store.ids import interaction_id
from hub.store.session import Database
from hub.store.tables import InteractionRow, MessageRow
from tests.builders import incoming, sms
from tests.starting import start_with

# Ten in the morning where they are.
AT = datetime(2026, 3, 2, 18, tzinfo=UTC)
SLOT = {
    "title": "Check-up", "starts_at": AT + timedelta(hours=30), "ends_at": None, "time_zone": "America/Los_Angeles",
    "location": "Room 1", "channel": "main_number",
}  # fmt: skip
PLACES = ("templates/free_slot/", "templates/slot_taken/", "templates/appointment_confirmed/")


async def test_the_first_yes_has_the_slot_and_the_others_are_told_kindly(database: Database, settings: Any) -> None:
    house = replace(House.of(settings, {}, "https://hub.example.com"), time_zone="America/Los_Angeles")
    house = replace(house, lanes={"main_number": Lane(name="main_number", schemes=("tel",))})

    def work(conn: Connection, _: None) -> None:
        start_with(conn, AT - timedelta(days=9), *PLACES)
        people = [_person(conn, number) for number in range(5)]
        late = {"not_before": date(2026, 4, 1)}
        for at, one in enumerate(people):
            slots.wait(conn, one, "check-up", AT, **(late if at == 4 else {}))
        assert len({slots.wait(conn, people[0], "Check-up ", AT) for _ in range(2)}) == 1, "one place each"
        with pytest.raises(Refused):
            offer_slot(conn, {**SLOT, "starts_at": AT - timedelta(1)}, house, AT, None)
        slot, asked = offer_slot(conn, SLOT, house, AT, None)
        assert asked == 4, "the fifth cannot come that day"
        messages = _messages(conn, slots.TEMPLATE)
        seen = load(conn, messages, AT, house, rulebook_of(settings))
        assert [ask(seen[one["id"]]) for one in messages] == [None] * 4
        night = load(conn, messages, AT - timedelta(hours=7), house, rulebook_of(settings))
        assert {(refusal := ask(night[one["id"]])) and refusal.reason for one in messages} == {"quiet_hours"}
        written = [prepare(one, gather(conn, [one]), house, rulebook_of(settings)) for one in messages]
        assert "Reply YES" in written[0].rendered.text
        assert "Odpovezte ANO" in written[1].rendered.text
        assert "4:00" in written[0].rendered.text
        for message in messages[:3]:
            _sent(conn, message)

        # A NO and a question keep their places; then two say yes at once, and the fourth was not even reached.
        _says(conn, 2, "No, thank you")
        _says(conn, 0, "What does it cost?", at=1)
        assert slots.get(conn, slot)["state"] == "open"
        _says(conn, 1, "Ano", at=2)
        _says(conn, 0, "YES!", at=3)
        taken = slots.get(conn, slot)
        made = appointments.get(conn, taken["appointment_id"])
        assert (taken["state"], made["customer_id"], made["state"]) == ("taken", people[1], "confirmed")
        assert {row["customer_id"]: row["state"] for row in slots.asked_about(conn, [slot])} == {
            people[0]: "late", people[1]: "took", people[2]: "declined", people[3]: "late",
        }  # fmt: skip
        assert [row["customer_id"] for row in slots.places(conn)] == [people[0], people[2], people[3], people[4]]
        assert [(row["state"], row["reason"]) for row in _messages(conn, slots.TEMPLATE)][3] == (
            "cancelled",
            "slot_taken",
        )
        [sorry] = _messages(conn, slots.TAKEN_TEMPLATE)
        [thanks] = _messages(conn, slots.THANKS)
        assert (sorry["customer_id"], thanks["customer_id"]) == (people[0], people[1])
        told = prepare(sorry, gather(conn, [sorry]), house, rulebook_of(settings))
        assert "is taken. You keep your place" in told.rendered.text
        assert slots.take(conn, slot, people[3], AT) is None, "compare-and-set, whoever asks"
        assert len(_messages(conn, slots.THANKS)) == 1

    await database.write(work, None)


def _person(conn: Connection, number: int) -> int:
    fields = {
        "display_name": f"P{number}",
        "language": "cs" if number == 1 else "en",
        "time_zone": "America/Los_Angeles",
    }
    return customers.create_customer(conn, fields, [Identity("tel", f"+1415555010{number}")], AT - timedelta(days=9))


def _messages(conn: Connection, template: str) -> list[dict[str, Any]]:
    rows = conn.execute(select(MessageRow.__table__).where(MessageRow.template == template).order_by(MessageRow.id))
    return [dict(row._mapping) for row in rows]


def _sent(conn: Connection, message: dict[str, Any]) -> None:
    number = interaction_id(AT)
    row = {
        "id": number, "identity_id": message["identity_id"], "channel": "main_number", "medium": "sms",
        "direction": "out", "kind": "message", "trust": "signed", "external_id": str(number), "content_key": None,
        "subject": "", "text": "A slot is free", "conversation_id": None, "detail": None, "received_at": AT,
        "customer_why": "", "conversation_why": "",
    }  # fmt: skip
    conn.execute(insert(InteractionRow), [row])
    accepted = {"state": State.ACCEPTED.value, "interaction_id": number, "sent_at": AT}
    conn.execute(update(MessageRow).where(MessageRow.id == message["id"]).values(**accepted))


def _says(conn: Connection, person: int, text: str, *, at: int = 0) -> None:
    when = AT + timedelta(minutes=10 + at)
    said = sms(f"+1415555010{person}", text, id=f"SM{person}{at}", occurred_at=when, received_at=when)
    Capture(b"key")(conn, [incoming(said, received_at=when)])
