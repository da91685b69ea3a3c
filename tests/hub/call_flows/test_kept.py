"""Call flows as they are kept: in versions, chosen for channels, handed to the calls of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from sqlalchemy import Connection
from twilio.request_validator import RequestValidator

from channels.base import Context
from channels.voice import TwilioVoice
from hub.model.errors import NotFound, Refused
from hub.store import call_flows
from hub.store.session import Database, open_database
from tests.builders import NOW
from tests.hub.call_flows.flows import SHOP
from tests.web_room import Clock, WebRoom, services_for, web_room

TOKEN = "0123456789abcdef0123456789abcdef"
SHORT: dict[str, Any] = {
    "title": "Short",
    "languages": ["en"],
    "start": "hello",
    "steps": {"hello": {"kind": "say", "words": {"en": "Nobody is here"}}},
}


async def test_every_change_is_a_version_and_none_is_undone_unseen(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        assert call_flows.save(conn, "shop", SHOP, "ada", NOW, based_on=0) == 1
        assert call_flows.save(conn, "shop", SHOP, "ada", NOW) == 1
        assert call_flows.save(conn, "shop", {**SHOP, "title": "Ours"}, "ada", NOW, based_on=1) == 2
        with pytest.raises(Refused, match="version 2"):
            call_flows.save(conn, "shop", SHORT, "ada", NOW, based_on=1)
        with pytest.raises(Refused, match="exists"):
            call_flows.save(conn, "shop", SHORT, "ada", NOW, based_on=0)
        assert [(row.version, row.title, row.active) for row in call_flows.versions(conn, "shop")] == [
            (2, "Ours", True),
            (1, "The shop", False),
        ]
        assert call_flows.current(conn, "shop").flow.title == "Ours"
        call_flows.retire(conn, "shop")
        assert call_flows.all_current(conn) == []
        assert call_flows.save(conn, "shop", {**SHOP, "title": "Ours"}, "ada", NOW) == 3

    await database.write(work, None)


async def test_a_channel_follows_the_chosen_flow_else_that_of_its_name(database: Database) -> None:
    def name(conn: Connection) -> str:
        row = call_flows.followed(conn, "phone")
        return row.name if row else ""

    def work(conn: Connection, _: None) -> None:
        assert name(conn) == ""
        call_flows.save(conn, "phone", SHORT, "ada", NOW)
        call_flows.save(conn, "a_shop", SHOP, "ada", NOW)
        assert name(conn) == "phone"
        call_flows.choose(conn, "phone", "a_shop")
        assert name(conn) == "a_shop"
        with pytest.raises(Refused, match="phone follow this flow"):
            call_flows.retire(conn, "a_shop")
        with pytest.raises(NotFound):
            call_flows.choose(conn, "phone", "nothing")
        call_flows.choose(conn, "phone", "")
        assert name(conn) == "phone"
        call_flows.retire(conn, "phone")
        assert name(conn) == ""

    await database.write(work, None)


@pytest.fixture
async def phone(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room with a number that takes calls, on SQLite alone: no engine sees its pages differently."""
    database = open_database(sqlite_store_url)
    await database.open()
    settings = {"account_sid": "AC" + "0" * 32, "auth_tokens": TOKEN, "from_number": "+14155550100"}
    voice = TwilioVoice("phone", settings, Context(public_url="http://hub.test"))
    clock = Clock()
    services = services_for(database, tmp_path, clock, channels={"phone": voice})
    services.settings.channels["phone"] = services.settings.channels["main_phone"]
    async with web_room(services, clock) as room:
        yield room
    await database.close()


async def _ring(room: WebRoom, sid: str) -> str:
    form = {"CallSid": "CA" + sid * 32, "From": "+14155550142", "To": "+14155550100", "CallStatus": "ringing"}
    signature = RequestValidator(TOKEN).compute_signature("http://127.0.0.1:8080/hooks/phone/call", form)
    kind = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    async with (
        aiohttp.ClientSession() as http,
        http.post(room.url("/hooks/phone/call"), data=body, headers=kind) as answer,
    ):
        assert answer.status == 200
        return await answer.text()


