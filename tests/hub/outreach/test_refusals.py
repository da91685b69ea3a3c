"""What does not go out: gates asked again at the last moment, and what servers refuse; on both engines."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.outreach.dispatch import Dispatcher
from hub.outreach.prepare import Prepared
from hub.outreach.submitting import Go
from hub.sandbox.twilio import Fault
from hub.store import appointments, consents, customers, health, templates
from hub.store.dispatching import KILL_SWITCH
from hub.store.outbox import cancel_waiting
from hub.store.tables import ConsentRow, InstallationRow
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import MAIL, PHONE, due_reminder


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        pytest.param("move", "cancelled", "appointment_moved", id="moved"),
        pytest.param("cancel", "cancelled", "appointment_cancelled", id="cancelled"),
        pytest.param("stop", "suppressed", "suppressed_stop", id="STOP arrived"),
        pytest.param("kill", "held", "kill_switch", id="kill switch"),
        pytest.param("pause", "held", "channel_paused", id="channel paused"),
        pytest.param("close", "cancelled", "address_closed", id="the address went to somebody else"),
        pytest.param("nothing", "accepted", "", id="nothing happened"),
    ],
)
@pytest.mark.outbound("state-submitting", "crash-stop", "crash-pause", "gate-suppressed")
async def test_gates_are_asked_again_after_the_claim(out: Outdoors, change: str, state: str, reason: str) -> None:
    row = await due_reminder(out)

    def happen(conn: Connection) -> None:
        now = out.clock()
        match change:
            case "move":
                later = now + timedelta(days=1)
                # Past the functions that would cancel it: only the gate stands between.
                conn.execute(update(appointments.AppointmentRow).values(starts_at=later, revision=2))
            case "cancel":
                conn.execute(update(appointments.AppointmentRow).values(state="cancelled", revision=2))
            case "stop":
                consents.suppress(conn, MAIL, "stop", now)
            case "kill":
                conn.execute(insert(InstallationRow).values(name=KILL_SWITCH, value="incident"))
            case "pause":
                health.pause(conn, "outgoing_mail", "a mistake in the text", now)
            case "close":
                customers.close_identity(conn, row["customer_id"], row["identity_id"], now)

    class Interrupted(Dispatcher):
        """Lets something happen between the claim and the transaction that submits."""

        async def let_through(self, batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
            await out.write(happen)
            return await super().let_through(batch)

    dispatcher = out.dispatcher(kind=Interrupted)
    await dispatcher.dispatch()
    await dispatcher.drain()
    assert (await out.states())[0] == (state, reason)
    assert len(out.mails()) == (1 if state == "accepted" else 0)
    steps = await out.steps(row["id"])
    assert steps[-1]["state"] == state
    assert reason in ("", "kill_switch") or steps[-1]["seen"], "with the values it saw"


async def test_a_refused_reminder_is_planned_again_where_that_makes_sense(out: Outdoors) -> None:
    await due_reminder(out)
    await out.write(
        lambda conn: conn.execute(update(appointments.AppointmentRow).values(location="Room 2", revision=2))
    )
    await out.send()
    assert await out.states() == [("cancelled", "appointment_changed")]
    assert await out.plan() == 1
    await out.send()
    assert "Room 2" in email.message_from_bytes(out.mails()[0], policy=email.policy.default).get_body().get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("phase", "code", "state", "reason"),
    [
        pytest.param("rcpt", 450, "retry_wait", "try_again", id="4xx: try again"),
        pytest.param("dot", 451, "retry_wait", "try_again", id="4xx after the dot: refused, try again"),
        pytest.param("rcpt", 550, "failed", "rejected", id="5xx: failed"),
        pytest.param("mail", 550, "ready", "channel_broken", id="5xx at MAIL: the channel, not the recipient"),
    ],
)
@pytest.mark.outbound("state-outcome", "smtp-before-dot", "smtp-refused", "smtp-dot-refused", "smtp-channel")
async def test_what_the_mail_server_says_decides(out: Outdoors, phase: str, code: int, state: str, reason: str) -> None:
    await due_reminder(out)
    out.mailbox.refuse(phase, code)
    await out.send()
    assert (await out.states())[0] == (state, reason)
    assert out.mails() == []


@pytest.mark.outbound("message-id", "smtp-24h")
async def test_a_temporary_refusal_is_tried_again_after_a_growing_wait(out: Outdoors) -> None:
    await due_reminder(out)
    out.mailbox.refuse("rcpt", 450, times=2)
    await out.send()
    first = (await out.messages())[0]
    assert timedelta(seconds=25) < first["due_at"] - out.clock() <= timedelta(seconds=30)
    out.clock.pass_(seconds=31)
    await out.send()
    second = (await out.messages())[0]
    assert timedelta(seconds=55) < second["due_at"] - out.clock() <= timedelta(seconds=60)
    out.clock.pass_(seconds=61)
    await out.send()
    row = (await out.messages())[0]
    assert (row["state"], row["attempt"], len(out.mails())) == ("accepted", 3, 1)
    assert f"Message-ID: <{first['rfc_message_id']}>".encode() in out.mails()[0], "as it was planned, on every attempt"


@pytest.mark.outbound("twilio-429")
async def test_retry_after_is_heeded(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.TOO_MANY, retry_after=300)
    await out.send()
    row = (await out.messages())[0]
    assert row["state"] == "retry_wait"
    assert timedelta(seconds=290) < row["due_at"] - out.clock() <= timedelta(seconds=300)


@pytest.mark.outbound("stop-cancels")
async def test_stop_cancels_what_waits_to_be_tried_again(out: Outdoors) -> None:
    row = await due_reminder(out)
    out.mailbox.refuse("rcpt", 450)
    await out.send()
    await out.write(lambda conn: cancel_waiting(conn, row["identity_id"], out.clock(), "stop"))
    out.clock.pass_(minutes=5)
    await out.send()
    assert await out.states() == [("cancelled", "stop")]
    assert out.mails() == []


@pytest.mark.outbound("twilio-login", "smtp-channel")
async def test_a_broken_channel_pauses_burns_no_recipient_and_is_tried_again(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    other = await out.customer("tel:+14155550102")
    await out.appointment(other, hours=1.9)
    await out.plan()
    out.twilio.fail_next(Fault.UNAUTHORIZED, times=2)
    await out.send()
    assert {state for state, _ in await out.states()} == {"ready"}
    state = (await out.database.read(lambda conn, _: health.channel_states(conn), None))["main_number"]
    assert state["paused_at"] is not None
    assert state["problem"]["code"] == "channel_broken"
    await out.send()
    assert out.texts() == [], "paused"
    out.clock.pass_(minutes=6)
    await out.send()
    assert (len(out.texts()), len(out.texts("+14155550102"))) == (1, 1)
    state = (await out.database.read(lambda conn, _: health.channel_states(conn), None))["main_number"]
    assert (state["paused_at"], state["problem"]) == (None, None)


async def test_what_staff_has_paused_stays_paused(out: Outdoors) -> None:
    await due_reminder(out)
    await out.write(lambda conn: health.pause(conn, "outgoing_mail", "a mistake in the text", out.clock()))
    out.clock.pass_(minutes=10)
    await out.send()
    assert out.mails() == []
    await out.write(lambda conn: health.resume(conn, "outgoing_mail"))
    await out.send()
    assert len(out.mails()) == 1


@pytest.mark.outbound("twilio-21610")
async def test_a_number_that_told_its_provider_stop_is_suppressed_with_evidence(out: Outdoors) -> None:
    row = await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.REFUSE, code=21610)
    await out.send()
    assert await out.states() == [("failed", "opted_out")]
    held = await out.database.read(lambda conn, _: consents.suppressions(conn, [PHONE]), None)
    assert [(one["reason"], one["channel"]) for one in held[PHONE]] == [("stop", "main_number")]
    evidence = await out.database.read(
        lambda conn, _: conn.execute(select(ConsentRow.identity_id, ConsentRow.granted)).one(), None
    )
    assert tuple(evidence) == (row["identity_id"], False)


async def test_one_template_that_fails_stops_no_other_message(out: Outdoors) -> None:
    await due_reminder(out)
    other = await out.customer("mailto:grace@example.com", language="pt")
    await out.appointment(other, hours=1.9)
    await out.plan()
    faces = {"subject": "x", "text": "{{ customer.facts.missing }}"}
    await out.write(
        lambda conn: templates.save(
            conn, name="appointment_reminder", language="en", purpose="reminder", faces=faces, now=out.clock()
        )
    )
    await out.send()
    assert await out.states() == [("failed", "cannot_be_written"), ("accepted", "")]
    steps = await out.steps((await out.messages())[0]["id"])
    assert "missing" in steps[-1]["seen"]["error"]


@pytest.mark.outbound("state-cancelled")
async def test_what_expires_while_it_waits_ends_with_its_reason(out: Outdoors) -> None:
    row = await due_reminder(out)
    out.clock.pass_(hours=2)
    await out.reconcile()
    assert await out.states() == [("expired", "expired")]
    assert [step["state"] for step in await out.steps(row["id"])] == ["expired"]
    await out.send()
    assert out.mails() == []
