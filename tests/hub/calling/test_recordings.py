"""Recordings: heard instead of words, paused while staff talks, written down, and removed when they are old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import Connection, select

from channels.base import Context
from channels.transcription import PostedTranscription
from channels.voice import TwilioVoice
from hub.capture.media import MediaFetcher
from hub.capture.recordings import RecordingKeeper
from hub.capture.transcribing import Transcriber
from hub.insight.calls import summary
from hub.model.errors import Refused
from hub.model.sound import sound_type
from hub.sandbox.twilio import audio
from hub.sandbox.twilio.caller import Caller
from hub.store import interactions
from hub.store.tables import AttachmentRow, BlobRow, InteractionRow, JobRow
from tests.hub.calling.pharmacy import ADA, FLOW, OURS, PATIENT, SID, TOKEN, Line


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(audio.wav(1), "audio/wav", id="wav"),
        pytest.param(audio.mp3(1), "audio/mpeg", id="mp3"),
        pytest.param(b"ID3\x04\x00\x00\x00\x00\x00\x05hello" + audio.mp3(1), "audio/mpeg", id="mp3 behind ID3"),
        pytest.param(audio.wav(1)[:40], "", id="wav without its data"),
        pytest.param(audio.mp3(1)[:400], "", id="one broken frame"),
        pytest.param(b"<html><script>alert(1)</script>", "", id="a page"),
        pytest.param(b"RIFF\xff\xff\xff\xffWAVE" + b"x" * 40, "", id="chunks that lead nowhere"),
    ],
)
def test_a_sound_is_known_by_its_content(content: bytes, kind: str) -> None:
    if kind:
        assert sound_type(content) == kind
    else:
        with pytest.raises(Refused):
            sound_type(content)


async def test_an_uploaded_recording_is_played_by_an_address_that_ends(line: Line) -> None:
    twilio, room = line.twilio, line.room
    async with room.browser("marketer") as browser:

        async def upload(name: str, content: bytes) -> Any:
            form = aiohttp.FormData({"csrf": browser.token, "name": name, "title": "Welcome"})
            form.add_field("file", content, filename="../x.exe", content_type="application/x-msdownload")
            return await browser.ask("POST", "/call-sounds", data=form)

        await browser.get("/call-sounds")
        refused = await upload("welcome_en", b"no sound")
        assert (refused.status, "no MP3 and no WAV" in refused.text) == (422, True)
        assert (await upload("welcome_en", audio.wav(2))).status == 303
        menu = {**FLOW["steps"]["menu"], "sounds": {"en": "welcome_en"}}
        steps = {**FLOW["steps"], "menu": menu}
        await line.follow(menu={"sounds": {"en": "welcome_en"}})
        page = await browser.get("/call-flows/phone")
        assert page.text.count("welcome_en") >= 3, "drawn, chosen in its step, offered in the others"
        caller = Caller(["1", "1"])
        await twilio.calls.receive(PATIENT, OURS, caller)
        [(_, played)] = [each for each in caller.heard if each[0] == "Play"]
        assert ("Say", menu["words"]["en"]) not in caller.heard
        in_czech = Caller(["2", "1"])
        await twilio.calls.receive(PATIENT, OURS, in_czech)
        assert ("Say", steps["menu"]["words"]["cs"]) in in_czech.heard, "words where there is no recording"
        kept = await browser.post("/call-sounds/welcome_en/remove")
        assert (kept.status, "plays it" in kept.text) == (422, True)
    path = played.removeprefix(room.services.local_url)
    async with room.browser() as provider:
        fetched = await provider.get(path)
        assert (fetched.status, fetched.headers["Content-Type"], fetched.body) == (200, "audio/wav", audio.wav(2))
        assert (await provider.get(path.replace("welcome_en", "welcome_cs"))).status == 404
        room.clock.advance(hours=8)
        assert (await provider.get(path)).status == 404


async def test_staff_pauses_a_recording_while_they_talk_and_goes_on_with_it(line: Line) -> None:
    await line.follow(desk={"record": True})
    line.twilio.answering.add(ADA)
    line.twilio.calls.talking = asyncio.Event()
    caller = Caller(["1", "1", ""])
    talk = asyncio.ensure_future(line.twilio.calls.receive(PATIENT, OURS, caller))
    async with line.room.browser("agent") as browser:
        page = await browser.get("/calls/now")
        for _ in range(500):
            if "talks with Ada" in page.text:
                break
            await asyncio.sleep(0.02)
            page = await browser.get("/calls/now")
        [call] = line.twilio.account.calls.values()
        address = "/calls/now/" + page.text.split("/calls/now/")[1].split('"')[0]
        assert (await browser.post(address, {"act": "resume"})).status == 422
        assert (await browser.post(address, {"act": "pause"})).status == 303
        assert call.recording_status == "paused"
        assert "paused" in (await browser.get("/calls/now")).text
        assert (await browser.post(address, {"act": "resume"})).status == 303
        assert call.recording_status == "in-progress"
        line.twilio.calls.talking.set()
        assert (await talk).recordings
        assert "Nobody waits or talks now." in (await browser.get("/calls/now")).text
        assert (await browser.post(address, {"act": "pause"})).status == 422
    [steps] = await line.steps()
    assert [kind for kind, _ in steps if "recording_" in kind] == ["call.recording_paused", "call.recording_resumed"]


@asynccontextmanager
async def server(answers: list[tuple[int, Any]], heard: list[dict[str, Any]]) -> AsyncIterator[str]:
    """A server that writes recordings down, or does not."""

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        file: Any = form["file"]
        heard.append({"size": len(file.file.read()), "language": form.get("language"), **request.headers})
        status, body = answers.pop(0)
        return web.json_response(body, status=status)

    app = web.Application()
    app.add_routes([web.post("/asr", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/asr"
    finally:
        await runner.cleanup()


async def test_a_voicemail_is_written_down_by_ones_own_server_and_removed_when_it_is_old(line: Line) -> None:
    services, heard = line.room.services, list[dict[str, Any]]()
    answers: list[tuple[int, Any]] = [(503, {}), (200, {"text": " Call me back\x00 "})]
    voice = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": line.twilio.base_url}
    channels: dict[str, Any] = services.channels  # type: ignore[assignment]
    before = channels["phone"]
    voicemail = TwilioVoice("phone", {**voice, "transcribe_with": "speech"}, Context(public_url=services.local_url))
    async with server(answers, heard) as url:
        speech = PostedTranscription("speech", {"url": url, "token": "t"}, Context(public_url=""))
        channels |= {"phone": voicemail, "speech": speech}
        await line.twilio.calls.receive(PATIENT, OURS, Caller(voicemail_seconds=3))
        parts = (services.database, services.blobs, channels, "one", services.clock)
        while await MediaFetcher(*parts).work():
            continue
        for _ in range(3):
            await Transcriber(*parts).work()
            line.room.clock.advance(seconds=10)
    assert [each["Authorization"] for each in heard] == ["Bearer t"] * 2
    assert all(each["size"] > 1_000 for each in heard)

    def look(conn: Connection) -> tuple[str, list[str], list[int], list[str]]:
        found = conn.scalars(select(InteractionRow.id)).one()
        told = summary(interactions.events_of(conn, [found])[found]).transcript
        files = list(conn.scalars(select(AttachmentRow.state)))
        jobs = list(conn.scalars(select(JobRow.state).where(JobRow.kind == "remove_recording")))
        return told, files, list(conn.scalars(select(BlobRow.references))), jobs

    assert await line.write(look) == ("Call me back", ["stored"], [1], [])
    keeper = RecordingKeeper(services.database, channels, "one", services.clock, 30)
    await keeper.run_once()
    assert len(line.twilio.account.recordings) == 1, "not old yet"
    line.room.clock.advance(days=31)
    await keeper.run_once()
    assert await line.write(look) == ("Call me back", ["removed"], [0], ["done"])
    assert line.twilio.account.recordings == {}
    assert await keeper.run_once() == 0
    channels["phone"] = before
    await voicemail.close()
    await speech.close()