async def test_the_next_call_follows_what_was_just_saved(phone: WebRoom) -> None:
    assert "cannot take your call" in await _ring(phone, "1")
    await phone.services.database.write(lambda conn, _: call_flows.save(conn, "phone", SHOP, "ada", NOW), None)
    # The clock says Monday, 11:00 in Prague.
    assert "Hello &amp; welcome" in await _ring(phone, "2")
    phone.clock.advance(hours=8)
    assert "We are closed" in await _ring(phone, "3")


async def test_a_flow_is_made_changed_and_chosen_on_its_pages_without_a_script(phone: WebRoom) -> None:
    fields = {
        "name": "front_desk", "title": "Front <desk>", "languages": "en, cs", "start": "hello", "steps": "3",
        "s0.kind": "say", "s0.name": "hello", "s0.words.en": "Hello", "s0.words.cs": "Ahoj", "s0.next": "message",
        "s1.kind": "voicemail", "s1.name": "message", "s1.max_seconds": "60", "s1.announced": "1",
        "s2.kind": "hangup", "s2.name": "end", "s2.remove": "1", "based_on": "0",
    }  # fmt: skip
    async with phone.browser("marketer") as browser:
        assert (await browser.get("/call-flows/new")).status == 200
        more = await browser.post("/call-flows", {**fields, "act": "add", "new_kind": "hours"})
        assert (more.status, 'value="hours_1"' in more.text, 'value="end"' in more.text) == (200, True, False)
        wrong = await browser.post("/call-flows", {**fields, "s0.next": "moon", "act": "save"})
        assert (wrong.status, "hello leads to" in wrong.text) == (422, True)
        saved = await browser.post("/call-flows", {**fields, "act": "save"})
        assert (saved.status, saved.headers["Location"]) == (303, "/call-flows/front_desk")
        shown = await browser.get("/call-flows/front_desk")
        assert "Front &lt;desk&gt;" in shown.text
        assert "No number follows it yet" in shown.text
        changed = {**fields, "s1.max_seconds": "30", "based_on": "1", "act": "save"}
        assert (await browser.post("/call-flows/front_desk", changed)).status == 303
        assert (await browser.post("/call-flows/front_desk", {**changed, "title": "x"})).status == 422
        first = await browser.get("/call-flows/front_desk?version=1")
        assert 'value="60"' in first.text
        assert (await browser.post("/call-flows/choose", {"channel": "phone", "flow": "front_desk"})).status == 303
        assert (await browser.post("/call-flows/choose", {"channel": "x", "flow": "front_desk"})).status == 404
        listed = await browser.get("/call-flows")
        assert "Now: Front &lt;desk&gt;." in listed.text
        assert (await browser.post("/call-flows/front_desk/retire")).status == 422


async def test_a_flow_over_the_api(phone: WebRoom) -> None:
    headers = {"Authorization": f"Bearer {await phone.token('marketer')}"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with http.request(method, phone.url(f"/api/v1{path}"), json=body) as answer:
                return answer.status, await answer.json()

        status, made = await ask("PUT", "/call-flows/shop", {"definition": SHOP, "based_on": 0})
        assert (status, made["version"], made["definition"]) == (200, 1, SHOP)
        assert (await ask("PUT", "/call-flows/shop", {"definition": {**SHOP, "start": "moon"}}))[0] == 422
        assert (await ask("GET", "/call-flows/shop"))[1] == made
        assert (await ask("GET", "/call-flows"))[1]["items"] == [made]
        assert (await ask("GET", "/call-flows/shop/versions"))[1]["items"] == [made]
        followed = {"channel": "phone", "chosen": "shop", "flow": "shop"}
        assert (await ask("PUT", "/channels/phone/call-flow", {"flow": "shop"}))[1] == followed
        assert (await ask("DELETE", "/call-flows/shop"))[0] == 422
        assert (await ask("PUT", "/channels/phone/call-flow", {"flow": ""}))[1] == {
            **followed,
            "chosen": "",
            "flow": None,
        }
        assert (await ask("GET", "/channels/other/call-flow"))[0] == 404
        assert (await ask("DELETE", "/call-flows/shop"))[0] == 200
        assert (await ask("GET", "/call-flows/shop"))[0] == 404
