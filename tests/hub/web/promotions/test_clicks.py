"""Clicks: counted only where switched on, by stored links alone, once a person, machines apart; told to the reader."""

from __future__ import annotations

import email
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.model import click
from hub.store import clicks, templates
from tests.hub.web.promotions.test_campaigns import launch, make, words
from tests.promoting import Promoting, promoting
from tests.web_room import Answer, Browser

TEA, POTS = "https://shop.example.com/tea?a=1&b=2", "https://shop.example.com/pots"
FACES = {
    "subject": "Tea",
    "html": (
        '<p>Dear {{ customer.first_name }}, <a class="b" href="https://shop.example.com/tea?a=1&amp;b=2">tea</a>, '
        "<a href='https://shop.example.com/pots'>pots</a>, "
        '<a href="https://shop.example.com/of/{{ customer.first_name }}">yours</a>, '
        '<a href="https://open.example.com">https://open.example.com</a>, <a href="tel:+14155550100">call</a>, '
        '<a href="{{ unsubscribe_url }}">no more</a>.</p>'
    ),
    "text": "Tea: https://shop.example.com/tea?a=1&b=2.\nPots: https://shop.example.com/pots\n{{ unsubscribe_url }}\n",
}
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
OPEN_REDIRECTS = ("/l/", "/l/?url=https://evil.example", "/l/" + "A" * 40, "/l/https:%2F%2Fevil.example" + "a" * 30)


@pytest.fixture
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        await running.room.services.database.write(_save, running.room.clock())
        yield running


def _save(conn: Connection, now: Any) -> None:
    templates.save(conn, name="winter_offer", language="en", purpose="promotional", faces=FACES, now=now, by="tests")


def led(mail: str) -> tuple[dict[str, str], str]:
    """Returns where each link of a mail's HTML leads, by its words, and its text."""
    read = email.message_from_string(mail, policy=policy.default)
    html, text = read.get_body(("html",)), read.get_body(("plain",))
    assert html is not None
    assert text is not None
    found = re.findall(r"<a[^>]*?href=[\"']([^\"']+)[\"'][^>]*>([^<]*)<", html.get_content())
    ways = {shown: unescape(url).removeprefix("http://hub.test") for url, shown in found}
    return ways, text.get_content().replace("\r", "")


async def follow(browser: Browser, path: str, method: str = "GET", **headers: str) -> Answer:
    return await browser.ask(method, path, headers={**PERSON, **headers})


@pytest.mark.outbound("tracking-on", "tracking-off", "results-clicks")
async def test_clicks_are_counted_once_a_person_where_staff_has_switched_it_on(
    shop: Promoting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(click, "BURST", timedelta(minutes=2))  # however slowly this runs
    async with shop.room.browser("marketer") as browser, shop.room.browser() as reader:
        assert (await launch(browser, await make(browser, name="silent", title="Silent"))).status == 303
        await shop.tick()
        plain, _ = led(shop.mails()[0])
        assert plain["tea"] == TEA
        assert "Links followed" not in words(await browser.get("/runs/1"))

        campaign = await make(browser, count_clicks="yes")
        assert "Clicks are counted" in words(await browser.get(campaign))
        assert (await launch(browser, campaign)).status == 303
        await shop.tick()
        ada, text = led(next(mail for mail in shop.mails()[2:] if "ada@" in mail))
        charles, _ = led(next(mail for mail in shop.mails()[2:] if "charles@" in mail))
        assert [name for name, url in ada.items() if url.startswith("/l/")] == ["tea", "pots", "yours"]
        assert ada["https://open.example.com"] == "https://open.example.com"
        assert ada["no more"].startswith("/u/")
        assert f"Tea: http://hub.test{ada['tea']}.\nPots: http://hub.test{ada['pots']}\n" in text

        shop.room.clock.advance(minutes=-1)
        assert (await follow(reader, ada["tea"])).headers["Location"] == TEA, "a gateway at once"
        shop.room.clock.advance(minutes=6)
        for machine in ({"User-Agent": "Slackbot-LinkExpanding 1.0"}, {"Sec-Purpose": "prefetch"}, {"User-Agent": ""}):
            assert (await follow(reader, charles["pots"], **machine)).status == 302
        assert (await follow(reader, charles["pots"], "HEAD")).headers["Location"] == POTS
        assert "0 of 2 followed a link" in words(await browser.get("/runs/2"))
        assert "In 2 more messages only a machine" in words(await browser.get("/runs/2"))

        for _ in range(3):
            gone = await follow(reader, ada["tea"])
        assert (gone.status, gone.headers["Location"], gone.headers["Cache-Control"]) == (302, TEA, "no-store")
        shop.room.clock.advance(minutes=5)
        # All links of one mail in one moment: nobody does that, whatever it says of itself.
        for name in ("tea", "pots", "yours"):
            assert (await follow(reader, charles[name])).status == 302
        run = await browser.get("/runs/2")
        assert "1 of 2 followed a link: 50.0 %, between 9.5 and 90.5 %" in words(run)
        assert "In 1 more message only a machine" in words(run)
        shop.room.clock.advance(minutes=5)
        assert (await follow(reader, charles["yours"])).headers["Location"] == "https://shop.example.com/of/Charles"
        run = await browser.get("/runs/2")
        assert f"Link People {TEA} 1 links that only one message had 1" in words(run)
        assert "Charles" not in run.text

        for path in (*OPEN_REDIRECTS, ada["tea"][:-1] + "z", charles["tea"][:15] + ada["yours"][15:]):
            told = await follow(reader, path)
            assert (told.status, told.headers.get("Location")) == (404, None), path
        assert (await reader.get(charles["yours"][:15] + ada["yours"][15:])).status == 404, "another's own link"
        why = words(await reader.get(ada["no more"]))
        before = words(await reader.get(plain["no more"]))
    assert "we count which of them you follow" in why
    assert "we count which of them you follow" not in before

    def forget(conn: Connection, _: None) -> list[list[dict[str, Any]]]:
        numbers = [3, 4]
        known = [clicks.of_message(conn, number) for number in numbers]
        clicks.forget(conn, numbers)
        return known + [clicks.of_message(conn, number) for number in numbers]

    first, second, *gone_too = await shop.room.services.database.write(forget, None)
    assert sorted(len(each) for each in (first, second)) == [1, 3]
    assert gone_too == [[], []]
