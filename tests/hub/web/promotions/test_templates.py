"""The pages of templates: written in every face, seen for a real customer, kept in versions, refused in plain words."""

from __future__ import annotations

import re
from html import unescape

import pytest

from hub.store import templates
from tests.desk_world import World
from tests.starting import start_with
from tests.web_room import Answer, Browser, WebRoom

OFFER = {
    "name": "spring_offer",
    "language": "en",
    "purpose": "promotional",
    "face.subject": "Spring at {{ business.name }}",
    "face.html": "<p>Hello {{ customer.first_name }}</p><script>alert(1)</script>",
    "face.sms": "{{ business.name }}: Spring is here, {{ customer.first_name }}. Reply STOP to stop.",
}


async def save(browser: Browser, changes: dict[str, str], path: str = "/templates") -> Answer:
    await browser.get("/templates")
    return await browser.post(path, {**OFFER, "act": "save", **changes})


async def stored(room: WebRoom, name: str = "spring_offer") -> list[dict[str, object]]:
    return await room.services.database.read(lambda conn, _arg: templates.versions(conn, name, "en"), None)


async def test_a_new_template_is_made_and_each_change_is_a_version(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        assert (await save(browser, {})).headers["Location"] == "/templates/spring_offer/en"
        assert (await save(browser, {"name": "Весна, 10%"})).headers["Location"] == "/templates/vesna_10/en"
        again = {"based_on": "1", "face.sms": "Spring!\r\nReply STOP."}
        assert (await save(browser, again, "/templates/spring_offer/en")).status == 303
        page = await browser.get("/templates/spring_offer/en")
        first = await browser.get("/templates/spring_offer/en?version=1")
        listed = await browser.get("/templates")
    assert [row["version"] for row in await stored(room)] == [2, 1]
    assert (await stored(room))[0]["faces"]["sms"] == "Spring!\nReply STOP."  # type: ignore[index]
    assert "version 2" in page.text
    assert "Spring is here" in first.text
    assert "spring offer" in listed.text
    assert "<script>alert(1)" not in page.text


async def test_the_same_words_make_no_version_and_another_s_version_is_not_written_over(
    room: WebRoom, world: World
) -> None:
    async with room.browser("marketer") as browser:
        await save(browser, {})
        same = await save(browser, {"based_on": "1"}, "/templates/spring_offer/en")
        late = await save(browser, {"face.sms": "mine"}, "/templates/spring_offer/en")
    assert (same.status, late.status) == (303, 422)
    assert "Somebody saved version 1" in late.text
    assert ">\nmine</textarea>" in late.text
    assert len(await stored(room)) == 1


REFUSALS = {
    "class": ({"face.sms": "{{ customer.__class__ }}"}, "sms, line 1: .* may not begin with _"),
    "line": ({"face.html": "\n{{ config.secret }}"}, "html, line 2: There is no .config"),
    "bomb": ({"face.sms": "{{ 'a' * 2000000000 }}"}, "only numbers can be multiplied"),
    "nothing": ({"face.subject": "", "face.html": "", "face.sms": ""}, "needs at least one face"),
    "name": ({"name": ""}, "This is no name"),
    "language": ({"language": "English!"}, "This is no language"),
}


async def test_what_a_template_may_not_do_comes_back_in_plain_words(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        for name, (changes, said) in REFUSALS.items():
            answer = await save(browser, changes)
            assert answer.status == 422, name
            assert re.search(said, unescape(answer.text)), name
    assert await stored(room) == []


async def seen(browser: Browser, changes: dict[str, str]) -> str:
    await browser.get("/templates")
    answer = await browser.post("/templates/preview", {**OFFER, **changes}, headers={"HX-Request": "true"})
    assert answer.status == 200, answer.text
    assert "<html" not in answer.text
    return unescape(answer.text)


@pytest.mark.outbound("template-preview")
async def test_a_preview_shows_every_face_for_a_real_customer(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        text = await seen(browser, {"who": "ada@example.com", "face.voice": "Hello {{ customer.name }}"})
        nobody = await seen(browser, {"who": "nobody at all"})
    assert "Spring is here, Ada. Reply STOP to stop." in text
    assert "Hello Ada Lovelace" in text
    assert "1 part, 53 characters, GSM-7" in text
    assert "Nobody is found" in nobody


@pytest.mark.outbound("template-quote")
async def test_a_preview_warns_and_shows_a_refusal_beside_what_can_be_shown(room: WebRoom, world: World) -> None:
    sms = "It’s “spring” – " + "x" * 60
    async with room.browser("marketer") as browser:
        text = await seen(browser, {"who": "ada@example.com", "face.sms": sms, "face.voice": "{{ x }}"})
    for said in (
        "No link to unsubscribe",
        "It does not say how to stop",
        "takes 1 instead of 2",
        "for the sake of ’ “",
    ):
        assert said in text
    assert "There is no 'x'" in text
    assert "Spring at Example Ltd" in text


@pytest.mark.outbound("template-quote")
async def test_plain_characters_are_written_at_a_press(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        await browser.get("/templates")
        page = await browser.post(
            "/templates", {**OFFER, "act": "plain", "face.sms": "It’s “spring” – {{ customer.name }}"}
        )
    assert 'It\'s "spring" - {{ customer.name }}</textarea>' in unescape(page.text)


async def test_a_mail_is_shown_cleaned_in_a_frame_that_runs_nothing(room: WebRoom, world: World) -> None:
    async with room.browser("viewer") as browser:
        await browser.get("/templates")
        frame = await browser.post("/templates/preview/html", {"html": OFFER["face.html"]})
    assert "Hello" in frame.text
    assert "<script" not in frame.text
    assert frame.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src data:")


async def test_a_language_is_begun_with_the_words_of_another(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        await save(browser, {})
        page = await browser.get("/templates/spring_offer/cs?from=en")
        assert "Spring is here" in page.text
        given = {"language": "cs", "face.sms": "Jaro. STOP"}
        assert (await save(browser, given, "/templates/spring_offer/cs")).status == 303
        assert (await browser.get("/templates/spring_offer/cs")).status == 200
        assert (await browser.get("/templates/spring_offer/de?from=xx")).status == 404


async def test_who_may_not_edit_sees_how_it_looks_and_changes_nothing(room: WebRoom, world: World) -> None:
    def begin(conn: object, _arg: None) -> None:
        start_with(conn, room.clock(), "templates/")  # type: ignore[arg-type]

    await room.services.database.write(begin, None)
    async with room.browser("viewer") as browser:
        page = await browser.get("/templates/appointment_reminder/en?who=ada%40example.com")
        answers = [
            await save(browser, {}),
            await browser.get("/templates/new"),
            await browser.post("/templates/preview"),
        ]
    assert "<fieldset disabled>" in page.text
    assert "reminder of Check-up" in page.text
    assert [answer.status for answer in answers] == [403, 403, 403]
