"""The hosted form over a real socket: what is typed is never lost, and never counted twice."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import Connection, func, select

from hub.config import Limits
from hub.desk.forms import get_form, save_form
from hub.model.form_definition import read_form
from hub.store.session import Database, open_database
from hub.store.tables import (
    ArrivalRow,
    AttachmentRow,
    ConsentRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    SuggestionRow,
    ThrottleRow,
)
from hub.web.app import make_app
from tests.web_room import Answer, Browser, WebRoom, test_settings

TYPED = {"name": "Ada Lovelace", "email": "Ada@example.com", "message": "Please send me\nyour price list."}


def hidden(answer: Answer | str) -> dict[str, str]:
    page = answer if isinstance(answer, str) else answer.text
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


async def count(room: WebRoom, table: Any) -> int:
    return await room.services.database.read(
        lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None
    )


async def row(room: WebRoom, table: Any) -> Any:
    def one(conn: Connection, _: None) -> Any:
        return conn.execute(select(table.__table__).order_by(table.__table__.c[0])).first()

    return await room.services.database.read(one, None)


async def fill_in(browser: Browser, typed: Mapping[str, Any] = TYPED, *, path: str = "/f/contact") -> Answer:
    """Fills in the form as a person does: reads for a while, then sends."""
    page = await browser.get(path)
    assert page.status == 200
    browser.room.clock.advance(seconds=20)
    return await browser.ask("POST", "/f/contact", data={**hidden(page), **typed})


async def test_one_submission_is_one_interaction_of_its_customer(room: WebRoom) -> None:
    async with room.browser() as browser:
        answer = await fill_in(browser, {**TYPED, "phone": "+1 415 555 0123"})
        assert answer.status == 303
        thanks = await browser.get(answer.headers["Location"])
    assert (thanks.status, "somebody will answer you" in thanks.text) == (200, True)
    found = await row(room, InteractionRow)
    assert (found.medium, found.channel, found.direction) == ("form", "contact_form", "in")
    assert found.text == "Please send me\nyour price list."
    assert found.detail["answers"][0] == ["Your name", "Ada Lovelace", "text"]
    assert found.detail["form"] == "contact"
    identity = await row(room, IdentityRow)
    assert (identity.scheme, identity.value) == ("mailto", "ada@example.com")
    assert (await row(room, CustomerRow)).display_name == "Ada Lovelace"
    assert await count(room, IdentityRow) == 2


async def test_a_double_click_is_one_interaction(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        room.clock.advance(seconds=20)
        body = {**hidden(page), **TYPED}
        answers = await asyncio.gather(*[browser.ask("POST", "/f/contact", data=body) for _ in range(2)])
        answers.append(await browser.ask("POST", "/f/contact", data=body))
    assert [answer.status for answer in answers] == [303, 303, 303]
    assert await count(room, InteractionRow) == 1
    assert await count(room, ArrivalRow) == 1


async def test_looking_at_a_form_changes_nothing_and_sets_no_cookie(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
    assert "Set-Cookie" not in page.headers
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert await count(room, ThrottleRow) == 0


@pytest.mark.parametrize(
    ("query", "accepted", "words"),
    [
        ("", "", "Your message"),
        ("?lang=cs", "pt", "Vaše zpráva"),
        ("", "pt-BR,pt;q=0.9,en;q=0.8", "A sua mensagem"),
        ("", "ru", "Ваше сообщение"),
        ("?lang=xx", "ja", "Your message"),
    ],
)
async def test_a_form_speaks_the_visitors_language(room: WebRoom, query: str, accepted: str, words: str) -> None:
    async with room.browser() as browser:
        page = await browser.get(f"/f/contact{query}", headers={"Accept-Language": accepted})
    assert words in page.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({**TYPED, "email": "nobody"}, "This is no e-mail address"),
        ({**TYPED, "message": ""}, "Please answer this."),
        ({**TYPED, "phone": "12"}, "This is no phone number"),
        ({**TYPED, "name": "x" * 501}, "This is too long"),
    ],
    ids=["no address", "no message", "no number", "too long"],
)
async def test_what_does_not_fit_is_said_beside_what_was_typed(
    room: WebRoom, typed: Mapping[str, str], says: str
) -> None:
    async with room.browser() as browser:
        answer = await fill_in(browser, typed)
        assert answer.status == 422
        assert says in answer.text
        for value in typed.values():
            assert value.replace("\n", "\r\n") in answer.text or value in answer.text
        again = await browser.ask("POST", "/f/contact", data={**hidden(answer), **TYPED})
    assert again.status == 303
    assert await count(room, InteractionRow) == 1


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "</textarea><script>alert(1)</script>"])
async def test_what_was_typed_comes_back_as_text(room: WebRoom, hostile: str) -> None:
    async with room.browser() as browser:
        answer = await fill_in(browser, {"name": hostile, "email": hostile, "message": hostile})
    assert answer.status == 422
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("seconds", "says"), [(0.5, "That was quick"), (90_000, "open for a long time")], ids=["too fast", "too old"]
)
async def test_a_page_sent_too_fast_or_too_late_is_shown_once_more(room: WebRoom, seconds: float, says: str) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        room.clock.advance(seconds=seconds)
        answer = await browser.ask("POST", "/f/contact", data={**hidden(page), **TYPED})
        assert (answer.status, says in answer.text) == (422, True)
        assert "your price list." in answer.text
        assert await count(room, InteractionRow) == 0
        room.clock.advance(seconds=20)
        again = await browser.ask("POST", "/f/contact", data={**hidden(answer), **TYPED})
    assert again.status == 303
    assert await count(room, InteractionRow) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"opened": ""},
        {"opened": "1.abc"},
        {"submission": str(uuid.UUID(int=7))},
        {"submission": "7"},
        {"submission": "contact/../other"},
    ],
    ids=["no time", "forged time", "another submission", "no uuid", "a path"],
)
async def test_a_post_without_a_page_of_ours_is_not_taken(room: WebRoom, forged: Mapping[str, str]) -> None:
    async with room.browser() as browser:
        answer = await fill_in(browser, {**TYPED, **forged})
    assert answer.status == 422
    assert await count(room, InteractionRow) == 0


async def test_a_robot_is_thanked_and_only_counted(room: WebRoom) -> None:
    async with room.browser() as browser:
        answer = await fill_in(browser, {**TYPED, "homepage": "https://spam.example.com"})
    assert answer.status == 303
    assert await count(room, InteractionRow) == 0
    assert await count(room, ArrivalRow) == 0
    assert (await row(room, ThrottleRow)).count == 1


async def test_the_sixth_submission_of_an_hour_from_one_address_waits_with_its_words(room: WebRoom) -> None:
    async with room.browser() as browser:
        answers = [await fill_in(browser) for _ in range(6)]
        assert [answer.status for answer in answers] == [303] * 5 + [429]
        assert "your price list." in answers[5].text
        assert int(answers[5].headers["Retry-After"]) > 0
        room.clock.advance(hours=1)
        again = await browser.ask("POST", "/f/contact", data={**hidden(answers[5]), **TYPED})
    assert again.status == 303
    assert await count(room, InteractionRow) == 6


@pytest.mark.security_row(21)
async def test_a_flood_with_premium_numbers_sends_no_text_and_is_throttled(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        room.clock.advance(seconds=20)

        async def post(number: int) -> int:
            answer = await browser.get("/f/contact") if number < 10 else page
            body = {**hidden(answer), **TYPED, "phone": f"+1900555{number:04}"}
            return (await browser.ask("POST", "/f/contact", data=body)).status

        for start in range(0, 200, 20):
            await asyncio.gather(*[post(number) for number in range(start, start + 20)])
    assert await count(room, InteractionRow) <= 5
    assert await count(room, MessageRow) == 0


async def test_a_form_takes_so_many_an_hour_from_everywhere(room: WebRoom) -> None:
    def narrow(conn: Connection, _: None) -> None:
        form = get_form(conn, "contact")
        save_form(conn, replace(form, per_hour=2), "test", room.clock(), based_on=form.version)

    await room.services.database.write(narrow, None)
    async with room.browser() as browser:
        assert [(await fill_in(browser)).status for _ in range(3)] == [303, 303, 429]


async def test_consent_is_kept_with_its_wording_and_where_it_was_given(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact?lang=cs")
        room.clock.advance(seconds=20)
        body = {**hidden(page), **TYPED, "news": "on"}
        await browser.ask("POST", "/f/contact", data=body, headers={"User-Agent": "A browser"})
    found = await row(room, ConsentRow)
    assert found.granted
    assert found.wording.startswith("Posílejte mi novinky")
    assert (found.language, found.version, found.ip, found.user_agent, found.purpose) == (
        "cs",
        "contact/1",
        "127.0.0.1",
        "A browser",
        "promotional",
    )


async def test_a_box_left_empty_is_no_evidence(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        assert "checked" not in page.text
        await fill_in(browser)
    assert await count(room, ConsentRow) == 0


async def test_where_the_visitor_came_from_is_kept(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get(
            "/f/contact?utm_source=newsletter&utm_campaign=spring",
            headers={"Referer": "https://www.example.com/offers?id=secret"},
        )
        room.clock.advance(seconds=20)
        await browser.ask("POST", "/f/contact", data={**hidden(page), **TYPED})
    detail = (await row(room, InteractionRow)).detail
    assert detail["utm_source"] == "newsletter"
    assert detail["utm_campaign"] == "spring"
    assert detail["referrer"] == "https://www.example.com/offers"


async def test_a_number_of_somebody_else_is_only_a_hint(room: WebRoom) -> None:
    async with room.browser() as browser:
        await fill_in(browser, {**TYPED, "phone": "+14155550123"})
        await fill_in(browser, {**TYPED, "email": "bob@example.com", "phone": "+14155550123"})
    assert await count(room, CustomerRow) == 2
    assert await count(room, SuggestionRow) == 1


async def test_a_form_that_is_not_there_says_so(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/nothing")
        posted = await browser.ask("POST", "/f/nothing", data=TYPED)
    assert (page.status, posted.status) == (404, 404)


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Lets another program hold what a submission is written to, as a long migration or a dying disk does."""
    if database.engine == "sqlite":
        with sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    other = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    async with other.transaction():
        await other.execute("LOCK TABLE throttle, arrival IN ACCESS EXCLUSIVE MODE")
        yield
    await other.close()


