"""A text that answers an appointment reminder acts: a yes confirms, a no asks staff; on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from channels.base import Captured
from hub.capture.capture import Capture
from hub.insight.history import timeline
from hub.store.tables import AppointmentRow, ConversationRow, TaskRow, TemplateRow
from tests.builders import incoming, sms
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.sending import PHONE, queue_reply
from tests.starting import start_with

NUMBER = PHONE.removeprefix("tel:")


ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def say(out: Outdoors, text: str, number: str = NUMBER) -> Captured:
    """The customer texts, a second later than anything before."""
    now = out.clock.pass_(seconds=1)
    told = sms(number, text, id=f"SM{now.timestamp()}", at=now)
    [captured] = await out.database.write(Capture(KEYS.consent), [incoming(told, received_at=now)])
    return captured


async def remind(out: Outdoors, *hours: float, phone: str = PHONE) -> int:
    """Appointments that are reminded of by text; returns the customer."""
    customer = await out.customer(phone)
    for many in hours:
        await out.appointment(customer, hours=many)
    await out.plan()
    await out.send()
    out.clock.pass_(seconds=1)
    return customer


async def states(out: Outdoors) -> list[str]:
    return await out.database.read(
        lambda conn, _: list(conn.scalars(select(AppointmentRow.state).order_by(AppointmentRow.id))), None
    )


async def tasks(out: Outdoors) -> list[str]:
    return await out.database.read(lambda conn, _: list(conn.scalars(select(TaskRow.title))), None)


async def talk(out: Outdoors) -> tuple[str, bool]:
    """The state of the newest conversation, and whether it is unread."""

    def look(conn: Connection, _: None) -> Any:
        newest = select(ConversationRow.state, ConversationRow.unread).order_by(ConversationRow.id.desc()).limit(1)
        return tuple(conn.execute(newest).one())

    return await out.database.read(look, None)


@pytest.mark.outbound("dedupe-system")
async def test_a_yes_confirms_the_appointment_once_and_the_customer_is_thanked(out: Outdoors) -> None:
    await out.write(start_with, out.clock(), "templates/appointment_confirmed/")
    customer = await remind(out, 23.9)
    first = await say(out, "Yes, I'll be there. Thank you!")
    assert await states(out) == ["confirmed"]
    assert await talk(out) == ("waiting", False), "nobody has to read it"
    assert first.opt == ""
    await say(out, "👍")
    await out.send()
    [_, thanks] = out.texts()
    assert "confirmed: Check-up" in thanks
    page = await out.database.read(lambda conn, _: timeline(conn, customer), None)
    told = [(entry.direction, entry.heeded.answer if entry.heeded else "") for entry in page.items]
    assert sorted(told) == [("in", "confirmed"), ("in", "confirmed"), ("out", ""), ("out", "")]
    assert await tasks(out) == []


@ONE_ENGINE
async def test_a_bare_yes_to_a_reminder_opts_nobody_in(out: Outdoors) -> None:
    await remind(out, 23.9)
    now = out.clock.pass_(seconds=1)
    text = incoming(sms(NUMBER, "YES", id="SMyes", at=now), received_at=now)
    [captured] = await out.database.write(Capture(KEYS.consent), [text])
    [again] = await out.database.write(Capture(KEYS.consent), [text])
    assert (captured.opt, again.opt, again.duplicate) == ("", "", True)
    assert await states(out) == ["confirmed"]


@ONE_ENGINE
async def test_a_no_asks_staff_and_cancel_stays_the_stop_that_it_is_for_carriers(out: Outdoors) -> None:
    await remind(out, 23.9)
    await say(out, "Sorry, I can't make it")
    assert await talk(out) == ("open", True)
    assert (await say(out, "CANCEL")).opt == "stop"
    assert await states(out) == ["booked"]
    assert [title.split(",")[0] for title in await tasks(out)] == ["Does not come: Check-up"] * 2


async def test_free_text_is_for_people(out: Outdoors) -> None:
    await remind(out, 23.9)
    for text in ("Yes, but can I come at 11", "yes?", "1 or 2", "Who is this"):
        await say(out, text)
    assert await states(out) == ["booked"]
    assert await talk(out) == ("open", True)
    await say(out, "yes")
    assert await states(out) == ["confirmed"]
    assert await talk(out) == ("open", True), "what was asked before still waits for its answer"


@ONE_ENGINE
async def test_a_yes_counts_only_while_the_reminder_is_the_newest_question(out: Outdoors) -> None:
    await say(out, "yes")
    customer = await remind(out, 23.9, phone="tel:+14155550102")
    await queue_reply(out, next(row for row in await out.messages() if row["customer_id"] == customer))
    out.clock.pass_(seconds=15)
    await out.send()
    await say(out, "yes", "+14155550102")
    await say(out, "yes")
    assert await states(out) == ["booked"]
    assert await talk(out) == ("open", True)


@ONE_ENGINE
async def test_a_yes_to_two_appointments_is_for_staff_and_one_to_a_past_one_is_nothing(out: Outdoors) -> None:
    await remind(out, 23.8, 23.9)
    await say(out, "yes")
    assert await states(out) == ["booked", "booked"]
    assert [title.split(",")[0] for title in await tasks(out)] == ["Said yes"]
    out.clock.pass_(hours=25)
    await say(out, "yes")
    assert await states(out) == ["booked", "booked"]


@ONE_ENGINE
async def test_a_template_has_words_of_its_own(out: Outdoors) -> None:
    def name(conn: Connection, _: None) -> None:
        for row in conn.execute(select(TemplateRow.id, TemplateRow.faces)).all():
            own = {**row.faces, "confirmed": "2, komme gern", "declined": "1"}
            conn.execute(update(TemplateRow).where(TemplateRow.id == row.id).values(faces=own))

    await out.database.write(name, None)
    await remind(out, 23.9)
    await say(out, "1")
    assert (await states(out), len(await tasks(out))) == (["booked"], 1)
    await say(out, "Komme gern!")
    assert await states(out) == ["confirmed"]
