"""What staff does on the pages, as a browser without scripts does it: a form, a redirect, the page anew."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, func, select

from hub.store.tables import AppointmentRow, ConversationRow, CustomerRow, MessageRow, TaskRow
from tests.builders import incoming, later, mail
from tests.desk_world import World, take
from tests.stores import store_url as store_url  # on both engines
from tests.web_room import Browser, WebRoom


def field(text: str, name: str) -> str:
    """Returns the value of a field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found[1]


async def value(room: WebRoom, statement: Any) -> Any:
    def one(conn: Connection, asked: Any) -> Any:
        return conn.execute(asked).scalars().all()

    return await room.services.database.read(one, statement)


async def answer(browser: Browser, world: World, text: str, **more: str) -> Any:
    page = (await browser.get(f"/conversations/{world.conversation}")).text
    fields = {"draft": field(page, "draft"), "seen": field(page, "seen"), "channel": "outgoing_mail", "text": text}
    return await browser.post(f"/conversations/{world.conversation}/reply", {**fields, **more})


async def test_an_answer_is_queued_shown_and_taken_back(room: WebRoom, world: World) -> None:
    nudged: list[bool] = []
    object.__setattr__(room.services, "nudge", lambda: nudged.append(True))
    async with room.browser("agent") as browser:
        assert (await answer(browser, world, "Thursday at ten?")).status == 303
        assert nudged == [True]
        [message] = await value(room, select(MessageRow.id).where(MessageRow.origin == "reply"))
        page = (await browser.get(f"/conversations/{world.conversation}")).text
        assert "waits to be sent" in page
        undone = await browser.post(f"/messages/{message}/undo")
        assert undone.status == 303
        back = await browser.get(undone.headers["Location"].partition("#")[0])
        assert "Thursday at ten?</textarea>" in back.text
        assert await value(room, select(MessageRow.state).where(MessageRow.id == message)) == ["cancelled"]
        draft = field(back.text, "draft")
        again = {"draft": draft, "seen": field(back.text, "seen"), "text": "Friday at ten?", "channel": ""}
        assert (await browser.post(f"/conversations/{world.conversation}/reply", again)).status == 303
    texts = await value(
        room, select(MessageRow.content).where(MessageRow.state == "ready", MessageRow.origin == "reply")
    )
    assert [content["text"] for content in texts] == ["Friday at ten?"]