async def test_when_patience_with_the_database_ends_the_words_come_back(room: WebRoom, tmp_path: Path) -> None:
    impatient = test_settings(tmp_path, limits=Limits(patience_seconds=0.5))
    server = TestServer(make_app(replace(room.services, settings=impatient)))
    await server.start_server()
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        room.clock.advance(seconds=20)
        async with (
            held(room.services.database),
            browser.http.post(server.make_url("/f/contact"), data={**hidden(page), **TYPED}) as response,
        ):
            text = await response.text()
        assert (response.status, "your price list." in text) == (503, True)
        assert hidden(text)["submission"] == hidden(page)["submission"]
        again = await browser.ask("POST", "/f/contact", data={**hidden(text), **TYPED})
    await server.close()
    assert again.status == 303
    assert await count(room, InteractionRow) == 1


async def test_words_typed_into_a_form_that_nobody_here_has_seen_are_kept_too(room: WebRoom, tmp_path: Path) -> None:
    never_opened = open_database(f"sqlite:///{tmp_path / 'none.sqlite3'}")
    server = TestServer(make_app(replace(room.services, database=never_opened)))
    await server.start_server()
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        async with browser.http.post(server.make_url("/f/contact"), data={**hidden(page), **TYPED}) as response:
            text = await response.text()
    await server.close()
    assert (response.status, "your price list." in text) == (503, True)
    assert hidden(page)["submission"] in text


