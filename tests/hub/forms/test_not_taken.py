"""What the hosted form does not take: it says why beside what was typed, or thanks and counts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from hub.desk.forms import get_form, save_form
from hub.store.tables import (
    ArrivalRow,
    InteractionRow,
    MessageRow,
    ThrottleRow,
)
from tests.hub.forms.visitor import TYPED, count, fill_in, hidden, row
from tests.web_room import WebRoom


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


async def test_a_form_that_is_not_there_says_so(room: WebRoom) -> None:
    async with room.browser() as browser:
        page = await browser.get("/f/nothing")
        posted = await browser.ask("POST", "/f/nothing", data=TYPED)
    assert (page.status, posted.status) == (404, 404)
