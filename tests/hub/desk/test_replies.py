"""Answers by staff: once each, in the right thread, taken back in time, never over something unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from hub.desk import conversations, replies, undo
from hub.desk.drafts import Draft, Then
from hub.desk.replies import Queued
from hub.model.contact import Kind
from hub.model.errors import NotFound, Refused
from hub.store import outbox
from hub.store.session import Database
from hub.store.tables import AuditRow, ConversationRow, MessageRow
from tests.builders import incoming, later, mail, sms
from tests.desk_world import actor, add_staff, conversation_of, customer_of, take

DRAFT = Draft(id="draft-0001", text="Thursday at ten?", channel="outgoing_mail", message_id="token@example.com")


async def row(database: Database, table: Any, number: int) -> dict[str, Any]:
    def one(conn: Connection, key: int) -> dict[str, Any]:
        return dict(conn.execute(select(table.__table__).where(table.id == key)).mappings().one())

    return await database.read(one, number)


async def reply(database: Database, conversation: int, draft: Draft = DRAFT, **who: Any) -> Queued:
    return await database.write(
        lambda conn, number: replies.queue_reply(conn, number, draft, actor(**who)), conversation
    )


async def a_mail(database: Database, **more: Any) -> int:
    [interaction] = await take(database, incoming(mail(**{"id": "m1@example.com", **more})))
    return await conversation_of(database, interaction)


async def test_an_answer_stays_in_its_thread_and_waits_ten_seconds(database: Database) -> None:
    conversation = await a_mail(database, subject="AW: Re[2]: A question", references=("m0@example.com",))
    staff = await add_staff(database)
    queued = await reply(database, conversation, staff_id=staff)
    message = await row(database, MessageRow, queued.id)
    assert queued.due_at == later(seconds=10)
    assert message["state"] == "ready"
    assert (message["origin"], message["purpose"], message["staff_id"]) == ("reply", "service", staff)
    content = message["content"]
    assert content["subject"] == "Re: A question"
    assert content["in_reply_to"] == "m1@example.com"
    assert content["references"] == ["m0@example.com", "m1@example.com"]
    assert message["rfc_message_id"] == "token@example.com"
    assert (message["conversation_id"], message["dedupe_key"]) == (conversation, "reply:draft-0001")
    talk = await row(database, ConversationRow, conversation)
    assert (talk["state"], talk["unread"], talk["assignee_id"]) == ("waiting", False, staff)


@pytest.mark.outbound("dedupe-reply")
async def test_a_draft_sent_twice_is_one_message(database: Database) -> None:
    conversation = await a_mail(database)
    first = await reply(database, conversation)
    again = await reply(database, conversation)
    assert (again.id, again.repeated) == (first.id, True)


@pytest.mark.outbound("state-cancelled")
async def test_what_is_taken_back_is_not_sent_and_comes_back_as_it_was_written(database: Database) -> None:
    conversation = await a_mail(database)
    queued = await reply(database, conversation, replace(DRAFT, signature="Grace"))
    back = await database.write(lambda conn, number: undo.take_back(conn, number, actor()), queued.id)
    assert (back.text, back.conversation_id) == ("Thursday at ten?", conversation)
    assert (await row(database, MessageRow, queued.id))["state"] == "cancelled"
    assert (await row(database, ConversationRow, conversation))["state"] == "open"
    with pytest.raises(Refused, match="taken back"):
        await reply(database, conversation)


@pytest.mark.outbound("state-cancelled")
async def test_what_has_left_cannot_be_taken_back(database: Database) -> None:
    queued = await reply(database, await a_mail(database))

    def leave(conn: Connection, number: int) -> None:
        conn.execute(update(MessageRow).where(MessageRow.id == number).values(state="submitting"))

    await database.write(leave, queued.id)
    with pytest.raises(Refused, match="has left"):
        await database.write(lambda conn, number: undo.take_back(conn, number, actor()), queued.id)


async def test_only_answers_of_staff_are_taken_back(database: Database) -> None:
    queued = await reply(database, await a_mail(database))

    def by_rule(conn: Connection, number: int) -> None:
        conn.execute(update(MessageRow).where(MessageRow.id == number).values(origin="rule"))

    await database.write(by_rule, queued.id)
    with pytest.raises(NotFound):
        await database.write(lambda conn, number: undo.take_back(conn, number, actor()), queued.id)


async def test_an_answer_stops_when_something_unseen_came_in(database: Database) -> None:
    conversation = await a_mail(database)
    # It was written before what was seen, but came later: a count notices, the newest time would not.
    late = mail(id="m2@example.com", text="One more thing", in_reply_to="m1@example.com", at=later(minutes=-5))
    await take(database, incoming(late))
    with pytest.raises(Refused) as refused:
        await reply(database, conversation, replace(DRAFT, seen=1))
    assert refused.value.field == "seen"
    assert (await reply(database, conversation, replace(DRAFT, seen=2))).id


async def test_a_bounce_is_not_what_an_answer_refers_to(database: Database) -> None:
    conversation = await a_mail(database)
    bounce = mail("mailer@example.net", id="b1", in_reply_to="m1@example.com", kind=Kind.BOUNCE, at=later(minutes=1))
    await take(database, incoming(bounce))
    queued = await reply(database, conversation)
    content = (await row(database, MessageRow, queued.id))["content"]
    assert content["in_reply_to"] == "m1@example.com"


async def test_a_text_has_no_subject_and_no_message_id(database: Database) -> None:
    [interaction] = await take(database, incoming(sms()))
    conversation = await conversation_of(database, interaction)
    queued = await reply(database, conversation, replace(DRAFT, channel="main_number", signature="Grace"))
    message = await row(database, MessageRow, queued.id)
    assert (message["rfc_message_id"], message["channel"]) == ("", "main_number")
    content = message["content"]
    assert (content["subject"], content["in_reply_to"], content["references"]) == ("", "", [])
    assert content["text"] == "Thursday at ten?"


async def test_send_and_close_settles_the_matter(database: Database) -> None:
    conversation = await a_mail(database)
    await reply(database, conversation, replace(DRAFT, then=Then.CLOSE))
    assert (await row(database, ConversationRow, conversation))["state"] == "closed"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        pytest.param(replace(DRAFT, text="  \n "), "text", id="nothing written"),
        pytest.param(replace(DRAFT, id="x"), "draft", id="no draft id"),
        pytest.param(replace(DRAFT, text="x" * 100_001), "text", id="too long"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_its_field(database: Database, draft: Draft, field: str) -> None:
    conversation = await a_mail(database)
    with pytest.raises(Refused) as refused:
        await reply(database, conversation, draft)
    assert refused.value.field == field


async def test_line_breaks_in_a_subject_add_no_header(database: Database) -> None:
    queued = await reply(database, await a_mail(database), replace(DRAFT, subject="Hi\r\nBcc: all@example.com"))
    assert (await row(database, MessageRow, queued.id))["content"]["subject"] == "Hi Bcc: all@example.com"


async def test_nobody_can_answer_what_has_no_address(database: Database) -> None:
    [interaction] = await take(database, incoming(mail("ada@example.com")))
    conversation = await conversation_of(database, interaction)

    def hide(conn: Connection, number: int) -> None:
        conn.exec_driver_sql("UPDATE identity SET scheme = 'ext', value = 'mail/unknown'")

    await database.write(hide, 0)
    with pytest.raises(Refused, match="no address"):
        await reply(database, conversation)


async def test_a_new_message_goes_to_an_address_the_customer_holds(database: Database) -> None:
    await a_mail(database)
    customer, identity = await customer_of(database)
    draft = replace(DRAFT, subject="Your engine")

    def queue(conn: Connection, to: tuple[int, int]) -> Queued:
        return replies.queue_message(conn, *to, draft, actor())

    queued = await database.write(queue, (customer, identity))
    message = await row(database, MessageRow, queued.id)
    assert message["content"]["in_reply_to"] == ""
    talk = await row(database, ConversationRow, message["conversation_id"])
    assert (talk["subject"], talk["state"]) == ("Your engine", "waiting")
    with pytest.raises(NotFound):
        await database.write(queue, (customer, identity + 1000))
    with pytest.raises(NotFound):
        await database.write(queue, (customer + 1000, identity))


async def test_every_act_is_in_the_audit_log_and_every_message_has_its_first_step(database: Database) -> None:
    conversation = await a_mail(database)
    queued = await reply(database, conversation)
    await database.write(lambda conn, number: conversations.close(conn, number, actor()), conversation)
    acts = await database.read(lambda conn, _: conn.scalars(select(AuditRow.action).order_by(AuditRow.id)).all(), None)
    assert acts == ["reply.queued", "conversation.closed"]
    steps = await database.read(outbox.steps_of, queued.id)
    assert [step["state"] for step in steps] == ["ready"]
