"""Texts on the pages, as a browser without scripts has them: counted, with files, for later, over WhatsApp, unclear."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest
from sqlalchemy import Connection, insert, select, update

from channels.base import Context
from channels.sms import TwilioSms
from hub.model.contact import Attachment, Medium, Party
from hub.model.identity import Identity
from hub.store import media_links, message_links, templates
from hub.store.session import Database, open_database
from hub.store.tables import (
    AppointmentRow,
    AttachmentRow,
    ConsentRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    SuppressionRow,
    TaskRow,
)
from tests.builders import NOW, incoming, later, sms
from tests.desk_world import PNG, World, conversation_of, take
from tests.hub.web.pages.test_writing import composing, fields, follow, rows
from tests.web_room import Browser, WebRoom

UNCLEAR = "too many messages"
CURLY = "It’s ready – “today” until six. Bring the paper, and the card that you paid with, please."


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database on the engine that tells the same faster."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


def reachable(room: WebRoom, **number: str) -> None:
    """Gives the hub a number whose provider reaches it."""
    own = {"account_sid": "AC" + "0" * 32, "auth_tokens": ["t" * 32], **number}
    made = TwilioSms("main_number", own, Context(public_url="https://hub.test"))
    cast(dict[str, Any], room.services.channels)["main_number"] = made


async def status(browser: Browser, path: str) -> int:
    return (await browser.get(path)).status


async def test_a_text_is_counted_illustrated_sent_at_their_nine_and_taken_back(room: WebRoom, world: World) -> None:
    services, path = room.services, f"/conversations/{world.texts}"
    unreachable = room.services.channels["main_number"]
    picture = sms("+14155550101", "", id="MM8", attachments=(Attachment(filename="a.png", content_type="image/png"),))
    await take(services.database, incoming(picture))
    stored = {"state": "stored", "sha256": services.blobs.put(PNG), "size": len(PNG)}
    waiting = AttachmentRow.state == "waiting"
    await services.database.write(
        lambda conn, values: conn.execute(update(AttachmentRow).where(waiting).values(**values)), stored
    )
    async with room.browser("agent") as browser:
        page = (await browser.get(path)).text
        assert re.search(r'<article class="bubble in"[^>]*>.*?Running 5 minutes late', page, re.DOTALL)
        assert re.search(r'<img src="/attachments/\d+" alt="a.png"', page)
        owner = re.search(r'href="/customers/(\d+)', page)
        assert owner
        history = (await browser.get(f"/customers/{owner[1]}")).text
        assert re.search(r'<a class="picture" href="/attachments/\d+"><img src="/attachments/\d+" alt="a.png"', history)
        known = re.search(r'/stream\?known=([0-9a-f]+)"', page)
        assert known
        assert await status(browser, f"{path}/stream?known={known[1]}") == 204
        assert "bubble in" in (await browser.get(f"{path}/stream?known=other")).text
        assert "America/Los_Angeles" in page

        form = await composing(browser, path)
        form["seen"] = re.findall(r'name="seen" value="(\d+)" form="composer"', page)[0]
        counted = await browser.post("/texts/count", {"text": CURLY})
        assert re.sub(r"\s+", " ", counted.text).count("2 parts") == 1
        assert "1 part" in counted.text.partition("notice")[2]
        form = await follow(browser, await browser.post(f"{path}/reply", {**form, "text": CURLY, "act": "plain"}))
        assert form["text"] == CURLY.translate(str.maketrans("’–“”", '\'-""'))

        too_odd = aiohttp.FormData({**form, "csrf": browser.token, "act": "attach"})
        too_odd.add_field("file", b"MZ", filename="tool.exe", content_type="application/x-msdownload")
        refused = await browser.ask("POST", f"{path}/reply", data=too_odd)
        assert refused.status == 422
        assert "phones do not take" in refused.text
        with_file = aiohttp.FormData({**form, "csrf": browser.token, "act": "attach"})
        with_file.add_field("file", PNG, filename="box.png", content_type="image/png")
        form = await follow(browser, await browser.ask("POST", f"{path}/reply", data=with_file))

        assert isinstance(unreachable, TwilioSms)
        assert unreachable.only_recalls
        poor = await browser.post(f"{path}/reply", form)
        assert "cannot reach this hub" in poor.text
        reachable(room, from_number="+14155550100")
        past = await browser.post(f"{path}/reply", {**form, "send_at": "2026-03-01T09:00"})
        assert past.status == 422
        assert "This time has passed" in past.text, re.findall(r"role=.alert.>[^<]*", past.text)
        sent = await browser.post(f"{path}/reply", {**form, "send_at": "2026-03-03T09:00"})
        assert sent.status == 303, sent.text
        [message] = await rows(room, MessageRow, MessageRow.origin == "reply")
        assert message["due_at"] == datetime(2026, 3, 3, 17, tzinfo=UTC)  # nine o'clock in California
        assert [file["filename"] for file in message["content"]["attachments"]] == ["box.png"]
        shown = (await browser.get(path)).text
        assert "Do not send it" in shown
        assert "box.png" in shown

        listed = (await browser.get("/drafts")).text
        assert f'action="/messages/{message["id"]}/undo"' in listed

        # Its provider fetches the picture by an address of its own, for some hours.
        until = services.clock() + media_links.GOOD_FOR
        good = f"/m/{media_links.token(services.keys, message['id'], 0, until)}"
        async with room.browser() as provider:
            fetched = await provider.get(good)
            assert (fetched.body, fetched.headers["Content-Type"]) == (PNG, "image/png")
            others = [media_links.token(services.keys, number, place, until) for number, place in ((999, 0), (1, 7))]
            forged = [good[:-1] + ("0" if good[-1] != "0" else "1"), "/m/" + "A" * 30, *(f"/m/{one}" for one in others)]
            assert [await status(provider, one) for one in forged] == [404] * 4

        back = await follow(browser, await browser.post(f"/messages/{message['id']}/undo"))
        assert back["send_at"] == "2026-03-03T09:00"
        assert (await rows(room, MessageRow, MessageRow.origin == "reply"))[0]["state"] == "cancelled"
        room.clock.advance(hours=13)
        assert await status(browser, good) == 404


async def test_whatsapp_shows_until_when_it_takes_free_words_and_then_an_approved_wording(room: WebRoom) -> None:
    services = room.services
    reachable(room, whatsapp_number="+14155550100")
    party = Party(Identity("whatsapp", "+14155550177"), "Mary")
    said = replace(
        sms("+14155550177", "Is it ready?", id="SMwa", at=later(hours=0)), sender=party, medium=Medium.WHATSAPP
    )
    [heard] = await take(services.database, incoming(said))
    talk = await conversation_of(services.database, heard)
    faces = {"sms": "Hello {{ customer.first_name }}, it is ready.", "content_sid": "HX" + "a" * 32}

    def furnish(conn: Connection, _arg: None) -> None:
        templates.save(conn, name="ready", language="en", purpose="service", faces=faces, now=NOW)

    await services.database.write(furnish, None)
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{talk}")).text
        assert "WhatsApp takes what you write until" in page
    room.clock.advance(hours=30)
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{talk}")).text
        assert "only a wording that it has approved" in page
        own_words = await browser.post(f"/conversations/{talk}/reply", {**fields(page), "text": "It is ready"})
        assert own_words.status == 422
        assert "only within 24 hours" in own_words.text
        form = {**fields(page), "seen": "1", "text": "", "template": "ready"}
        assert (await browser.post(f"/conversations/{talk}/reply", form)).status == 303
    [message] = await rows(room, MessageRow, MessageRow.origin == "reply")
    assert (message["template"], message["channel"]) == ("ready", "main_number")


async def unsure(room: WebRoom, number: str) -> tuple[int, int]:
    """Somebody writes what may mean stop; returns the conversation and the task."""
    [said] = await take(room.services.database, incoming(sms(number, UNCLEAR, id=f"SM{number}")))
    [task] = await rows(room, TaskRow, TaskRow.interaction_id == said)
    return await conversation_of(room.services.database, said), task["id"]


async def test_unclear_words_are_decided_by_one_click_and_both_outcomes_stand_on_the_history(room: WebRoom) -> None:
    async def silenced(number: str) -> list[str]:
        where = (SuppressionRow.address == f"tel:{number}", SuppressionRow.lifted_at.is_(None))
        return sorted(row["reason"] for row in await rows(room, SuppressionRow, *where))

    async with room.browser("agent") as browser:
        for number, meant, told, left in (
            ("+14155550181", "stop", "meant stop", ["stop"]),
            ("+14155550182", "no", "did not mean stop", []),
        ):
            talk, task = await unsure(room, number)
            assert await silenced(number) == ["unsure"]
            assert "Did they mean stop?" in (await browser.get(f"/conversations/{talk}")).text
            assert f"/tasks/{task}/meant" in (await browser.get("/tasks")).text
            for _again in range(2):  # a second click changes nothing
                assert (await browser.post(f"/tasks/{task}/meant", {"meant": meant})).status == 303
            page = (await browser.get(f"/conversations/{talk}")).text
            assert told in page
            assert "Did they mean stop?" not in page
            assert await silenced(number) == left
            held = IdentityRow.value == number
            [identity] = await rows(room, IdentityRow, held)
            evidence = await rows(room, ConsentRow, ConsentRow.identity_id == identity["id"])
            assert [row["granted"] for row in evidence] == ([False] if meant == "stop" else [])
        assert (await browser.post(f"/tasks/{task + 1000}/meant", {"meant": "stop"})).status == 404


async def test_a_reminders_link_is_looked_at_freely_and_answered_by_a_post(room: WebRoom, world: World) -> None:
    services = room.services
    reminder: dict[str, Any] = {
        "dedupe_key": "rule:link", "origin": "rule", "purpose": "reminder", "channel": "outgoing_mail",
        "customer_id": world.ada, "identity_id": world.ada_mail, "about": "appointment", "about_id": world.appointment,
        "about_revision": 1, "state": "accepted", "due_at": NOW, "planned_at": NOW,
        "expires_at": NOW + timedelta(days=1), "content": {"starts_at": (NOW + timedelta(hours=5)).isoformat()},
        "interaction_id": world.mail,
    }  # fmt: skip
    made = await services.database.write(
        lambda conn, row: conn.execute(insert(MessageRow).values(**row).returning(MessageRow.id)).scalar_one(), reminder
    )
    path = f"/a/{message_links.REMINDER.token(services.keys, made, 'mailto:ada@example.com')}"

    async def state() -> str:
        return str((await rows(room, AppointmentRow, AppointmentRow.id == world.appointment))[0]["state"])

    async with room.browser() as visitor:
        page = await visitor.get(path)
        assert "Yes, I will be there" in page.text
        assert "16:00" in page.text  # 15:00 UTC in Prague
        assert await state() == "booked"
        guesses = [path[:-1] + ("0" if path[-1] != "0" else "1"), "/a/preview", path.replace("/a/r", "/a/1")]
        assert [await status(visitor, guess) for guess in guesses] == [404] * 3
        for _again in range(2):
            assert "we expect you" in (await visitor.post(path, {"answer": "yes"})).text
            assert await state() == "confirmed"
        assert "another time" in (await visitor.post(path, {"answer": "no"})).text
        [task] = await rows(room, TaskRow, TaskRow.kind == "reminder_answer")
        assert task["title"] == "Does not come: Check-up, 2026-03-02 16:00"
        room.clock.advance(hours=6)
        assert "its time has passed" in (await visitor.get(path)).text

    def learnt(conn: Connection, _arg: None) -> int:
        from hub.store.tables import InteractionEventRow

        mine = InteractionEventRow.interaction_id == world.mail
        return len(conn.execute(select(InteractionEventRow.kind).where(mine)).all())

    assert await services.database.read(learnt, None) == 2


@pytest.mark.parametrize(("sender", "what"), [("22000", "a short code"), ("MyBank", "a name instead of a number")])
async def test_who_cannot_be_answered_is_said_so_before_anything_is_written(
    room: WebRoom, world: World, sender: str, what: str
) -> None:
    database = room.services.database
    said = sms("+14155550101", "Your code is 123", id="MM9")
    await take(database, incoming(replace(said, sender=Party(Identity("sms", sender)))))
    [held] = await rows(room, IdentityRow, IdentityRow.value == sender)
    [interaction] = await rows(room, InteractionRow, InteractionRow.identity_id == held["id"])
    async with room.browser("agent") as browser:
        page = await browser.get(f"/conversations/{interaction['conversation_id']}")
        assert (page.status, f"{sender} takes no answers: it is {what}." in page.text) == (200, True)
        assert 'id="composer"' not in page.text
        channels = room.services.settings.channels
        named = channels["main_number"].model_copy(update={"settings": {"from_number": "Pharmacy"}})
        channels["main_number"] = named
        own = (await browser.get(f"/conversations/{world.texts}")).text
        assert "they cannot answer it" in own
