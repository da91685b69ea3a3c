"""Templates beyond one text: blocks, snippets, files, versions compared and brought back, languages, links, tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.app import overrides
from hub.desk.link_trials import LinkTrials
from hub.store import signing, snippets, templates
from hub.store.session import Database
from hub.store.tables import MessageRow
from tests.desk_world import fill, sending_channels
from tests.hub.connections.test_mail_servers import World as Internet
from tests.hub.connections.test_standing import txt
from tests.web_room import NOW, Browser, Clock, WebRoom, services_for, web_room

MAIL = {
    "name": "spring_mail",
    "language": "en",
    "purpose": "promotional",
    "face.subject": "Spring, {{ customer.first_name }}",
    "face.blocks": "# Spring\r\n\r\nHello {{ customer.first_name }}, [[hours]]\r\n\r\n[Look](https://good.example/){button}",
}
HERE = "/templates/spring_mail/en"


@pytest.fixture
async def online(database: Database, tmp_path: Path) -> AsyncIterator[tuple[WebRoom, Internet]]:
    """A full hub whose world outside is a name server and a web server of this machine."""
    internet, clock = Internet(tmp_path), Clock()
    async with internet.outside() as outside:
        services = replace(services_for(database, tmp_path, clock, channels=sending_channels()), outside=outside)
        async with web_room(services, clock) as running:
            await fill(database, tmp_path)
            yield running, internet


async def stored(room: WebRoom) -> list[dict[str, Any]]:
    return await room.services.database.read(lambda conn, _arg: templates.versions(conn, "spring_mail", "en"), None)


async def snippet(browser: Browser, text: str, language: str = "en") -> str:
    await browser.get("/snippets/new")
    said = await browser.post("/snippets", {"name": "hours", "language": language, "text": text})
    return said.text if said.status != 303 else ""


async def test_a_mail_in_blocks_with_a_snippet_a_picture_and_links_from_first_word_to_test(
    online: tuple[WebRoom, Internet],
) -> None:
    room, internet = online
    async with room.browser("marketer") as browser:
        await browser.get("/templates/new")
        refused = await browser.post("/templates", {**MAIL, "act": "save"})
        assert (refused.status, "no snippet &#39;hours&#39;" in refused.text) == (422, True)
        assert "cannot show another" in await snippet(browser, "[[other]]")
        assert await snippet(browser, "open *daily*") == ""
        assert (await browser.post("/templates", {**MAIL, "act": "save"})).headers["Location"] == HERE
        [row] = await stored(room)
        assert "open <em>daily</em>" in row["faces"]["html"]
        assert row["faces"]["text"].startswith("Spring\n")
        assert (row["source"]["blocks"][:8], row["snippets"]) == ("# Spring", {"hours": 1})
        page = await browser.get(HERE)
        assert "[[hours]]</textarea>" not in page.text
        assert "Hello {{ customer.first_name }}, [[hours]]" in page.text

        await snippet(browser, "open at noon")
        assert "open at noon" in (await stored(room))[0]["faces"]["html"]
        changes = await browser.get(f"{HERE}/changes?from=1&to=2")
        assert "a snippet that they show was changed" in changes.text

        await browser.get(HERE)
        form = aiohttp.FormData({"csrf": browser.token}, quote_fields=False)
        form.add_field("file", b"\x89PNG", filename="the shop.png", content_type="image/png")
        assert (await browser.ask("POST", f"{HERE}/files", data=form)).status == 303
        shown = MAIL["face.blocks"].replace("Hello", "Dear") + "\r\n\r\n![Our shop](the_shop.png)"
        again = {**MAIL, "act": "save", "based_on": "3", "face.blocks": shown}
        done = await browser.post(HERE, again)
        assert done.status == 303, done.text[done.text.find("problem") :][:400]
        newest = (await stored(room))[0]
        assert (newest["version"], [file["filename"] for file in newest["files"]]) == (4, ["the_shop.png"])
        assert 'src="cid:' in newest["faces"]["html"]
        kept = await browser.post(f"{HERE}/files/remove", {"filename": "the_shop.png"})
        assert (kept.status, "no picture" in kept.text) == (422, True), "what the mail shows stays"
        frame = await browser.post(
            "/templates/preview/html", {"of": "spring_mail", "language": "en", "html": newest["faces"]["html"]}
        )
        assert "data:image/png;base64" in frame.text

        changes = await browser.get(f"{HERE}/changes?from=2&to=4")
        assert "<del>Hello</del>" in changes.text
        assert "<ins>Dear</ins>" in changes.text
        assert (await browser.post(f"{HERE}/back", {"version": "1"})).status == 303
        newest = (await stored(room))[0]
        assert (newest["version"], newest["source"]["blocks"]) == (5, MAIL["face.blocks"].replace("\r\n", "\n"))
        assert "open at noon" in newest["faces"]["html"], "with the snippet of now"

        await browser.get("/templates/spring_mail/pt?from=en")
        portuguese = {**MAIL, "act": "save", "face.subject": "Primavera", "from": "en"}
        assert (await browser.post("/templates/spring_mail/pt", portuguese)).status == 303
        beside = await browser.get("/templates/spring_mail/languages")
        assert "Primavera" in beside.text
        assert "Spring, {{ customer.first_name }}" in beside.text

        internet.host("good.example")
        assert (await browser.post(f"{HERE}/links", {})).status == 303
        assert "being tried" in (await browser.get(HERE)).text
        services = room.services
        trials = LinkTrials(services.database, services.outside, "test", services.clock)
        assert await trials.run_once() > 0
        assert await trials.run_once() == 0
        page = await browser.get(HERE)
        assert "being tried" not in page.text
        assert "https://good.example/" in page.text
        assert "broken" in page.text

        sent = await browser.post(f"{HERE}/test", {"to": "max@staff.example", "who": "ada@example.com"})
        assert sent.headers["Location"].startswith("/messages/")
        other = await browser.post(f"{HERE}/test", {"to": "ada@example.com"})
        assert (other.status, "a customer" in other.text) == (422, True)

        def last(conn: Connection, _arg: None) -> dict[str, Any]:
            return dict(conn.scalar(select(MessageRow.content).order_by(MessageRow.id.desc()).limit(1)) or {})

        content = await room.services.database.read(last, None)
        assert content["subject"].startswith("[Test] Spring, ")
        assert "open at noon" in content["html"]
    async with room.browser("viewer") as reader:
        assert (await reader.get("/snippets/hours/en")).status == 200
        assert (await reader.get(f"{HERE}/changes")).status == 200


async def test_the_keys_of_a_channel_are_made_published_and_switched_on(
    online: tuple[WebRoom, Internet],
) -> None:
    room, internet = online
    database = room.services.database
    async with room.browser("admin") as browser:
        here = "/channels/outgoing_mail/standing"
        assert "Make keys" in (await browser.get(here)).text
        assert (await browser.post(f"{here}/keys", {})).status == 303
        keys = await database.read(signing.of_channel, "outgoing_mail")
        assert [key.record.split(";")[1].strip() for key in keys] == ["k=rsa", "k=ed25519"]
        early = await browser.post(f"{here}/signing", {"on": "yes"})
        assert (early.status, "is not published" in early.text) == (422, True)
        assert await database.read(lambda conn, _arg: signing.in_use(conn, room.services.keys), None) == {}
        internet.records |= {(key.name, 16): [txt(key.record)] for key in keys}
        assert (await browser.post(f"{here}/signing", {"on": "yes"})).status == 303
        used = await database.read(lambda conn, _arg: signing.in_use(conn, room.services.keys), None)
        assert used["outgoing_mail"]["dkim_selector"] == ",".join(key.selector for key in keys)
        over = await database.read(lambda conn, _arg: overrides.kept(conn, room.services.keys), None)
        laid, _closed = overrides.laid_over(room.services.settings, over)
        assert laid.channels["outgoing_mail"].settings["dkim_selector"] == used["outgoing_mail"]["dkim_selector"]
        told = await browser.get(f"{here}?look=1")
        assert "The key that the hub signs with is published." in told.text
        assert used["outgoing_mail"]["dkim_key"].split(",")[0] not in told.text
        bearer = {"Authorization": f"Bearer {await room.token('admin')}"}
        asked = await browser.get("/api/v1/mail-standing?domain=example.com", headers=bearer)
        lines = {line["name"]: line["state"] for line in json.loads(asked.text)["items"]}
        assert lines | {"DKIM": "good", "SPF": "bad"} == lines
        kept = await browser.get("/api/v1/channels/outgoing_mail/signing", headers=bearer)
        assert [key["enabled"] for key in json.loads(kept.text)["items"]] == [True, True]
        said = {"name": "hours", "language": "en", "text": "noon"}
        made = await browser.ask("POST", "/api/v1/snippets", json=said, headers=bearer)
        assert (made.status, json.loads(made.text)["templates"]) == (201, [])
        assert (await browser.post(f"{here}/signing", {"on": "no"})).status == 303
        assert await database.read(lambda conn, _arg: signing.in_use(conn, room.services.keys), None) == {}


async def test_a_template_takes_the_snippet_of_its_own_language(database: Database) -> None:
    def act(conn: Connection, _arg: None) -> list[str]:
        for language, text in (("en", "noon"), ("pt", "meio-dia")):
            snippets.save(conn, name="hours", language=language, text=text, now=NOW)
        found = []
        for language in ("en", "pt-BR", "cs"):
            faces = {"sms": "[[hours]]"}
            made = templates.save(conn, name="t", language=language, purpose="service", faces=faces, now=NOW)
            found.append(templates.get(conn, made)["faces"]["sms"])
        assert templates.follow(conn, "hours", NOW, "Max") == [], "nothing was changed"
        return found

    assert await database.write(act, None) == ["noon", "meio-dia", "noon"]
