"""The pages of campaigns: written in plain fields, looked at, launched, paused, finished, and told why."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from hub.outreach.campaigning import rates
from hub.store import campaigns
from tests.promoting import Promoting, promoting
from tests.web_room import Answer, Browser

FIELDS = {
    "act": "save",
    "name": "winter",
    "title": "Winter offer",
    "segment": "customers",
    "template": "winter_offer",
    "channel": "outgoing_mail",
    "when": "now",
    "clock": "business",
    "variables": "code = WINTER10",
}


@pytest.fixture
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        yield running


async def make(browser: Browser, **changes: str) -> str:
    """Makes a campaign; returns its address."""
    await browser.get("/campaigns/new")
    saved = await browser.post("/campaigns", {**FIELDS, **changes})
    assert saved.status == 303, unescape(saved.text)
    return str(saved.headers["Location"])


async def launch(browser: Browser, campaign: str) -> Answer:
    plan = await browser.post(f"{campaign}/plan")
    found = re.search(r'name="plan_hash" value="([^"]+)"', plan.text)
    assert found, unescape(plan.text)
    return await browser.post(f"{campaign}/launch", {"plan_hash": found[1]})


def words(answer: Answer) -> str:
    """Returns what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def test_a_campaign_from_plan_to_results(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        plan = words(await browser.post(f"{campaign}/plan"))
        assert "4 people in the segment" in plan
        assert "2 messages would be written" in plan
        assert "have no address for this channel 1" in plan
        assert "have not agreed to offers 1" in plan
        assert "Hello Ada, your code is WINTER10." in plan
        assert (await launch(browser, campaign)).status == 303
        await shop.tick()
        run = await browser.get("/runs/1")
        assert "4 people 2 handed over" in words(run)
        assert "no message: have not agreed to offers 1" in words(run)
        listed = words(await browser.get("/runs/1/people"))
        mary = words(await browser.get(f"/runs/1?who={shop.people['Mary']}"))
        ada = words(await browser.get("/runs/1?who=ada%40example.com"))
        nobody = words(await browser.get("/runs/1?who=nobody%40example.com"))
        done = words(await browser.get(campaign))
    assert "Mary Somerville" in listed
    assert "Grace Hopper" in listed
    assert "Ada Lovelace" not in listed
    assert "the customer has not agreed to promotions" in mary
    assert "Accepted by the provider" in ada
    assert "Nobody holds" in nobody
    assert "done" in done
    assert len(shop.mails()) == 2
    assert all(
        "WINTER10" in mail and "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail for mail in shop.mails()
    )


async def test_the_link_in_the_mail_ends_it(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        await launch(browser, await make(browser))
    await shop.tick()
    link = re.search(r"List-Unsubscribe: <\s*http://hub.test(/u/[^>]+)>", re.sub(r"\r\n\s+", " ", shop.mails()[0]))
    assert link
    async with shop.room.browser() as visitor:
        page = words(await visitor.get(link[1]))
        assert "Yes, send me offers" in page
        left = await visitor.ask("POST", link[1], data={"List-Unsubscribe": "One-Click"})
    assert "You are unsubscribed" in words(left)
    async with shop.room.browser("marketer") as browser:
        plan = words(await browser.post(f"{await make(browser, name='again')}/plan"))
    assert "said no to offers 1" in plan


@pytest.mark.outbound("pause")
async def test_a_pause_holds_what_waits_and_says_how_many(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        await launch(browser, campaign)
        await shop.clockwork.runs.run_once()
        paused = await browser.post(f"{campaign}/pause")
        assert paused.status == 303
        assert "0 are handed over already and arrive. 2 do not go out." in words(await browser.get(campaign))
        await shop.tick()
        assert shop.mails() == []
        assert (await browser.post(f"{campaign}/resume")).status == 303
        await shop.tick()
        assert len(shop.mails()) == 2
        assert (await browser.post(f"{campaign}/pause")).status == 422


async def test_a_run_that_the_hub_paused_by_itself_says_why(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        await launch(browser, campaign)
        await shop.clockwork.runs.run_once()
        why, now = "complaints 3 500 0.6 0.3", shop.room.clock()
        assert await shop.room.services.database.write(lambda conn, _: rates.pause(conn, 1, why, now), None)
        told = words(await browser.get("/runs/1"))
        assert "The hub paused it: of 500 messages 3 were reported as spam, which is 0.6% and more than 0.3%." in told
        await shop.tick()
        assert shop.mails() == []
        assert (await browser.post(f"{campaign}/resume")).status == 303
        assert "The hub paused it" not in words(await browser.get("/runs/1"))


@pytest.mark.outbound("plan-hash")
async def test_a_launch_is_bound_to_what_was_looked_at(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        unseen = await browser.post(f"{campaign}/launch", {"plan_hash": "x"})
        assert unseen.status == 422
        assert "Look at the flight plan again" in words(unseen)
        await browser.post(campaign, {**FIELDS, "variables": "code = OTHER"})
        plan = await browser.post(f"{campaign}/plan")
        assert "OTHER" in plan.text


async def test_a_cancelled_campaign_sends_nothing_and_can_be_cloned(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        await launch(browser, campaign)
        assert (await browser.post(f"{campaign}/cancel")).status == 303
        await shop.tick()
        copied = await browser.post(f"{campaign}/clone", {"title": "Once more"})
        await browser.post(f"{campaign}/clone", {"title": "Ещё раз"})
        page = await browser.get(copied.headers["Location"])
    assert shop.mails() == []
    names = await shop.room.services.database.read(lambda conn, _arg: campaigns.names(conn), None)
    assert names >= {"once_more", "eshche_raz"}, "a name is made from the title, in any script"
    assert 'value="Once more"' in page.text
    assert "code = WINTER10" in page.text


SCHEDULES = {
    "weekly": ({"day.mon": "1", "day.thu": "1", "time": "08:30"}, "every week on Monday, Thursday at 8:30"),
    "monthly": ({"day": "15", "time": "10:00", "clock": "recipient"}, "every month on day 15 at 10:00"),
    "cron": ({"cron": "0 9 1 jan,jul *"}, "every year on January 1 and July 1 at 9:00 AM, on our clock"),
    "at": ({"at": "2099-12-01T09:00", "clock": "recipient"}, "on each recipient’s own clock"),
}


async def test_a_schedule_is_written_in_plain_fields_and_comes_back_in_them(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        for when, (changes, said) in SCHEDULES.items():
            campaign = await make(browser, name=when, when=when, **changes)
            page = words(await browser.get(campaign)).replace("\u202f", " ")
            form = await browser.get(f"{campaign}/change")
            assert said in page
            assert f'value="{when}" checked' in form.text
            for name in {"at", "cron"} & set(changes):
                assert f'value="{changes[name]}"' in form.text


REFUSALS = {
    "days": ({"when": "weekly"}, "Choose at least one day"),
    "time": ({"when": "at", "at": "soon"}, "no time"),
    "past": ({"when": "cron", "cron": "0 9 * * 1"}, "has no name"),
    "late": ({"late_minutes": "soon"}, "how many minutes"),
    "value": ({"variables": "code"}, "has no value"),
    "channel": ({"channel": "nowhere"}, "Choose the channel"),
    "segment": ({"segment": "nobody"}, "There is no segment"),
    "template": ({"template": "nothing"}, "There is no template"),
    "name": ({"name": "Winter!"}, "no name for a campaign"),
}


async def test_what_cannot_be_comes_back_as_it_was_typed(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        await browser.get("/campaigns/new")
        for name, (changes, said) in REFUSALS.items():
            answer = await browser.post("/campaigns", {**FIELDS, "title": "As typed", **changes})
            assert answer.status == 422, name
            assert said in words(answer), name
            assert answer.text.count('id="wrong"') == 1, f"{name}: said at the field, once"
            assert 'value="As typed"' in answer.text, name
        assert "There is no campaign yet" in (await browser.get("/campaigns")).text


async def test_a_test_goes_to_staff_and_never_to_a_customer(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        sent = await browser.post(f"{campaign}/test", {"to": "marketer@hub.test", "who": "ada@example.com"})
        refused = await browser.post(f"{campaign}/test", {"to": "charles@example.com"})
    await shop.tick()
    assert (sent.status, refused.status) == (303, 422)
    assert "is a customer's address" in words(refused)
    [mail] = shop.mails()
    assert "Hello Ada" in mail
    assert "[Test] Winter at Example Ltd" in mail


async def test_readers_see_everything_and_change_nothing(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        campaign = await make(browser)
        await launch(browser, campaign)
        await shop.tick()
    async with shop.room.browser("agent") as reader:
        seen = [await reader.get(path) for path in ("/campaigns", campaign, "/runs/1", "/runs/1/people")]
        acts = [
            await reader.post(f"{campaign}/{act}") for act in ("plan", "launch", "pause", "cancel", "clone", "test")
        ]
    assert [page.status for page in seen] == [200] * 4
    assert all('<form method="post" action="/campaigns' not in page.text for page in seen)
    assert {act.status for act in acts} == {403}


async def test_the_count_of_a_segment_and_the_look_of_a_template_are_parts_of_the_page(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        await browser.get("/campaigns/new")
        part = {"HX-Request": "true"}
        count = await browser.get("/campaigns/count?segment=customers", headers=part)
        seen = await browser.post("/campaigns/preview", {**FIELDS, "who": "ada"}, headers=part)
    assert "4 people now" in count.text
    assert "Hello Ada, your code is" in unescape(seen.text)
    assert "<html" not in count.text + seen.text
