"""From a plan to the timeline, over a real mail server and a real stand-in for Twilio, on both engines."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from channels.email_message.calendar import read_events
from hub.capture.capture import Capture
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.model.outbound import Outgoing, Receipt
from hub.store import consents, conversations, deliveries, health, interactions
from hub.store.tables import ConversationRow, MessageRefRow, ParticipantRow, TaskRow
from hub.store.timeline import timeline as newest
from tests.builders import incoming, mail, sms
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.sending import MAIL, PHONE, due_reminder, queue_reply


@pytest.mark.outbound("message-id", "auto-submitted")
async def test_an_appointment_is_reminded_of_by_mail_and_by_text_in_the_customers_language(out: Outdoors) -> None:
    ada = await out.customer(MAIL, PHONE, language="cs", display_name="Ada Nováková")
    booked = out.clock() + timedelta(hours=23.5)
    await out.appointment(ada, starts_at=booked, title="Kontrola")
    await out.plan()
    await out.send()
    [raw] = out.mails()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"].startswith("Připomínka: Kontrola, ")
    assert mail["To"] == "Ada Nováková <ada@example.com>"
    assert mail["Reply-To"] == "support@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html, calendar = [part for part in mail.walk() if not part.is_multipart()]
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    [event] = read_events(calendar.get_payload(decode=True))
    assert (event.title, event.starts_at) == ("Kontrola · The Shop", booked.replace(microsecond=0))
    [text] = out.texts()
    assert text.startswith("The Shop: pripominame Kontrola")
    rows = await out.messages()
    assert [row["state"] for row in rows] == ["accepted", "accepted", "ready", "ready"]
    sent = next(row for row in rows if row["channel"] == "outgoing_mail")
    assert mail["Message-ID"] == f"<{sent['rfc_message_id']}>"
    await out.send()
    assert (len(out.mails()), len(out.texts())) == (1, 1), "nothing twice"


@pytest.mark.outbound("state-outcome")
async def test_what_was_sent_is_on_the_timeline_where_its_answer_will_thread(out: Outdoors) -> None:
    row = await due_reminder(out)
    await out.send()
    row = (await out.messages())[0]

    def look(conn: Connection, _: None) -> Any:
        entry = newest(conn, [row["identity_id"]])
        owner = conversations.find_by_refs(conn, [row["rfc_message_id"]])[row["rfc_message_id"]]
        taking_part = conn.scalars(select(ParticipantRow.address)).all()
        return entry, owner, taking_part, health.channel_states(conn)["outgoing_mail"]

    [entry], owner, taking_part, state = await out.database.read(look, None)
    assert (entry["direction"], entry["medium"], entry["channel"]) == ("out", "email", "outgoing_mail")
    assert entry["id"] == row["interaction_id"]
    assert entry["conversation_id"] == row["conversation_id"] == owner.id
    assert entry["external_id"] == row["rfc_message_id"]
    assert "Check-up" in entry["text"]
    assert taking_part == [MAIL]
    assert owner.state == "closed", "a reminder alone waits for nobody; an answer opens it"
    assert state["last_out_at"] is not None


async def test_two_reminders_of_one_appointment_share_a_conversation(out: Outdoors) -> None:
    await out.appointment(await out.customer(MAIL, PHONE), hours=23.9)
    await out.plan()
    await out.send()
    out.clock.pass_(hours=22)
    await out.send()
    rows = await out.messages()
    assert {row["state"] for row in rows} == {"accepted"}
    talks = {(row["channel"], row["conversation_id"]) for row in rows}
    assert len(talks) == 2, "one of mails, one of texts"


async def test_a_text_goes_into_the_open_conversation_and_leaves_it_open(out: Outdoors) -> None:
    row = await due_reminder(out, PHONE)

    def asked(conn: Connection, _: None) -> int:
        values = {
            "identity_id": row["identity_id"],
            "thread_key": PHONE,
            "channel": "main_number",
            "medium": "sms",
            "state": "open",
            "opened_at": out.clock() - timedelta(hours=1),
            "last_at": out.clock() - timedelta(hours=1),
        }
        return int(conn.execute(insert(ConversationRow).values(**values).returning(ConversationRow.id)).scalar_one())

    talk = await out.database.write(asked, None)
    await out.send()
    assert (await out.messages())[0]["conversation_id"] == talk
    state = await out.database.read(
        lambda conn, _: conn.execute(select(ConversationRow.state, ConversationRow.unread)).one(), None
    )
    assert tuple(state) == ("open", True), "what nobody has answered stays so"


async def test_an_answer_by_staff_waits_ten_seconds_and_stays_in_its_thread(out: Outdoors) -> None:
    await due_reminder(out)
    await out.send()
    row = (await out.messages())[0]
    blob = out.dispatcher()._blobs.put(b"the price list")
    await queue_reply(
        out,
        row,
        in_reply_to="theirs@example.com",
        references=[row["rfc_message_id"], "theirs@example.com"],
        attachments=[{"sha256": blob, "filename": "prices.txt", "content_type": "text/plain"}],
    )
    await out.send()
    assert len(out.mails()) == 1, "it can still be taken back"
    out.clock.pass_(seconds=11)
    await out.send()
    mail = email.message_from_bytes(out.mails()[1], policy=email.policy.default)
    assert mail["In-Reply-To"] == "<theirs@example.com>"
    assert mail["References"] == f"<{row['rfc_message_id']}> <theirs@example.com>"
    assert mail["Auto-Submitted"] is None
    assert [part.get_filename() for part in mail.iter_attachments()] == ["prices.txt"]
    sent = (await out.messages())[1]
    assert sent["conversation_id"] == row["conversation_id"]
    files = await out.database.read(lambda conn, _: interactions.attachments_of(conn, [sent["interaction_id"]]), None)
    assert [(file["filename"], file["size"]) for file in files[sent["interaction_id"]]] == [("prices.txt", 14)]


async def test_a_promotional_opt_out_does_not_block_an_answer_but_stop_does(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    await out.send()
    row = (await out.messages())[0]
    await out.write(lambda conn: consents.suppress(conn, PHONE, "withdrawn", out.clock(), purpose="promotional"))
    await queue_reply(out, row)
    out.clock.pass_(seconds=11)
    await out.send()
    assert len(out.texts()) == 2
    await out.write(lambda conn: consents.suppress(conn, PHONE, "stop", out.clock(), channel="main_number"))
    await queue_reply(out, row)
    out.clock.pass_(seconds=11)
    await out.send()
    assert len(out.texts()) == 2
    assert (await out.states())[-1] == ("suppressed", "suppressed_stop")
    tasks = await out.database.read(lambda conn, _: conn.scalars(select(TaskRow.kind)).all(), None)
    assert tasks == ["answer_not_sent"], "staff is told"


@pytest.mark.outbound("crash-callback")
async def test_news_that_came_before_our_own_commit_is_adopted(out: Outdoors) -> None:
    await due_reminder(out)
    row = (await out.messages())[0]
    bounce = StatusUpdate(
        channel="support_mail",
        external_id="b1",
        status=DeliveryStatus.BOUNCED,
        reference=row["rfc_message_id"] + "x",
        occurred_at=out.clock(),
    )
    await out.database.write(deliveries.apply_updates, [bounce])
    await out.write(
        lambda conn: conn.execute(update(deliveries.DeliveryEventRow).values(reference=row["rfc_message_id"]))
    )
    await out.send()
    row = (await out.messages())[0]
    assert (row["state"], row["delivery"]) == ("accepted", "bounced")


@pytest.mark.outbound("status-callback")
async def test_the_status_callback_names_message_and_attempt(out: Outdoors) -> None:
    dispatcher = out.dispatcher()
    assert dispatcher.status_url("main_number", 7, 2) == "http://127.0.0.1:1/hooks/main_number/text_status?m=7&a=2"
    assert dispatcher.status_url("outgoing_mail", 7, 2) == ""


class Hanging:
    """A channel whose server never answers."""

    name = "outgoing_mail"
    schemes = ("mailto",)

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> list[Any]:
        return []

    async def send(self, message: Outgoing, deadline: Any) -> Receipt:
        self.began.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


@pytest.mark.outbound("state-submitting")
async def test_a_process_that_stops_while_sending_leaves_unknown_never_ready(
    out: Outdoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.outreach.dispatch.GRACE_SECONDS", 0.05)
    row = await due_reminder(out)
    out.channels["outgoing_mail"] = hanging = Hanging()
    dispatcher = out.dispatcher()
    await dispatcher.dispatch()
    await hanging.began.wait()
    assert (await out.states())[0][0] == "submitting"
    await dispatcher.stop()
    assert (await out.states())[0] == ("unknown", "no_answer")
    assert (await out.steps(row["id"]))[-1]["seen"]["phase"] == "stopped"


async def test_refs_of_what_was_sent_are_known(out: Outdoors) -> None:
    await due_reminder(out)
    await out.send()
    refs = await out.database.read(lambda conn, _: conn.scalars(select(MessageRefRow.ref)).all(), None)
    assert refs == [(await out.messages())[0]["rfc_message_id"]]


async def test_an_answer_to_a_reminder_opens_its_conversation(out: Outdoors) -> None:
    await due_reminder(out)
    await out.send()
    row = (await out.messages())[0]
    answer = mail("ada@example.com", "I cannot come", in_reply_to=row["rfc_message_id"], at=out.clock())
    [captured] = await out.database.write(Capture(KEYS.consent), [incoming(answer)])
    assert captured.conversation == row["conversation_id"]
    state = await out.database.read(lambda conn, _: conn.scalar(select(ConversationRow.state)), None)
    assert state == "open"


@pytest.mark.outbound("reminder-consent")
async def test_stop_in_a_text_ends_the_reminders_that_wait(out: Outdoors) -> None:
    await out.appointment(await out.customer(PHONE), hours=23.9)
    await out.plan()
    await out.send()
    stop = sms("+14155550101", "STOP", at=out.clock())
    [captured] = await out.database.write(Capture(KEYS.consent), [incoming(stop)])
    assert captured.conversation == (await out.messages())[0]["conversation_id"]
    out.clock.pass_(hours=22.1)
    await out.plan()
    await out.send()
    assert [state for state, _ in await out.states()] == ["accepted", "cancelled"]
    assert len(out.texts()) == 1