async def test_files_are_kept_as_attachments(room: WebRoom) -> None:
    form = read_form(
        {
            "slug": "work",
            "name": "Applications",
            "channel": "contact_form",
            "languages": ["en"],
            "title": "Work with us",
            "fields": [
                {"name": "email", "kind": "email", "part": "email", "label": "E-mail"},
                {"name": "letters", "kind": "file", "label": "Letters", "required": True},
            ],
        }
    )
    await room.services.database.write(lambda conn, _: save_form(conn, form, "test", room.clock()), None)
    async with room.browser() as browser:
        page = await browser.get("/f/work")
        room.clock.advance(seconds=20)
        for with_files in (False, True):
            body = aiohttp.FormData(
                {**hidden(page), "email": "ada@example.com"}, quote_fields=False, default_to_multipart=True
            )
            if with_files:
                body.add_field("letters", b"one", filename="../../.htaccess", content_type="text/plain")
                body.add_field("letters", b"two", filename="cv.pdf", content_type="application/pdf")
            answer = await browser.ask("POST", "/f/work", data=body)
            assert answer.status == (303 if with_files else 422)
    assert await count(room, AttachmentRow) == 2
    stored = await row(room, AttachmentRow)
    assert (stored.filename, stored.size) == ("htaccess", 3)
    assert await asyncio.to_thread(room.services.blobs.read, stored.sha256) == b"one"
