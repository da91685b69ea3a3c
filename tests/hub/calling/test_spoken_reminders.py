"""A reminder that is said in a call: its keys act, a machine or nobody leads on to a text, and nothing rings twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from channels.base import Context
from channels.sms import TwilioSms
from channels.voice import TwilioVoice
from hub.capture.recalling import Recaller
from hub.insight.history import timeline
from hub.model.identity import Identity
from hub.outreach.dispatch import Dispatcher
from hub.outreach.planning import plan_reminders
from hub.outreach.reconcile import Reconciler
from hub.outreach.why import story
from hub.store import appointments, customers, reminders
from hub.store.tables import AppointmentRow, InteractionRow, MessageRow, SuppressionRow, TaskRow
from tests.hub.calling.pharmacy import OURS, PATIENT, SID, TOKEN, Line
from tests.starting import start_with

# The hub's clock is the real one, so any hour of the day must do.
ALWAYS = 'from = "00:00"\nto = "23:59:59.999999"\nsource = "a test"\nsince = 2020-01-01\n'
RULEBOOK = "".join(f'[[hours]]\nplace = "{place}"\n{ALWAYS}' for place in ("default", "unknown"))


@dataclass
class Outbound:
    """A pharmacy whose reminders are calls, and then texts."""

    line: Line
    dispatcher: Dispatcher
    customer: int = 0

    async def write(self, work: Any, *args: Any) -> Any:
        return await self.line.write(work, *args)

    async def remind(self, *, hours: float = 5, **customer: Any) -> None:
        """A patient with an appointment, reminded of it now."""
        clock = self.line.room.clock
        named = {"display_name": "Grace Hopper", "language": "cs", **customer}
        self.customer = await self.write(customers.create_customer, named, [Identity("tel", PATIENT)], clock())
        fields: dict[str, Any] = {
            "title": "Check-up",
            "time_zone": "Europe/Prague",
            "starts_at": clock() + timedelta(hours=hours),
        }
        await self.write(lambda conn: appointments.create(conn, customer_id=self.customer, now=clock(), **fields))
        await self.go_on()

    async def go_on(self) -> None:
        """Plans and sends what is due, and lets the phones come to rest."""
        await self.write(plan_reminders, self.line.room.clock(), self.dispatcher.house)
        await self.dispatcher.run_once()
        await self.line.twilio.settle()

    async def look(self, seconds: float) -> None:
        self.line.room.clock.advance(seconds=seconds)
        await Reconciler(self.dispatcher).run_once()

    async def messages(self) -> list[tuple[str, str, str]]:
        rows = select(MessageRow.channel, MessageRow.state, MessageRow.delivery).order_by(MessageRow.id)
        return [tuple(row) for row in await self.write(lambda conn: conn.execute(rows).all())]

    async def appointment(self) -> str:
        return str(await self.write(lambda conn: conn.scalar(select(AppointmentRow.state))))

    def rung(self) -> list[str]:
        return [call.to for call in self.line.twilio.account.calls.values() if call.direction == "outbound-api"]

    def heard(self) -> list[str]:
        """What was said in the calls to the patient."""
        log = self.line.twilio.log.of(PATIENT)
        return [words for entry in log for verb, words in entry.heard if verb == "Say"]


@pytest.fixture
async def out(line: Line, tmp_path: Path) -> AsyncIterator[Outbound]:
    services = line.room.services
    line.room.clock.at = datetime.now(UTC)
    services.settings.hub.data.mkdir(exist_ok=True)
    (services.settings.hub.data / "rulebook.toml").write_text(RULEBOOK)
    channels: dict[str, Any] = services.channels  # type: ignore[assignment]
    account = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": line.twilio.base_url}
    channels["main_number"] = TwilioSms("main_number", account, Context(public_url="https://hub.example.com"))
    await line.write(start_with, line.room.clock(), "templates/appointment_reminder/")
    rule: dict[str, Any] = {
        "name": "By phone",
        "minutes_before": 360,
        "channel": "phone",
        "template": "appointment_reminder",
    }
    await line.write(lambda conn: reminders.add_rule(conn, now=line.room.clock(), next_channel="main_number", **rule))
    dispatcher = Dispatcher(
        services.database, channels, services.settings, services.keys, services.blobs, "one", services.clock,
        lambda channel: services.local_url,
    )  # fmt: skip
    yield Outbound(line, dispatcher)
    await channels["main_number"].close()


@pytest.mark.parametrize(
    ("key", "state", "tasks", "says"),
    [
        pytest.param("2", "booked", 1, "zavoláme vám", id="2 asks to be called back"),
        pytest.param("9", "booked", 0, "už nedostanete", id="9 ends such calls"),
        pytest.param(",", "booked", 0, "Na shledanou.", id="no key: said twice, then goodbye"),
        pytest.param("5,1", "confirmed", 0, "je to potvrzeno", id="a wrong key, then the right one"),
    ],
)
async def test_a_key_does_what_the_call_says(out: Outbound, key: str, state: str, tasks: int, says: str) -> None:
    out.line.twilio.answering.add(PATIENT)
    out.line.twilio.keys[PATIENT] = key
    await out.remind()
    assert "Pro potvrzení stiskněte 1." in out.heard()[1]
    assert says in out.heard()[-1]
    assert await out.appointment() == state
    assert await out.messages() == [("phone", "accepted", "delivered")]
    await out.go_on()
    assert out.rung() == [PATIENT], "once, and no text after it"

    def look(conn: Connection) -> tuple[int, Any, list[Any], Any]:
        kept = list(conn.execute(select(SuppressionRow.address, SuppressionRow.purpose)))
        message = conn.scalar(select(MessageRow.id).order_by(MessageRow.id))
        return (
            len(list(conn.scalars(select(TaskRow.id)))),
            timeline(conn, out.customer),
            kept,
            story(conn, message or 0),
        )

    callbacks, page, against, why = await out.write(look)
    [entry] = page.items
    assert (entry.medium, entry.direction, entry.channel) == ("call", "out", "phone")
    assert "Check-up" in entry.text
    assert callbacks == tasks
    assert [tuple(row) for row in against] == ([(f"tel:{PATIENT}", "calls")] if key == "9" else [])
    assert why.words == "Accepted by the provider."
    assert [news.status for news in why.news][:3] == ["accepted", "sent", "sent"]


@pytest.mark.parametrize("how", ["busy", "machine", "no consent"])
async def test_a_call_that_reaches_nobody_is_followed_by_one_text(out: Outbound, how: str) -> None:
    twilio = out.line.twilio
    twilio.busy |= {PATIENT} if how == "busy" else set()
    twilio.machines |= {PATIENT} if how == "machine" else set()
    await out.remind(country="RU" if how == "no consent" else "")
    for _ in range(3):
        await out.go_on()
    texts = [text.body for text in twilio.account.messages.values() if text.to == PATIENT]
    assert len(texts) == 1
    called = how != "no consent"
    assert out.rung() == [PATIENT] * called
    assert not any("Check-up" in words for words in out.heard()), "a machine is hung up on"
    first, then = await out.messages()
    assert first == (("phone", "accepted", "undelivered") if called else ("phone", "suppressed", ""))
    assert then[:2] == ("main_number", "accepted")


async def test_a_machine_gets_the_message_where_it_is_to(out: Outbound) -> None:
    voice = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": out.line.twilio.base_url}
    kept = out.dispatcher.channels["phone"]
    leaves = TwilioVoice("phone", {**voice, "answering_machine": "message"}, Context(public_url=_ours(out)))
    out.dispatcher.channels["phone"] = out.line.room.services.channels["phone"] = leaves  # type: ignore[index]
    out.line.twilio.machines.add(PATIENT)
    await out.remind()
    await out.go_on()
    assert len(out.heard()) == 1, "no keys for a machine"
    assert await out.messages() == [("phone", "accepted", "delivered")]
    out.line.room.services.channels["phone"] = kept  # type: ignore[index]
    await leaves.close()


@pytest.mark.parametrize("machine", [False, True], ids=["somebody", "a machine"])
async def test_a_call_of_a_hub_that_nobody_reaches_takes_no_keys_and_staff_is_told_so(
    out: Outbound, machine: bool
) -> None:
    voice = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": out.line.twilio.base_url}
    room, channels = out.line.room, out.dispatcher.channels
    kept = channels["phone"]
    async with room.browser("marketer") as browser:
        assert "take no keys" not in (await browser.get("/reminders/1")).text
        polled = TwilioVoice("phone", {**voice, "receive": "poll"}, Context(public_url=_ours(out)))
        channels["phone"] = room.services.channels["phone"] = polled  # type: ignore[index]
        assert "Calls of phone take no keys" in (await browser.get("/reminders/1")).text
    out.line.twilio.answering.add(PATIENT)
    out.line.twilio.machines |= {PATIENT} if machine else set()
    await out.remind()
    [said] = out.heard()
    assert "Check-up" in said
    assert await out.messages() == [("phone", "accepted", "")], "no webhook told of it"
    await Recaller(room.services.intake, polled, "one", room.clock).run_once()
    assert (await out.messages())[0] == ("phone", "accepted", "undelivered" if machine else "delivered")
    await out.go_on()
    assert len(await out.messages()) == 1 + machine, "a machine may not be heard: a text follows"
    room.services.channels["phone"] = kept  # type: ignore[index]
    await polled.close()


@pytest.mark.parametrize(
    ("fault", "state", "rung"),
    [
        pytest.param("lost_answer", "accepted", 1, id="the answer was lost: found in the list"),
        pytest.param("500_before", "retry_wait", 0, id="proven absent: once more"),
    ],
)
async def test_a_call_that_goes_wrong_is_never_rung_twice(out: Outbound, fault: str, state: str, rung: int) -> None:
    out.line.twilio.fail_next(fault)
    await out.remind()
    for seconds in (31, 91, 481):
        await out.look(seconds)
    assert (await out.messages())[0][1] == state
    assert len(out.rung()) == rung
    # What its events told before our own commit and the message itself are one call on the timeline.
    calls = await out.write(lambda conn: list(conn.execute(select(InteractionRow.text, InteractionRow.content_key))))
    assert len(calls) == rung
    assert all("Check-up" in row.text for row in calls)


def _ours(out: Outbound) -> str:
    return out.line.room.services.local_url
