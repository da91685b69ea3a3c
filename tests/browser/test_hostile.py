"""Hostile mail in a real browser: no script runs, nothing is loaded from elsewhere (security.md, rows 1 and 2)."""

from __future__ import annotations

import asyncio
from html import escape

import pytest

from hub.model.contact import Attachment
from tests.browser.conftest import SignIn
from tests.builders import who
from tests.desk_world import World, customer_of, named_mail, take, with_files
from tests.servers.chromium import Pages
from tests.web_room import WebRoom

REMOTE = "http://203.0.113.9/p"
RUN = "parent.postMessage('ran','*');document.title='ran'"
PICTURE = f'<img src=x onerror="{RUN}">'
SCRIPT = f"<script>{RUN}</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>'
HOSTILE = {
    "script": SCRIPT,
    "onerror": PICTURE,
    "svg": f'<svg onload="{RUN}">{SCRIPT}<animate onbegin="{RUN}" attributeName=x dur=1s /></svg>',
    "data": f'<a href="data:text/html,{SCRIPT}">x</a><iframe src="data:text/html,{SCRIPT}">',
    "data picture": f"<img src='data:image/svg+xml,{escape(SVG)}'>",
    "javascript": f'<a href="java\tscript:{RUN}">x</a><form action="javascript:{RUN}"><button>x</button></form>',
    "mutation noscript": f'<noscript><p title="</noscript>{PICTURE}">',
    "mutation mathml": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;{escape(PICTURE)}">',
    "mutation svg style": f'<svg></p><style><a id="</style>{PICTURE}">',
    "mutation form": f"<form><math><mtext></form><form><mglyph><style></math>{PICTURE}",
    "template": f"<template>{PICTURE}</template><xmp>{PICTURE}</xmp><textarea>{PICTURE}",
    "meta": f'<meta http-equiv=refresh content="0;url={REMOTE}"><base href="{REMOTE}/">',
    "style sheet": f'<link rel=stylesheet href="{REMOTE}.css"><style>@import "{REMOTE}6.css";</style>',
    "remote picture": f'<img src="{REMOTE}.gif"><img srcset="{REMOTE}2.gif 1x"><table background="{REMOTE}9"></table>',
    "remote video": f'<video poster="{REMOTE}3"><source src="{REMOTE}4"></video><audio src="{REMOTE}5" autoplay>',
    "remote style": f'<p style="background:url({REMOTE}5)">x</p><style>p{{background:url({REMOTE}7)}}</style>',
    "remote style escape": f'<p style="background-color:u\\72l({REMOTE}8)">x</p>',
    "object": f'<object data="{REMOTE}"></object><embed src="{REMOTE}"><iframe src="{REMOTE}"></iframe>',
    "prefetch": f'<link rel=prefetch href="{REMOTE}"><a ping="{REMOTE}" href="#">x</a>',
    "utf-7": f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
}


async def hostile(room: WebRoom, html: str, sender: str = "eve@example.com") -> int:
    """Puts a mail with this HTML into the history, stored as it came: the page trusts no adapter."""
    contact = named_mail(
        "Eve <img src=x onerror=alert(1)>",
        sender,
        "See the <script>alert(1)</script>",
        id=f"evil-{sender}",
        subject="<script>document.title='ran'</script>",
        attachments=(Attachment(filename="<img src=x onerror=alert(1)>.pdf", content_type="text/plain", content=b"x"),),
    )
    await take(room.services.database, with_files(room.services.blobs, contact, html=html))  # type: ignore[arg-type]
    customer, _identity = await customer_of(room.services.database, who(sender))
    return customer


@pytest.mark.security_row(1)
async def test_hostile_html_runs_nothing_and_loads_nothing(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, _world = full_room
    page = await sign_in("agent")
    origin = str(room.url(""))
    heard: list[str] = []
    asked: list[str] = []
    await page.expose_function("heard", lambda said: heard.append(said))
    await page.add_init_script("addEventListener('message', (event) => window.heard(String(event.data)))")
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    for number, (name, html) in enumerate(HOSTILE.items()):
        customer = await hostile(room, html, f"eve{number}@example.com")
        await page.goto(origin + f"/customers/{customer}")
        await page.get_by_text("As it was sent").first.click()
        inside = page.frame_locator("iframe.mail")
        await inside.locator("body").wait_for(state="attached")
        for link in await inside.locator("a").all():
            await link.dispatch_event("click")
        await asyncio.sleep(0.2)
        assert await inside.locator("script, [onerror], [onload], iframe, object, form, link, base").count() == 0, name
        assert heard == [], name
        assert [url for url in asked if not url.startswith((origin, "data:image/png"))] == [], name
    assert browser_pages.left == []


@pytest.mark.security_row(2)
async def test_script_in_names_subjects_and_files_is_text(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, _world = full_room
    customer = await hostile(room, "<p>hi</p>")
    page = await sign_in("agent")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for path in ("/", "/inbox", "/customers", f"/customers/{customer}"):
        await page.goto(str(room.url(path)))
        await asyncio.sleep(0.1)
    assert said == []
    assert await page.locator("text=<script>document.title='ran'</script>").count() > 0
    assert await page.locator("main script, main img").count() == 0
    assert browser_pages.errors == []
