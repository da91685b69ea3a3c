"""Writing by the API: everybody, forwards, letters, drafts with files, canned texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.model.contact import Attachment, Party
from hub.store.blobs import FileBlobs
from hub.store.session import Database, open_database
from hub.store.tables import MessageRow
from tests.builders import mail, who
from tests.desk_world import with_files
from tests.hub.web.api.conftest import Api


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database; the desk's own tests look at both engines."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


async def asked(api: Api) -> dict[str, Any]:
    recipients = (Party(who("support@example.com")), Party(who("bob@example.com")))
    file = Attachment(filename="photo.jpg", content_type="image/jpeg", content=b"jpeg")
    contact = mail(recipients=recipients, attachments=(file,), text="Where is it?")
    await api.capture(with_files(cast(FileBlobs, api.room.services.blobs), contact))
    [talk] = (await api("GET", "/conversations")).items
    return talk


async def content(api: Api, number: str) -> dict[str, Any]:
    def one(conn: Connection, wanted: int) -> dict[str, Any]:
        found: dict[str, Any] = conn.execute(select(MessageRow.content).where(MessageRow.id == wanted)).scalar_one()
        return found

    return await api.room.services.database.read(one, int(number))


async def test_answers_to_all_forwards_and_letters_by_the_api(api: Api) -> None:
    path = f"/conversations/{(await asked(api))['id']}"
    answer = await api.made(
        f"{path}/reply", {"text": "Here.", "everybody": True, "quote": True, "cc": ["Carl <c@d.example>"]}
    )
    said = await content(api, answer["id"])
    assert [one["identity"] for one in said["cc"]] == ["mailto:c@d.example", "mailto:bob@example.com"]
    assert said["text"].startswith("Here.\n\nOn ")
    passed_on = await api.made(f"{path}/forward", {"to": ["partner@example.net"]})
    said = await content(api, passed_on["id"])
    assert (said["subject"], [file["filename"] for file in said["attachments"]]) == ("Fwd: A question", ["photo.jpg"])
    refused = await api("POST", f"{path}/forward", {"to": ["partner@example.net"], "files": ["999"]})
    assert refused.status == 404
    refused = await api("POST", f"{path}/reply", {"text": "Here.", "to": ["not an address"]})
    assert (refused.status, refused.body["field"]) == (422, "to")
    letter = {"to": ["new@example.org"], "subject": "Hello", "text": "We moved."}
    made = await api.made("/letters", letter, role="agent")
    talk = (await api("GET", f"/conversations/{made['conversation_id']}")).body
    assert (talk["subject"], talk["address"], talk["state"]) == ("Hello", "new@example.org", "waiting")
    back = (await api("POST", f"/messages/{made['id']}/take-back")).body
    assert (back["conversation_id"], back["text"]) == (None, "We moved.")
    assert (await api("GET", f"/conversations/{made['conversation_id']}")).status == 404


async def test_a_draft_is_kept_gets_a_file_and_is_sent_once(api: Api) -> None:
    talk = await asked(api)
    path, words = "/drafts/draft-by-api", {"conversation_id": talk["id"], "text": "See the file."}
    assert (await api("PUT", path, words, role="agent")).status == 200
    assert (await api("GET", path, role="admin")).status == 404
    form = aiohttp.FormData()
    form.add_field("file", b"one,two\n", filename="list.csv", content_type="text/csv")
    headers = {"Authorization": f"Bearer {api.tokens['agent']}"}
    async with api.http.post(api.room.url(f"/api/v1{path}/files"), data=form, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        assert [file["filename"] for file in (await answer.json())["files"]] == ["list.csv"]
    assert (await api("PUT", path, {**words, "text": "See it."}, role="agent")).body["files"][0]["size"] == 8
    [listed] = (await api("GET", "/drafts", role="agent")).items
    assert (listed["text"], listed["kind"]) == ("See it.", "reply")
    sent = (await api("POST", f"{path}/send", {"then": "close"}, role="agent")).body
    assert [file["filename"] for file in (await content(api, sent["id"]))["attachments"]] == ["list.csv"]
    assert (await api("GET", f"/conversations/{talk['id']}")).body["state"] == "closed"
    assert (await api("POST", f"{path}/send", {}, role="agent")).status == 404
    again = await api("PUT", path, words, role="agent")
    assert (again.status, again.body["field"]) == (422, "id")
    back = (await api("POST", f"/messages/{sent['id']}/take-back", role="agent")).body
    draft = f"/drafts/{back['draft']}"
    assert (await api("DELETE", f"{draft}/files/1", role="agent")).body["files"] == []
    assert (await api("DELETE", f"{draft}/files/1", role="agent")).status == 404
    assert (await api("DELETE", draft, role="agent")).body == {"done": True}


async def test_canned_texts_are_kept_and_filled_in(api: Api) -> None:
    talk = await asked(api)
    text = {"name": "thanks", "language": "en", "text": "Thank you, {{ customer.name }} ({{ conversation.subject }})"}
    refused = await api("POST", "/canned-texts", {**text, "text": "{{ x }}"})
    assert (refused.status, refused.body["field"]) == (422, "text")
    made = await api.made("/canned-texts", text)
    own = await api.made("/canned-texts", {**text, "shared": False}, role="agent")
    filled = await api("GET", f"/canned-texts/{made['id']}/filled", query={"conversation": talk["id"]})
    assert filled.body["text"].endswith("(A question)")
    assert (await api("PATCH", f"/canned-texts/{own['id']}", {"name": "other"})).status == 404
    changed = await api("PATCH", f"/canned-texts/{own['id']}", {"name": "danke", "language": "de"}, role="agent")
    assert (changed.body["name"], changed.body["language"], changed.body["shared"]) == ("danke", "de", False)
    assert [each["name"] for each in (await api("GET", "/canned-texts", role="agent")).items] == ["danke", "thanks"]
    assert (await api("DELETE", f"/canned-texts/{made['id']}")).status == 200
    assert (await api("GET", "/canned-texts")).items == []
