"""The hosted form over a real socket: what is typed is never lost, and never counted twice."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from hub.desk.forms import save_form
from hub.model.form_definition import read_form
from hub.store.tables import (
    ArrivalRow,
    AttachmentRow,
    ConsentRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    SuggestionRow,
    ThrottleRow,
)
from tests.hub.forms.visitor import TYPED, count, fill_in, hidden, row
from tests.web_room import WebRoom


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
