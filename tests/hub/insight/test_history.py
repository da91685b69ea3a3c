"""Timelines and search: every channel in one column, by key, within one customer, with what was learnt later."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from hub.insight.history import conversation_entries, search_history, timeline
from hub.insight.paging import read_id, read_time_cursor, time_cursor
from hub.model.contact import Answer, Attachment, Medium
from hub.model.errors import NotFound, Refused
from hub.model.event import CallStep, DeliveryStatus
from hub.store.deliveries import apply_updates
from hub.store.session import Database
from hub.store.tables import InteractionRow, MessageRow
from tests.builders import NOW, call, incoming, later, mail, news, sms, who
from tests.desk_world import conversation_of, customer_of, take


async def ask(database: Database, work: Any, *args: Any, **more: Any) -> Any:
    return await database.read(lambda conn, _: work(conn, *args, **more), None)


async def test_pages_by_key_give_every_entry_once_newest_first(database: Database) -> None:
    await take(database, *[incoming(mail(id=f"m{n}", text=f"number {n}", at=later(minutes=n))) for n in range(7)])
    customer, _ = await customer_of(database)
    seen, before = [], None
    while True:
        page = await ask(database, timeline, customer, before=before, limit=3)
        seen += [entry.text for entry in page.items]
        if not page.next:
            break
        before = read_id(page.next)
    assert seen == [f"number {n}" for n in reversed(range(7))]


async def test_a_mail_that_comes_while_paging_repeats_nothing(database: Database) -> None:
    await take(database, *[incoming(mail(id=f"m{n}", text=f"number {n}", at=later(minutes=n))) for n in range(4)])
    customer, _ = await customer_of(database)
    first = await ask(database, timeline, customer, limit=2)
    await take(database, incoming(mail(id="new", text="new", at=later(hours=1))))
    second = await ask(database, timeline, customer, before=read_id(first.next), limit=2)
    assert [entry.text for entry in (*first.items, *second.items)] == ["number 3", "number 2", "number 1", "number 0"]


async def test_filters_take_the_media_that_there_are(database: Database) -> None:
    await take(database, incoming(mail()))
    customer, _ = await customer_of(database)
    assert len((await ask(database, timeline, customer, media=["email"])).items) == 1
    assert (await ask(database, timeline, customer, media=["sms", "call"])).items == ()
    with pytest.raises(Refused):
        await ask(database, timeline, customer, media=["email' OR 1=1 --"])
    with pytest.raises(NotFound):
        await ask(database, timeline, customer + 1000)


async def test_words_are_found_within_the_customer_only(database: Database) -> None:
    await take(
        database,
        incoming(mail(id="a", text="The difference engine", at=later(minutes=1))),
        incoming(mail(id="b", text="Another matter", at=later(minutes=2))),
        incoming(mail("charles@example.com", id="c", text="My engine is better")),
    )
    customer, _ = await customer_of(database)
    assert [entry.text for entry in (await ask(database, timeline, customer, words="engine")).items] == [
        "The difference engine"
    ]
    assert (await ask(database, timeline, customer, words="engine", media=["sms"])).items == ()
    assert len((await ask(database, search_history, "engine")).items) == 2


async def test_a_filtered_search_reads_on_until_enough_is_found(database: Database) -> None:
    await take(database, incoming(mail("ada@example.com", id="form", text="engine", medium=Medium.FORM)))
    await take(database, *[incoming(mail(id=f"m{n}", text=f"engine {n}", at=later(minutes=n + 1))) for n in range(8)])
    customer, _ = await customer_of(database)
    found = await ask(database, timeline, customer, words="engine", media=["form"], limit=2)
    assert [entry.medium for entry in found.items] == ["form"]


async def test_a_call_is_one_entry_with_its_length_and_recording(database: Database) -> None:
    recording = Attachment(filename="RE1.mp3", content_type="audio/mpeg", url="http://twilio.test/RE1")
    await take(
        database,
        incoming(call(CallStep.ENDED, status="completed", duration=65)),
        incoming(call(CallStep.RECORDING, voicemail=True, duration=40, recording=recording)),
        incoming(call(CallStep.RINGING, status="ringing")),
        incoming(call(CallStep.TRANSCRIPT, text="Please call me back", voicemail=True)),
    )
    customer, _ = await customer_of(database, who("+14155550101"))
    [entry] = (await ask(database, timeline, customer)).items
    assert entry.call is not None
    assert (entry.call.seconds, entry.call.status, entry.call.voicemail) == (65, "completed", True)
    assert entry.call.transcript == "Please call me back"
    assert [(file.filename, file.state, file.playable) for file in entry.files] == [("RE1.mp3", "waiting", False)]


async def test_a_survey_shows_its_score_and_words(database: Database) -> None:
    answers = (Answer("How likely?", "3", "nps"), Answer("Why?", "Too slow"))
    await take(database, incoming(mail(id="s", medium=Medium.SURVEY, text="", answers=answers, extra={"nps": "3"})))
    customer, _ = await customer_of(database)
    [entry] = (await ask(database, timeline, customer)).items
    assert entry.nps == 3
    assert entry.answers == [["How likely?", "3", "nps"], ["Why?", "Too slow", "text"]]


async def test_what_became_of_our_message_stands_on_it(database: Database) -> None:
    [interaction] = await take(database, incoming(mail()))
    customer, identity = await customer_of(database)

    def send(conn: Connection, number: int) -> int:
        conn.execute(update(InteractionRow).where(InteractionRow.id == number).values(direction="out"))
        row = {
            "dedupe_key": "k", "origin": "reply", "purpose": "service", "channel": "outgoing_mail", "content": {},
            "customer_id": customer, "identity_id": identity, "state": "accepted", "due_at": NOW, "expires_at": NOW,
            "planned_at": NOW, "reference": "queue-1", "interaction_id": number,
        }  # fmt: skip
        made: int = conn.execute(insert(MessageRow).values(**row).returning(MessageRow.id)).scalar_one()
        apply_updates(
            conn, [news(DeliveryStatus.BOUNCED, reference="queue-1", code="5.1.1", diagnostic="no such user")]
        )
        return made

    await database.write(send, interaction)
    [entry] = (await ask(database, timeline, customer)).items
    assert entry.sent is not None
    assert (entry.sent.state, entry.sent.delivery) == ("accepted", "bounced")
    assert [(told.code, told.diagnostic) for told in entry.sent.news] == [("5.1.1", "no such user")]


async def test_a_conversation_is_read_in_pages_too(database: Database) -> None:
    ids = await take(database, *[incoming(sms(id=f"SM{n}", text=f"text {n}", at=later(minutes=n))) for n in range(3)])
    conversation = await conversation_of(database, ids[0])
    page = await ask(database, conversation_entries, conversation, limit=2)
    assert [entry.text for entry in page.items] == ["text 2", "text 1"]
    rest = await ask(database, conversation_entries, conversation, before=read_id(page.next), limit=2)
    assert ([entry.text for entry in rest.items], rest.next) == (["text 0"], "")


@pytest.mark.parametrize("cursor", ["x", "-", "1-", "1-x", "1 OR 1=1", "9" * 40, "99999999999999999-1", "1--1"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(Refused):
        read_time_cursor(cursor)


def test_a_cursor_leads_back_to_its_row() -> None:
    assert read_time_cursor(time_cursor(NOW, 7)) == (NOW, 7)
    assert read_time_cursor("") is None
