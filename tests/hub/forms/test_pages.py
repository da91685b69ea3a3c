"""The staff's pages of forms: made, changed in versions, closed, by those who may."""

from __future__ import annotations

import re
from html import unescape

import pytest

from hub.desk.forms import get_form
from tests.hub.forms.visitor import fill_in
from tests.hub.web.conftest import store_url as store_url
from tests.web_room import Answer, Browser, WebRoom


def fields(page: Answer) -> dict[str, str]:
    """Returns what a browser would send of the editor, unchanged."""
    found: dict[str, str] = {}
    form = page.text[page.text.index('name="based_on"') - 200 :]
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = re.search(r'name="([^"]*)"', tag), re.search(r'type="([^"]*)"', tag)
        if name and not (kind and kind[1] == "checkbox" and " checked" not in tag):
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = unescape(value[1] if value else "")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>([^<]*)</textarea>', form):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(
            r"<option selected>([^<]*)", options
        )
        first = re.search(r'<option(?: value="([^"]*)")?', options)
        found[name] = chosen[1] if chosen else (first[1] or "" if first else "")
    return found


async def edit(browser: Browser, changes: dict[str, str], path: str = "/forms/contact") -> Answer:
    page = await browser.get(path)
    assert page.status == 200
    return await browser.post(path.partition("?")[0], {**fields(page), "act": "save", **changes})


async def test_the_list_shows_each_form_with_its_submissions(room: WebRoom) -> None:
    async with room.browser() as visitor:
        await fill_in(visitor)
    async with room.browser("viewer") as browser:
        listed = await browser.get("/forms")
        inside = await browser.get("/forms/contact/submissions")
    assert "/f/contact" in listed.text
    assert re.search(r'/forms/contact/submissions">1<', listed.text)
    assert "Ada Lovelace" in inside.text


async def test_an_edited_form_is_a_new_version_and_the_page_shows_it(room: WebRoom) -> None:
    async with room.browser("marketer") as browser:
        saved = await edit(browser, {"title.en": "Ask us"})
        assert saved.status == 303
        page = await browser.get("/f/contact?lang=en")
        assert "<h1>Ask us</h1>" in page.text
    form = await room.services.database.read(lambda conn, _: get_form(conn, "contact"), None)
    assert form.version == 2
    assert [field.name for field in form.fields] == ["name", "email", "phone", "message", "news"]
    assert form.fields[1].required


async def test_saving_without_a_change_makes_no_version(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        await edit(browser, {})
    form = await room.services.database.read(lambda conn, _: get_form(conn, "contact"), None)
    assert form.version == 1


async def test_an_earlier_version_can_be_brought_back(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        await edit(browser, {"title.en": "Ask us"})
        await edit(browser, {}, "/forms/contact?version=1")
    form = await room.services.database.read(lambda conn, _: get_form(conn, "contact"), None)
    assert (form.version, form.title["en"]) == (3, "Contact us")


async def test_two_who_edit_at_once_lose_nothing(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        page = await browser.get("/forms/contact")
        await edit(browser, {"title.en": "The first"})
        late = await browser.post("/forms/contact", {**fields(page), "act": "save", "title.en": "The second"})
    assert late.status == 422
    assert "The second" in late.text
    assert "version 2" in late.text


async def test_a_new_form_is_made_with_its_questions(room: WebRoom) -> None:
    async with room.browser("marketer") as browser:
        page = await browser.get("/forms/new")
        added = await browser.post("/forms", {**fields(page), "act": "add", "name": "Visits", "slug": "visits"})
        assert added.status == 200
        given = {
            **fields(added),
            "act": "save",
            "title.en": "After your visit",
            "f0.label.en": "Name",
            "f1.label.en": "E-mail",
            "f2.label.en": "Your words",
            "f3.label.en": "Which branch?",
            "f3.name": "branch",
            "f3.kind": "choice",
            "f3.options.en": "north = The north\nSouth",
        }
        saved = await browser.post("/forms", given)
        assert saved.status == 303, saved.text
        hosted = await browser.get("/f/visits")
    assert '<option value="north">The north</option>' in hosted.text
    assert '<option value="South">South</option>' in hosted.text


@pytest.mark.parametrize(
    "changes",
    [{"f4.required": "1"}, {"f1.name": "opened"}, {"title.en": ""}, {"channel": "nowhere"}, {"f1.kind": "odd"}],
    ids=["consent as a price", "reserved name", "no title", "no channel", "no kind"],
)
async def test_a_form_that_breaks_a_rule_comes_back_with_the_reason(room: WebRoom, changes: dict[str, str]) -> None:
    async with room.browser("marketer") as browser:
        answer = await edit(browser, changes)
    assert answer.status == 422
    assert 'role="alert"' in answer.text


async def test_a_closed_form_takes_nothing(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        await browser.get("/forms/contact")
        assert (await browser.post("/forms/contact/close")).status == 303
        assert (await browser.get("/f/contact")).status == 404
        await browser.get("/forms/contact")
        assert (await browser.post("/forms/contact/open")).status == 303
        assert (await browser.get("/f/contact")).status == 200


@pytest.mark.parametrize("role", ["viewer", "agent", "auditor"])
async def test_who_may_not_edit_sees_the_form_and_changes_nothing(room: WebRoom, role: str) -> None:
    async with room.browser(role) as browser:
        page = await browser.get("/forms/contact")
        assert (page.status, "Save as a new version" in page.text) == (200, True)
        assert "<fieldset disabled>" in page.text
        answers = [
            await browser.post("/forms/contact", {"act": "save"}),
            await browser.post("/forms/contact/close"),
            await browser.get("/forms/new"),
        ]
    assert [answer.status for answer in answers] == [403, 403, 403]
