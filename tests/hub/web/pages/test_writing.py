"""Writing on the pages, as a browser without scripts does it: drafts, files, everybody, forwards, phrases, undo."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.model.contact import Party
from hub.model.identity import Identity
from hub.store.session import Database, open_database
from hub.store.tables import BlobRow, CannedTextRow, ConversationRow, DraftRow, MessageRow
from tests.builders import incoming, later, mail, who
from tests.desk_world import World, take
from tests.web_room import Answer, Browser, WebRoom


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database on the engine that tells the same faster; test_replies looks at both."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


async def rows(room: WebRoom, table: Any, *where: Any) -> list[Mapping[str, Any]]:
    def all_of(conn: Connection, _arg: None) -> list[Mapping[str, Any]]:
        found = conn.execute(select(table.__table__).where(*where).order_by(table.__table__.c[0]))
        return [dict(row._mapping) for row in found]

    return await room.services.database.read(all_of, None)


def fields(page: str) -> dict[str, str]:
    """Returns what the composer of a page would send."""
    form = page[page.index('id="composer"') :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        left_out = 'type="file"' in tag or ('type="checkbox"' in tag and "checked" not in tag)
        if name and not left_out:
            found[name[1]] = html.unescape(value[1]) if value else ""
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    found["text"] = html.unescape(text[1]) if text else ""
    return found


async def composing(browser: Browser, path: str) -> dict[str, str]:
    page = await browser.get(path.partition("#")[0])
    assert page.status == 200, page.text
    return fields(page.text)


async def follow(browser: Browser, answer: Answer) -> dict[str, str]:
    assert answer.status == 303, answer.text
    return await composing(browser, answer.headers["Location"])


async def test_a_letter_with_everything_is_kept_sent_and_taken_back_whole(room: WebRoom, world: World) -> None:
    to_all = mail(
        id="all@example.com", in_reply_to="a1@example.com", at=later(hours=1), text="Please tell us both.",
        recipients=(Party(who("support@example.com")), Party(who("bob@example.com"))),
    )  # fmt: skip
    await take(room.services.database, incoming(to_all))
    path = f"/conversations/{world.conversation}"
    async with room.browser("agent") as browser:
        signature = {"display_name": "Eva", "signature": "{{ staff.name }} of {{ business.name }}"}
        assert (await browser.post("/profile", signature)).status == 303
        form = await composing(browser, path)
        assert form["text"] == "\n\n-- \nEva of Example Ltd"
        assert (form["to"], form["cc"], form["kind"]) == ("Ada Lovelace <ada@example.com>", "", "reply")

        # Another kind keeps the words, and names those who got the mail, but us.
        form = await follow(browser, await browser.post(f"{path}/reply", {**form, "act": "kind:reply_all"}))
        assert (form["kind"], form["cc"]) == ("reply_all", "bob@example.com")

        upload = aiohttp.FormData(default_to_multipart=True, quote_fields=False)
        for name, value in {**form, "csrf": browser.token, "act": "attach", "text": f"Thursday.{form['text']}"}.items():
            upload.add_field(name, value)
        upload.add_field("file", b"%PDF-1.4 offer", filename="Angebot für Sie.pdf", content_type="application/pdf")
        form = await follow(browser, await browser.ask("POST", f"{path}/reply", data=upload))
        [draft] = await rows(room, DraftRow)
        assert (draft["kind"], [file["filename"] for file in draft["files"]]) == ("reply_all", ["Angebot für Sie.pdf"])
        assert "Your drafts" in (await browser.get("/drafts")).text
        assert (await browser.get(f"/drafts/{draft['id']}")).headers["Location"].startswith(f"{path}?draft=")

        sent = await browser.post(f"{path}/reply", {**form, "bcc": "boss@example.com", "go": "inbox"})
        assert sent.headers["Location"].startswith("/inbox?sent=")
        assert await rows(room, DraftRow) == []
        first, *copies = await rows(room, MessageRow, MessageRow.origin == "reply")
        assert [row["dedupe_key"].count(":") for row in (first, *copies)] == [1, 2, 2]
        assert {row["rfc_message_id"] for row in copies} == {first["rfc_message_id"]}
        content = first["content"]
        assert [one["identity"] for one in content["to"]] == ["mailto:ada@example.com"]
        assert [one["identity"] for one in content["cc"]] == ["mailto:bob@example.com"]
        assert content["text"].startswith("Thursday.\n\n-- \nEva of Example Ltd\n\nOn ")
        assert "> Please tell us both." in content["text"]
        assert '<blockquote type="cite"' in content["html"]
        assert content["in_reply_to"] == "all@example.com"
        banner = (await browser.get(sent.headers["Location"])).text
        assert "It is on its way in a moment." in banner
        assert "It leaves in 10 seconds." in (await browser.get(f"/messages/{first['id']}/held")).text

        # Taken back by one of its copies, all of it comes back as it was written.
        form = await follow(browser, await browser.post(f"/messages/{copies[0]['id']}/undo"))
        states = [row["state"] for row in await rows(room, MessageRow, MessageRow.origin == "reply")]
        assert states == ["cancelled"] * 3
        assert (form["kind"], form["cc"], form["bcc"]) == ("reply_all", "bob@example.com", "boss@example.com")
        assert form["text"].startswith("Thursday.")
        [draft] = await rows(room, DraftRow)
        assert [file["filename"] for file in draft["files"]] == ["Angebot für Sie.pdf"]
        assert (await browser.post(f"{path}/reply", {**form, "act": "drop"})).status == 303
        assert await rows(room, DraftRow) == []
        [blob] = await rows(room, BlobRow, BlobRow.sha256 == draft["files"][0]["sha256"])
        assert blob["references"] == 3  # the cancelled messages keep theirs


async def test_two_writers_are_told_of_each_other_and_of_what_came_in(room: WebRoom, world: World) -> None:
    path = f"/conversations/{world.conversation}"
    async with room.browser("agent") as eva, room.browser("admin") as adam:
        form = {**await composing(eva, path), "text": "Dear Ada"}
        kept = await eva.post(f"/drafts/{form['draft']}/keep", form)
        assert "Kept as a draft" in kept.text
        shown = (await adam.get(path)).text
        assert "The agent is writing here, since" in shown
        other = await composing(adam, path)
        assert other["draft"] != form["draft"]
        assert (await adam.post(f"/drafts/{form['draft']}/keep", {**other, "text": "x"})).status == 422
        assert "The agent is writing" in (await adam.post(f"/drafts/{other['draft']}/keep", other)).text
        assert (await composing(eva, path))["text"] == "Dear Ada"
        late = mail(id="late", text="Forget it", in_reply_to="a1@example.com", at=later(hours=2))
        await take(room.services.database, incoming(late))
        assert "1 entry came in meanwhile." in (await eva.post(f"/drafts/{form['draft']}/keep", form)).text
        stopped = await eva.post(f"{path}/reply", form)
        assert (stopped.status, "Something new came in" in stopped.text) == (422, True)
        again = fields(stopped.text)
        assert again["draft"] == form["draft"]
        form["seen"] = str(int(form["seen"]) + 1)
        assert (await eva.post(f"{path}/reply", form)).status == 303
        # A save that comes late does not bring back what was sent.
        assert (await eva.post(f"/drafts/{form['draft']}/keep", form)).status == 200
        assert await rows(room, DraftRow) == []
        # Who wipes out what they began writes nothing any more.
        assert "Kept" not in (await adam.post(f"/drafts/{other['draft']}/keep", {**other, "text": "\n\n-- \nA"})).text
        assert await rows(room, DraftRow) == []
        await adam.post(f"/drafts/{other['draft']}/keep", {**other, "text": "Well"})
        room.clock.advance(minutes=11)
        assert "has a draft here" in (await eva.get(path)).text


async def test_a_mail_is_passed_on_with_the_files_that_were_ticked(room: WebRoom, world: World) -> None:
    path = f"/conversations/{world.conversation}"
    async with room.browser("agent") as browser:
        form = await composing(browser, f"{path}?mode=forward&about={world.mail}")
        assert (form["to"], form["subject"], form["originals"]) == ("", "Fwd: My appointment", "shown")
        refused = await browser.post(f"{path}/reply", form)
        assert (refused.status, "goes to nobody" in refused.text) == (422, True)
        sent = await browser.post(f"{path}/reply", {**fields(refused.text), "to": "Bob <bob@partner.example>"})
        assert sent.status == 303
        without = {**form, "to": "bob@partner.example", "draft": "another-one"}
        without.pop("original")
        assert (await browser.post(f"{path}/reply", without)).status == 303
        foreign = {**form, "to": "bob@partner.example", "draft": "a-third-one", "original": "999999"}
        assert (await browser.post(f"{path}/reply", foreign)).status == 404
    first, second = await rows(room, MessageRow, MessageRow.origin == "reply")
    assert "Forwarded message ----------\nFrom: Ada Lovelace <ada@example.com>" in first["content"]["text"]
    assert [file["filename"] for file in first["content"]["attachments"]] == ["Überweisung.pdf"]
    assert (second["content"]["attachments"], second["content"]["references"]) == ([], [])
    talk = await rows(room, ConversationRow, ConversationRow.id == world.conversation)
    assert talk[0]["state"] == "open"
    held = await room.services.database.read(_holder, Identity("mailto", "bob@partner.example"))
    assert held == first["customer_id"]


def _holder(conn: Connection, identity: Identity) -> int:
    from hub.store.customers import find_identities

    return find_identities(conn, [identity])[identity].customer_id


async def test_a_new_mail_opens_a_conversation_that_its_undo_closes_again(room: WebRoom, world: World) -> None:
    async with room.browser("agent") as browser:
        form = await composing(browser, "/write")
        odd = await browser.post("/write", {**form, "to": "nobody", "subject": "Hi", "text": "Hello"})
        assert (odd.status, "is no e-mail address" in odd.text) == (422, True)
        letter = {**form, "to": "new@example.org, ada@example.com", "subject": "Opening hours", "text": "Until six."}
        before = len(await rows(room, ConversationRow))
        sent = await browser.post("/write", letter)
        talk = re.match(r"/conversations/(\d+)\?sent=(\d+)", sent.headers["Location"])
        assert talk
        shown = (await browser.get(f"/conversations/{talk[1]}")).text
        assert "Until six." in shown
        back = await browser.post(f"/messages/{talk[2]}/undo")
        form = await follow(browser, await browser.get(back.headers["Location"]))
        assert (form["to"], form["text"]) == ("new@example.org, ada@example.com", "Until six.")
        assert len(await rows(room, ConversationRow)) == before


async def test_canned_texts_are_kept_filled_in_and_put_above_the_signature(room: WebRoom, world: World) -> None:
    path = f"/conversations/{world.conversation}"
    async with room.browser("agent") as browser, room.browser("admin") as other:
        await browser.get("/canned/new")
        text = {
            "name": "/hours",
            "language": "en",
            "text": "Dear {{ customer.first_name }}, until six. {{ staff.name }}",
        }
        assert (await browser.post("/canned", {**text, "text": "{{ config }}"})).status == 422
        assert "Dear Ada, until six." in (await browser.post("/canned", {**text, "act": "preview"})).text
        assert (await browser.post("/canned", text)).status == 303
        assert (await browser.post("/canned", text)).status == 422
        assert (await browser.post("/canned", {**text, "shared": "yes"})).status == 303
        own, shared = await rows(room, CannedTextRow)
        assert (own["owner_id"], shared["owner_id"]) == (room.ids["agent"], 0)
        filled = await browser.get(f"/canned/{own['id']}/filled?conversation={world.conversation}")
        assert filled.text == "Dear Ada, until six. The agent"
        assert (await other.get(f"/canned/{own['id']}")).status == 404
        await browser.post("/profile", {"display_name": "Eva", "signature": "Eva", "signature.outgoing_mail": "E."})
        form = await composing(browser, path)
        form = await follow(browser, await browser.post(f"{path}/reply", {**form, "act": f"canned:{own['id']}"}))
        assert form["text"] == "Dear Ada, until six. Eva\n\n-- \nE."
        assert (await browser.post(f"/canned/{own['id']}/remove")).status == 303
    assert [row["id"] for row in await rows(room, CannedTextRow)] == [shared["id"]]


async def test_what_holds_no_more_files_says_so_and_a_signature_alone_is_nothing(room: WebRoom, world: World) -> None:
    object.__setattr__(
        room.services,
        "settings",
        room.services.settings.model_copy(update={"channels": _small(room.services.settings.channels)}),
    )
    path = f"/conversations/{world.conversation}"
    async with room.browser("agent") as browser:
        form = await composing(browser, path)
        upload = aiohttp.FormData(default_to_multipart=True, quote_fields=False)
        for name, value in {**form, "csrf": browser.token, "text": "See this."}.items():
            upload.add_field(name, value)
        upload.add_field("file", b"x" * 500_000, filename="large.bin")
        stopped = await browser.ask("POST", f"{path}/reply", data=upload)
        assert (stopped.status, "MB together" in stopped.text, "See this." in stopped.text) == (422, True, True)
        alone = await browser.post(f"{path}/reply", {**form, "text": "\r\n\r\n-- \r\nEva"})
        assert (alone.status, "nothing to send" in alone.text) == (422, True)
    assert await rows(room, MessageRow, MessageRow.origin == "reply") == []


def _small(channels: Mapping[str, Any]) -> dict[str, Any]:
    section = channels["outgoing_mail"]
    changed = section.model_copy(update={"settings": {**section.settings, "size_limit_mb": 1}})
    return {**channels, "outgoing_mail": changed}
