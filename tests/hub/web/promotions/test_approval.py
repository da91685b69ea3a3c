"""A launch by two people, a flight plan made beside the pages, variants on the form, and the calendar."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.web.pages import campaign_acts
from tests.hub.web.promotions.test_campaigns import launch, make, words
from tests.promoting import Promoting, promoting
from tests.web_room import Browser


@pytest.fixture
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path, campaigns_need_approval=True) as running:
        yield running


async def test_one_approves_and_another_launches_what_a_job_has_planned(
    shop: Promoting, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Everybody is a large audience here.
    monkeypatch.setattr(campaign_acts, "AT_ONCE", 0)
    async with shop.room.browser("marketer") as marketer, shop.room.browser("admin") as admin:
        campaign = await make(marketer)
        asked = await marketer.post(f"{campaign}/plan")
        assert asked.headers["Location"] == f"{campaign}/plan"
        assert "0 of 4 so far" in words(await marketer.get(f"{campaign}/plan"))
        assert await shop.clockwork.flights.run_once() == 1
        assert await shop.clockwork.flights.run_once() == 0
        plan = await marketer.get(f"{campaign}/plan")
        assert "2 messages would be written" in words(plan)
        assert "Hello Ada, your code is WINTER10." in words(plan)
        hash_ = re.search(r'name="plan_hash" value="([^"]+)"', plan.text)
        assert hash_
        assert f'action="{campaign}/launch"' not in plan.text
        refused = await marketer.post(f"{campaign}/launch", {"plan_hash": hash_[1]})
        assert "A second person must approve" in words(refused)
        await marketer.post(f"{campaign}/approve", {"plan_hash": hash_[1]})
        again = await marketer.post(f"{campaign}/launch", {"plan_hash": hash_[1]})
        assert "somebody else must launch it" in words(again)
        assert "You have approved it" in words(await marketer.get(f"{campaign}/plan"))
        stale = await admin.post(f"{campaign}/approve", {"plan_hash": "0" * 64 + "-4"})
        assert "changed since you looked at it" in words(stale)
        assert (await admin.post(f"{campaign}/launch", {"plan_hash": hash_[1]})).status == 303
        audit = words(await admin.get("/audit"))
    assert "campaign.approved" in audit
    assert "campaign.launched" in audit


async def test_variants_are_chosen_on_the_form_and_the_month_shows_what_is_planned(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser:
        same = await browser.post(
            "/campaigns", {"act": "save", "name": "x", "segment": "customers", "template": "winter_offer",
                           "channel": "outgoing_mail", "when": "now", "variant.b": "winter_offer", "holdout": "10"},
        )  # fmt: skip
        assert "each needs a template of its own" in words(same)
        fields = {"holdout": "50", "when": "cron", "cron": "every first monday at 9:30"}
        nowhere = {"act": "save", "channel": "outgoing_mail", "or_by": "nowhere"}
        assert "Choose the channel" in words(await browser.post("/campaigns", nowhere))
        campaign = await make(browser, **fields)
        page = words(await browser.get(campaign))
        assert "50% of them, to be compared with" in page
        assert "every first Monday of a month at 9:30" in page
        async with shop.room.browser("admin") as admin:
            await approve(browser, campaign)
            assert (await launch(admin, campaign)).status == 303
            at_once = await make(browser, name="measured", title="Measured", holdout="50")
            await approve(browser, at_once)
            assert (await launch(admin, at_once)).status == 303
        month = await browser.get("/campaigns/calendar")
        following = await browser.get(next_month(month.text))
        assert "Winter offer" in words(month) + words(following)
        await shop.tick()
        arms = words(await browser.get("/runs/1"))
    assert "Variants compared None is better with significance yet." in arms
    assert "got nothing" in arms


async def approve(browser: Browser, campaign: str) -> None:
    """Looks at a campaign's plan and approves it."""
    plan = await browser.post(f"{campaign}/plan")
    looked_at = re.search(r'name="plan_hash" value="([^"]+)"', plan.text)
    assert looked_at
    await browser.post(f"{campaign}/approve", {"plan_hash": looked_at[1]})


def next_month(page: str) -> str:
    found = re.search(r'href="([^"]+)" rel="next"', page)
    assert found
    return found[1]


async def test_the_days_to_come_are_looked_at_on_a_page_and_given_as_a_file(shop: Promoting) -> None:
    async with shop.room.browser("marketer") as browser, shop.room.browser("admin") as admin:
        campaign = await make(browser, when="weekly", time="12:30", **{"day.thu": "1"})
        await approve(browser, campaign)
        assert (await launch(admin, campaign)).status == 303
        assert "is no number of days" in words(await browser.post("/sandbox/ahead", {"days": "soon"}))
        assert (await browser.post("/sandbox/ahead", {"days": "2d"})).status == 303
        async with asyncio.timeout(120):
            while "every 1s" in (page := await browser.get("/sandbox/ahead")).text:  # noqa: ASYNC110  # as it asks
                await asyncio.sleep(0.1)
        file = await browser.get("/sandbox/ahead.csv")
        listed = await browser.get("/sandbox/ahead?gets=no")
        assert (await browser.post("/sandbox/ahead", {"days": "366d"})).status == 303
        assert (await browser.post("/sandbox/ahead/stop", {})).status == 303
        assert "every 1s" not in (await browser.get("/sandbox/ahead")).text, "called back, its copy is gone"
    assert "2 messages would go out" in words(page)
    assert "campaign: Winter offer" in words(page)
    assert "Ada Lovelace" not in words(listed)
    assert "has not agreed to promotions" in words(listed)
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert sorted(row["name"] for row in rows if row["gets"] == "true") == ["Ada Lovelace", "Charles Babbage"]
    assert shop.mails() == []
