"""The one way in, on both engines: once each, the right customer, the right conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from channels.base import Captured
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.model.contact import Attachment, Direction, Kind, Party
from hub.model.event import CallStep
from hub.store import interactions
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.tables import (
    ArrivalRow,
    AttachmentRow,
    ConversationRow,
    CustomerRow,
    InteractionRow,
    JobRow,
    TaskRow,
)
from tests.builders import call, incoming, later, mail, sms, who
from tests.hub.capture.taking import KEY, count, row, take


async def test_the_same_payload_twice_is_one_interaction(database: Database) -> None:
    first = (await take(database, incoming(sms())))[0]
    again = (await take(database, incoming(sms())))[0]
    assert not first.duplicate
    assert again.duplicate
    assert again.interaction == first.interaction
    assert await count(database, InteractionRow) == 1


async def test_the_same_payload_twice_in_one_batch_is_one_interaction(database: Database) -> None:
    first, again = await take(database, incoming(sms()), incoming(sms()))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert await count(database, InteractionRow) == 1


async def test_one_mail_in_two_mailboxes_is_one_interaction_with_two_arrivals(database: Database) -> None:
    first, second = await take(database, incoming(mail(), key="inbox:1"), incoming(mail(), key="sales:1"))
    assert first.interaction == second.interaction
    assert await count(database, InteractionRow) == 1
    assert await count(database, ArrivalRow) == 2


async def test_the_same_message_id_with_another_body_is_kept_beside_the_first(database: Database) -> None:
    await take(database, incoming(mail(text="one"), key="1"), incoming(mail(text="two"), key="2"))
    assert await count(database, InteractionRow) == 2


async def test_an_exact_identity_finds_its_customer(database: Database) -> None:
    first, second = await take(database, incoming(mail(id="a")), incoming(mail("ADA@example.com", id="b")))
    assert first.customer == second.customer
    assert "first contact" in (await row(database, first.interaction)).customer_why
    assert (await row(database, second.interaction)).customer_why == "holds mailto:ada@example.com"


async def test_a_name_is_learnt_once_and_never_overwritten(database: Database) -> None:
    for number, name in enumerate(("", "Ada Lovelace", "Somebody Else")):
        await take(database, incoming(mail(id=f"m{number}", sender_name=name)))
    names = await database.read(lambda conn, _: list(conn.scalars(select(CustomerRow.display_name))), None)
    assert names == ["Ada Lovelace"]


async def test_a_reply_joins_the_conversation_it_refers_to(database: Database) -> None:
    first, reply = await take(database, incoming(mail(id="a")), incoming(mail(id="b", in_reply_to="a")))
    assert first.conversation == reply.conversation
    assert (await row(database, reply.interaction)).conversation_why == "refers to a"


async def test_mails_that_share_an_unseen_parent_are_one_conversation(database: Database) -> None:
    one = incoming(mail(id="a", references=("lost",)))
    two = incoming(mail(id="b", references=("lost",)))
    assert (await take(database, one))[0].conversation == (await take(database, two))[0].conversation


async def test_a_mail_that_refers_to_two_conversations_makes_them_one(database: Database) -> None:
    a, b = await take(database, incoming(mail(id="a")), incoming(mail(id="b")))
    assert a.conversation != b.conversation
    joint = (await take(database, incoming(mail(id="c", references=("a", "b"), at=later(minutes=1)))))[0]
    assert {(await row(database, each.interaction)).conversation_id for each in (a, b, joint)} == {a.conversation}


@pytest.mark.security_row(3)
async def test_a_stranger_with_a_right_reference_starts_a_conversation_of_its_own(database: Database) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]
    forged = (await take(database, incoming(mail("eve@example.net", id="b", in_reply_to="a"))))[0]
    assert forged.conversation != first.conversation
    assert "takes no part" in (await row(database, forged.interaction)).conversation_why


async def test_someone_in_cc_may_answer_in_the_conversation(database: Database) -> None:
    cc = (Party(who("bob@example.org")),)
    first = (await take(database, incoming(mail(id="a", participants=cc))))[0]
    answer = (await take(database, incoming(mail("bob@example.org", id="b", in_reply_to="a"))))[0]
    assert answer.conversation == first.conversation
    assert answer.customer != first.customer


async def test_texts_and_calls_of_a_number_share_its_open_conversation(database: Database) -> None:
    text = (await take(database, incoming(sms())))[0]
    rung = (await take(database, incoming(call(CallStep.RINGING))))[0]
    assert rung.conversation == text.conversation
    assert rung.customer == text.customer


@pytest.mark.parametrize("kind", [Kind.AUTO_REPLY, Kind.BOUNCE])
@pytest.mark.security_row(30)
async def test_machines_reopen_nothing(database: Database, kind: Kind) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]

    def close(conn: Connection, _: None) -> None:
        conn.execute(ConversationRow.__table__.update().values(state="closed", unread=False))  # type: ignore[attr-defined]  # FromClause

    await database.write(close, None)
    await take(database, incoming(mail(id="b", in_reply_to="a", kind=kind, at=later(hours=1))))
    state = await database.read(
        lambda conn, _: conn.execute(
            select(ConversationRow.state, ConversationRow.unread).where(ConversationRow.id == first.conversation)
        ).one(),
        None,
    )
    assert tuple(state) == ("closed", False)


async def test_staffs_own_mail_belongs_to_the_customer_it_went_to(database: Database) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]
    ours = mail(
        "support@example.com",
        id="b",
        in_reply_to="a",
        direction=Direction.OUT,
        recipients=(Party(who("ada@example.com")),),
    )
    answer = (await take(database, incoming(ours)))[0]
    assert (answer.customer, answer.conversation) == (first.customer, first.conversation)


async def test_a_call_is_one_interaction_whatever_the_order_of_its_events(database: Database) -> None:
    recording = Attachment(filename="voicemail.mp3", content_type="audio/mpeg", url="http://127.0.0.1/RE1")
    steps = [
        call(CallStep.RECORDING, recording=recording, voicemail=True, duration=7),
        call(CallStep.ENDED, status="completed", duration=20),
        call(CallStep.RINGING),
        call(CallStep.RECORDING, recording=recording, voicemail=True, duration=7),
    ]
    for number, step in enumerate(steps):
        await take(database, incoming(step, key=f"hook {number}"))
    assert await count(database, InteractionRow) == 1
    assert await count(database, AttachmentRow) == 1
    assert await count(database, JobRow) == 1


async def test_an_unanswered_call_opens_a_callback_task(database: Database) -> None:
    await take(database, incoming(call(CallStep.RINGING)), incoming(call(CallStep.ENDED, status="no-answer")))
    tasks = await database.read(lambda conn, _: list(conn.scalars(select(TaskRow.kind))), None)
    assert tasks == ["callback"]


async def test_what_cannot_be_read_is_kept_and_listed(database: Database) -> None:
    captured = (await take(database, incoming(failure="too deep", key="bad")))[0]
    assert captured.failure == "too deep"
    listed = await database.read(lambda conn, _: interactions.quarantined(conn), None)
    assert [each["key"] for each in listed] == ["bad"]
    await take(database, incoming(mail(), key="bad", again=True))
    assert await database.read(lambda conn, _: interactions.quarantined(conn), None) == []


async def test_a_poisoned_payload_never_takes_its_neighbours_along(database: Database) -> None:
    """The text cannot be stored (a NUL on PostgreSQL, a lone surrogate on SQLite): only its own caller hears of it."""
    import asyncio

    capture = Capture(KEY)
    bad = incoming(sms(text="\x00\ud800", id="SM9"), key="bad")
    batch = [incoming(sms(id=f"SM{n}"), key=f"good {n}") for n in range(4)]
    results = await asyncio.gather(
        *[database.submit(capture, item) for item in [*batch[:2], bad, *batch[2:]]], return_exceptions=True
    )
    assert isinstance(results[2], Exception)
    assert [type(result) for position, result in enumerate(results) if position != 2] == [Captured] * 4
    assert await count(database, InteractionRow) == 4
    assert await count(database, CustomerRow) == 1


async def test_a_page_is_captured_whole_with_what_goes_with_it_even_round_a_poisoned_one(
    database: Database, tmp_path: Path
) -> None:
    intake = Intake(database, FileBlobs(tmp_path), Capture(KEY))
    noted: list[int] = []

    def note(conn: Connection) -> None:
        noted.append(conn.execute(select(func.count()).select_from(ArrivalRow)).scalar_one())

    await intake.take_page([incoming(sms(id=f"SM{n}"), key=f"first {n}") for n in range(3)], note)
    bad = incoming(sms(text="\x00\ud800", id="SM9"), key="bad")
    await intake.take_page([incoming(sms(id="SM4"), key="second"), bad, incoming(sms(id="SM5"), key="third")], note)
    assert noted == [3, 6]
    assert await count(database, InteractionRow) == 5
    listed = await database.read(lambda conn, _: interactions.quarantined(conn), None)
    assert [each["key"] for each in listed] == ["bad"]
