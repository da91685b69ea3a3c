"""The staff's pages of uploads, and the same through the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from channels.base import Context
from channels.survey_upload import SurveyUpload
from hub.capture.uploads import Uploads
from hub.store.session import Database
from hub.store.tables import InteractionRow, UploadRow
from tests.channels.survey import workbooks
from tests.effort import effort
from tests.hub.uploads.surveys import answer, answers, count, flow, survey
from tests.hub.web.conftest import store_url as store_url
from tests.web_room import Answer, Browser, Clock, WebRoom, services_for, web_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    clock = Clock()
    channel = SurveyUpload("surveys", {}, Context(public_url="http://hub.test"))
    services = replace(services_for(database, tmp_path, clock), channels={"surveys": channel})
    async with web_room(services, clock) as running:
        yield running


@pytest.fixture
def worker(room: WebRoom, tmp_path: Path) -> Uploads:
    """The process that does the work."""
    services = room.services
    return flow(services.database, tmp_path, channels=services.channels, blobs=services.blobs, clock=room.clock)


async def send(browser: Browser, file: Path, **fields: str) -> Answer:
    """Sends a file as the page does: its token first."""
    page = await browser.get("/uploads")
    assert page.status == 200
    form = aiohttp.FormData({"csrf": browser.token, **fields})
    form.add_field(
        "file", await asyncio.to_thread(file.read_bytes), filename=file.name, content_type="application/octet-stream"
    )
    return await browser.ask("POST", "/uploads", data=form)


async def test_a_survey_is_sent_tried_taken_in_and_undone_on_its_page(
    room: WebRoom, worker: Uploads, tmp_path: Path
) -> None:
    rows = [answer(1, score=10), answer(2, score=3), ("2026-02-01", "", "x", 1, "y")]
    async with room.browser("agent") as browser:
        sent = await send(browser, survey(tmp_path / "visits.csv", rows), title="Visits")
        assert sent.status == 303
        place = sent.headers["Location"]
        page = await browser.get(place)
        assert "<h1>Visits</h1>" in page.text
        assert '<option value="email" selected>' in page.text
        assert (await browser.post(f"{place}/try")).status == 303
        assert 'hx-trigger="every 1s"' in (await browser.get(place)).text
        await worker.run_once()
        tried = await browser.get(place)
        assert "no identity" in tried.text
        assert "new customer: 2" in tried.text
        assert "hx-trigger" not in tried.text[tried.text.index('id="upload"') :].partition(">")[0]
        assert (await browser.post(f"{place}/commit")).status == 303
        await worker.run_once()
        done = await browser.get(place)
        assert "taken in: 2" in done.text
        assert "NPS 0" in done.text
        assert await count(room.services.database, InteractionRow) == 2
        assert (await browser.post(f"{place}/undo")).status == 303
        await worker.run_once()
        assert await count(room.services.database, InteractionRow) == 0
        listed = await browser.get("/uploads")
        assert "undone" in listed.text


async def test_the_same_file_again_leads_to_its_upload(room: WebRoom, tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", answers(2))
    async with room.browser("agent") as browser:
        first = await send(browser, file)
        again = await send(browser, file)
        assert first.headers["Location"] == again.headers["Location"]
        assert "was sent before" in (await browser.get(again.headers["Location"])).text


async def test_a_corrected_column_is_tried_at_once(room: WebRoom, worker: Uploads, tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", [("x1", "9"), ("x2", "3")], ("Kontakt", "Body"))
    async with room.browser("marketer") as browser:
        place = (await send(browser, file)).headers["Location"]
        await browser.get(place)
        roles = {"role.0": "external_id", "role.1": "nps", "title": "Jaro", "date_order": "dmy"}
        assert (await browser.post(f"{place}/columns", roles)).status == 303
        await worker.run_once()
        assert "new customer: 2" in (await browser.get(place)).text
        wrong = await browser.post(f"{place}/columns", {**roles, "role.1": "external_id"})
    assert wrong.status == 422
    assert "Two columns" in wrong.text


async def test_a_bomb_is_413_within_a_second_and_an_entity_422(room: WebRoom, tmp_path: Path) -> None:
    bomb = workbooks.raw(tmp_path / "bomb.xlsx", "<row><c><v>" + "0" * 200_000_000 + "</v></c></row>")
    hostile = '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><worksheet>&e;</worksheet>'
    entity = workbooks.raw(tmp_path / "entity.xlsx", xl__sharedStrings=hostile)
    async with room.browser("agent") as browser:
        with effort() as spent:
            answer = await send(browser, bomb)
        assert (answer.status, spent.seconds < 1) == (413, True)
        assert "CSV" in answer.text
        assert (await send(browser, entity)).status == 422
    assert await count(room.services.database, UploadRow) == 0


async def test_a_script_in_a_cell_is_shown_as_text(room: WebRoom, worker: Uploads, tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    header = ("Email", script, "Score (0-10)")
    file = survey(tmp_path / "s.csv", [(script, script, "9"), ("ada@example.com", script, "9")], header)
    async with room.browser("agent") as browser:
        place = (await send(browser, file, title=script)).headers["Location"]
        pages = [await browser.get(place)]
        await browser.post(f"{place}/try")
        await worker.run_once()
        pages += [await browser.get(f"{place}?show=all"), await browser.get("/uploads")]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


@pytest.mark.parametrize("role", ["viewer", "auditor"])
async def test_who_may_not_upload_sees_and_changes_nothing(room: WebRoom, tmp_path: Path, role: str) -> None:
    async with room.browser("agent") as browser:
        place = (await send(browser, survey(tmp_path / "s.csv", answers(2)))).headers["Location"]
    async with room.browser(role) as browser:
        page = await browser.get(place)
        assert page.status == 200
        steps = [await browser.post(f"{place}/{step}") for step in ("try", "commit", "undo", "columns")]
        sent = await send(browser, survey(tmp_path / "t.csv", answers(3)))
    assert [step.status for step in steps] == [403] * 4
    assert sent.status == 403


@pytest.mark.parametrize("path", ["/uploads/7", "/uploads/7777777777777777777777", "/uploads/1?show=secrets"])
async def test_what_is_not_there_or_no_choice_is_told(room: WebRoom, tmp_path: Path, path: str) -> None:
    async with room.browser("agent") as browser:
        await send(browser, survey(tmp_path / "s.csv", answers(2)))
        answer = await browser.get(path)
        assert answer.status == (422 if "show" in path else 404)


async def test_a_form_without_our_token_is_refused_before_it_is_read(room: WebRoom, tmp_path: Path) -> None:
    async with room.browser("agent") as browser:
        await browser.get("/uploads")
        browser.token = "another"
        form = aiohttp.FormData({"csrf": "another"})
        form.add_field("file", b"a,b\n1,2\n", filename="s.csv")
        answer = await browser.ask("POST", "/uploads", data=form)
    assert answer.status == 403
    assert await count(room.services.database, UploadRow) == 0


async def test_the_api_does_the_same(room: WebRoom, worker: Uploads, tmp_path: Path) -> None:
    token = await room.token("agent")

    async def ask(method: str, path: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"}
        async with http.request(method, room.url(f"/api/v1{path}"), headers=headers, **more) as response:
            return response.status, await response.json()

    file = survey(tmp_path / "s.csv", [*answers(3), ("2026-02-01", "", "x", 1, "y")])
    async with aiohttp.ClientSession() as http:
        form = aiohttp.FormData({"title": "By the API"})
        form.add_field("file", await asyncio.to_thread(file.read_bytes), filename="s.csv")
        status, upload = await ask("POST", "/uploads", data=form)
        assert (status, upload["title"], upload["again"], upload["rows"]) == (201, "By the API", False, 4)
        roles = [column["role"] for column in upload["columns"]]
        assert roles == ["occurred_at", "email", "name", "nps", "free_text"]
        place = f"/uploads/{upload['id']}"
        assert (await ask("PUT", f"{place}/columns", json={"roles": roles, "title": "Renamed"}))[0] == 200
        assert (await ask("POST", f"{place}/try"))[1]["state"] == "trying"
        await worker.run_once()
        assert (await ask("GET", place))[1]["foretold"] == {"new": 3, "no_identity": 1}
        assert (await ask("POST", f"{place}/commit"))[0] == 200
        await worker.run_once()
        status, done = await ask("GET", place)
        assert (done["state"], done["accepted"], done["rejected"], done["title"]) == ("committed", 3, 1, "Renamed")
        rows = (await ask("GET", f"{place}/rows?outcome=no_identity"))[1]["items"]
        assert [row["row"] for row in rows] == [3]
        assert (await ask("POST", f"{place}/commit"))[0] == 422
        assert (await ask("GET", "/uploads"))[1]["items"][0]["id"] == upload["id"]
        assert (await ask("PUT", f"{place}/columns", json={"roles": roles, "owner": 1}))[0] == 422
        bad = aiohttp.FormData({"title": "x"})
        bad.add_field("file", b"%PDF-1.7", filename="s.csv")
        status, told = await ask("POST", "/uploads", data=bad)
        assert (status, "PDF" in told["message"]) == (422, True)