async def test_a_double_click_sends_once(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{world.conversation}")).text
        fields = {"draft": field(page, "draft"), "seen": field(page, "seen"), "text": "Once"}
        for _click in range(2):
            assert (await browser.post(f"/conversations/{world.conversation}/reply", fields)).status == 303
    assert await value(room, select(func.count()).where(MessageRow.origin == "reply")) == [1]


async def test_something_unseen_stops_an_answer_and_keeps_its_text(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{world.conversation}")).text
        late = mail(id="late", text="Forget it", in_reply_to="a1@example.com", at=later(hours=1))
        await take(room.services.database, incoming(late))
        fields = {"draft": field(page, "draft"), "seen": field(page, "seen"), "text": "My long answer"}
        stopped = await browser.post(f"/conversations/{world.conversation}/reply", fields)
    assert stopped.status == 422
    assert "Something new came in" in stopped.text
    assert "My long answer</textarea>" in stopped.text
    assert "Forget it" in stopped.text


async def test_htmx_gets_only_the_talk(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{world.conversation}")).text
        fields = {"draft": field(page, "draft"), "seen": field(page, "seen"), "text": "Quick"}
        part = {"HX-Request": "true", "HX-Request-Type": "partial"}
        answered = await browser.post(f"/conversations/{world.conversation}/reply", fields, headers=part)
    assert answered.status == 200
    assert answered.text.strip().startswith('<div id="talk">')
    assert "waits to be sent" in answered.text


@pytest.mark.parametrize("channel", ["support_mail", "main_number", "nonsense"])
async def test_a_sender_that_cannot_is_refused(room: WebRoom, world: World, channel: str) -> None:
    async with room.browser("agent") as browser:
        assert (await answer(browser, world, "Hello", channel=channel)).status == 422
    assert await value(room, select(func.count()).where(MessageRow.origin == "reply")) == [0]


async def test_a_new_message_to_a_customer(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/customers/{world.ada}/write")).text
        fields = {"draft": field(page, "draft"), "identity": field(page, "identity"), "text": "Your engine is ready"}
        assert (await browser.post(f"/customers/{world.ada}/write", fields)).status == 422
        fields = {**fields, "subject": "Your engine", "draft": "another-draft"}
        assert (await browser.post(f"/customers/{world.ada}/write", fields)).status == 303
        shown = (await browser.get(f"/customers/{world.ada}")).text
    assert "Your engine is ready" in shown
    assert "Undo" in shown


@pytest.mark.security_row(6)
async def test_an_identity_of_somebody_else_cannot_be_written_to(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        await browser.get("/customers")
        fields = {"draft": "draft-0001", "identity": str(world.ada_mail + 2), "text": "Hi", "subject": "Hi"}
        assert (await browser.post(f"/customers/{world.ada}/write", fields)).status == 404
    assert await value(room, select(func.count()).where(MessageRow.origin == "reply")) == [0]


async def test_a_conversation_is_assigned_closed_and_opened(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        path = f"/conversations/{world.conversation}"
        await browser.get(path)
        assert (await browser.post(f"{path}/assign", {"assignee": str(room.ids["agent"])})).status == 303
        assert "The agent" in (await browser.get(path)).text
        assert (await browser.post(f"{path}/assign", {"assignee": "999999"})).status == 404
        assert (await browser.post(f"{path}/close")).status == 303
        states = select(ConversationRow.state).where(ConversationRow.id == world.conversation)
        assert await value(room, states) == ["closed"]
        assert (await browser.post(f"{path}/reopen")).status == 303
        assert await value(room, states) == ["open"]


async def test_reading_is_noted_by_a_post_only(room: WebRoom, world: World) -> None:
    unread = select(ConversationRow.unread).where(ConversationRow.id == world.conversation)
    async with room.browser("agent") as browser:
        await browser.get(f"/conversations/{world.conversation}")
        assert await value(room, unread) == [True]
        assert (await browser.post(f"/conversations/{world.conversation}/read")).status == 303
        assert await value(room, unread) == [False]


async def test_a_customer_is_made_changed_and_refused_with_what_was_typed(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        await browser.get("/customers/new")
        made = await browser.post("/customers", {"display_name": "Mary", "email": "mary2@example.com", "phone": ""})
        assert made.status == 303
        path = made.headers["Location"]
        assert (await browser.post(f"{path}/change", {"display_name": "Mary S.", "country": "cz"})).status == 303
        assert "Mary S." in (await browser.get(path)).text
        refused = await browser.post("/customers", {"display_name": "Twin", "email": "mary2@example.com"})
        assert refused.status == 422
        assert 'value="Twin"' in refused.text
        refused = await browser.post("/customers", {"display_name": "X", "phone": "12"})
        assert refused.status == 422
    assert await value(room, select(CustomerRow.country).where(CustomerRow.display_name == "Mary S.")) == ["CZ"]


async def test_two_customers_become_one_and_two_again(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        await browser.get("/customers")
        assert (await browser.post(f"/customers/{world.ada}/merge", {"other": "nobody@example.com"})).status == 404
        assert (await browser.post(f"/customers/{world.ada}/merge", {"other": "charles@example.com"})).status == 303
        merged = (await browser.get(f"/customers/{world.ada}")).text
        assert "does not match the order" in merged
        found = re.search(r"/customers/(\d+)/unmerge", merged)
        assert found
        assert (await browser.get(f"/customers/{found[1]}")).headers["Location"] == f"/customers/{world.ada}"
        assert (await browser.post(f"/customers/{found[1]}/unmerge")).status == 303
        assert "does not match the order" not in (await browser.get(f"/customers/{world.ada}")).text


async def test_notes_and_tasks_are_added(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        page = (await browser.get(f"/customers/{world.ada}")).text
        note = {"draft": field(page, "draft"), "text": "Prefers mornings"}
        assert (await browser.post(f"/customers/{world.ada}/notes", note)).status == 303
        task = {"title": "Ring back", "customer": str(world.ada), "due": "2026-03-03T09:00", "back": "//evil.example"}
        added = await browser.post("/tasks", task)
        assert (added.status, added.headers["Location"]) == (303, "/")
        shown = (await browser.get(f"/customers/{world.ada}")).text
        assert "Prefers mornings" in shown
        assert "Ring back" in shown
        [number] = await value(room, select(TaskRow.id).where(TaskRow.title == "Ring back"))
        assert (await browser.post(f"/tasks/{number}/done")).status == 303
        assert (await browser.post("/tasks", {"title": "x", "customer": "999999"})).status == 404
    assert await value(room, select(TaskRow.state).where(TaskRow.id == number)) == ["done"]


async def test_an_appointment_is_booked_moved_confirmed_and_cancelled(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        await browser.get("/appointments")
        fields = {
            "customer": "ada@example.com", "title": "Fitting", "starts_at": "2026-03-29T02:30",
            "time_zone": "Europe/Prague", "ends_at": "", "location": "", "note": "",
        }  # fmt: skip
        booked = await browser.post("/appointments", fields)
        assert booked.status == 303
        path = booked.headers["Location"]
        # 02:30 does not exist that night in Prague: the clocks go from 2 to 3.
        assert "2026-03-29T03:00" in (await browser.get(path)).text
        moved = await browser.post(path, {**fields, "starts_at": "2026-03-30T10:00", "revision": "1"})
        assert moved.status == 303
        stale = await browser.post(path, {**fields, "title": "Mine", "revision": "1"})
        assert (stale.status, "meanwhile" in stale.text) == (422, True)
        assert (await browser.post(f"{path}/confirm", {"revision": "2"})).status == 303
        assert (await browser.post(f"{path}/cancel", {"revision": "3"})).status == 303
        assert "cancelled" in (await browser.get(path)).text
        assert (await browser.post("/appointments", {**fields, "time_zone": "Moon"})).status == 422
        assert (await browser.post("/appointments", {**fields, "customer": "999999"})).status == 404


async def test_consent_and_silence_are_recorded_with_their_evidence(room: WebRoom, world: World) -> None:
    path = f"/customers/{world.ada}/identities/{world.ada_mail}"
    async with room.browser("agent") as browser:
        await browser.get("/customers")
        said = {"purpose": "promotional", "granted": "no", "wording": "No more, please"}
        assert (await browser.post(f"{path}/consent", said)).status == 303
        assert "No more, please" in (await browser.get(f"/customers/{world.ada}")).text
        assert (await browser.post(f"{path}/silence")).status == 303
        shown = (await browser.get(f"/customers/{world.ada}")).text
        assert "staff wants it left alone" in shown
        found = re.search(r'name="suppression" value="(\d+)"', shown)
        assert found
        assert (await browser.post(f"{path}/allow", {"suppression": found[1]})).status == 303
        assert "staff wants it left alone" not in (await browser.get(f"/customers/{world.ada}")).text


@pytest.mark.outbound("why")
async def test_a_message_tells_its_story_and_what_was_withheld_says_why(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        assert (await answer(browser, world, "Thursday at ten?")).status == 303
        [message] = await value(room, select(MessageRow.id).where(MessageRow.origin == "reply"))
        told = (await browser.get(f"/messages/{message}")).text
        assert "written by agent@hub.test" in told
        await browser.post(f"/messages/{message}/undo")
        shown = (await browser.get(f"/customers/{world.ada}")).text
        assert "Taken back by staff." in shown
        assert (await browser.get("/messages/999999")).status == 404


CSV = b"external_id,email,start,time_zone,title\nA-1,ada@example.com,2026-03-09 10:00,Europe/Prague,Fitting\nA-2,,x,,\n"


async def test_a_file_of_appointments_is_tried_first_then_imported(room: WebRoom, world: World) -> None:
    def sent(browser: Browser) -> aiohttp.FormData:
        form = aiohttp.FormData({"csrf": browser.token, "do": "try"})
        form.add_field("file", CSV, filename="a.csv", content_type="text/csv")
        return form

    titles = select(AppointmentRow.title).order_by(AppointmentRow.id)
    async with room.browser("agent") as browser:
        await browser.get("/appointments/import")
        tried = await browser.ask("POST", "/appointments/import", data=sent(browser))
        assert tried.status == 200, tried.text[-500:]
        assert "New: 1" in tried.text
        assert await value(room, titles) == ["Check-up"]
        kept = field(tried.text, "kept")
        guessed = await browser.post("/appointments/import", {"do": "import", "kept": f"{kept[:64]}.{'0' * 64}"})
        assert guessed.status == 404
        done = await browser.post("/appointments/import", {"do": "import", "kept": kept})
        assert "Imported." in done.text
        assert await value(room, titles) == ["Check-up", "Fitting"]
        again = await browser.post("/appointments/import", {"do": "import", "kept": kept})
        assert "as before: 1" in again.text
        assert (await browser.post("/appointments/import", {"do": "try"})).status == 422
