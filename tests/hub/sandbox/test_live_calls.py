"""Calls played step by step, and what a phone remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.sandbox.twilio import Hooks, TwilioEmulator
from hub.sandbox.twilio.phone_log import PhoneLog

OURS, PHONE = "+14155550100", "+14155550123"
MENU = "<Response><Gather numDigits='1' action='/chosen'><Say>Press 1</Say></Gather><Say>Bye</Say></Response>"
RECORD = "<Response><Say>After the tone</Say><Record action='/done' maxLength='20'/></Response>"


@pytest.fixture
async def hub() -> AsyncIterator[TestServer]:
    """A hub that answers with a menu, then a recording, then thanks."""
    asked: list[tuple[str, dict[str, str]]] = []

    async def answer(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked.append((request.path, form))
        documents = {"/call": MENU, "/chosen": RECORD, "/done": "<Response><Say>Thank you</Say></Response>"}
        return web.Response(text=documents.get(request.path, ""), content_type="text/xml")

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    server.asked = asked  # type: ignore[attr-defined]  # what the tests look at
    yield server
    await server.close()


@pytest.fixture
async def twilio(hub: TestServer, tmp_path: Path) -> AsyncIterator[TwilioEmulator]:
    hooks = Hooks(call=str(hub.make_url("/call")), call_status=str(hub.make_url("/status")))
    async with TwilioEmulator("AC" + "0" * 32, "t", {OURS: hooks}, log=tmp_path / "phones.jsonl") as running:
        yield running


async def act(twilio: TwilioEmulator, path: str, **given: object) -> dict[str, object]:
    async with aiohttp.ClientSession() as http, http.post(twilio.base_url + path, json=given) as answer:
        told: dict[str, object] = await answer.json()
        return {**told, "http": answer.status}


async def test_a_call_waits_for_keys_then_for_a_voice_and_ends(twilio: TwilioEmulator, hub: TestServer) -> None:
    call = await act(twilio, "/sandbox/lines", **{"from": PHONE, "to": OURS})
    assert (call["asks"], call["heard"]) == ("keys", [["Say", "Press 1"]])
    path = f"/sandbox/lines/{call['sid']}"
    call = await act(twilio, path, act="press", keys="1")
    assert (call["asks"], call["most"]) == ("voice", 20)
    sound = "data:audio/wav;base64,UklGRg=="
    call = await act(twilio, path, act="speak", seconds=4, say="Hello", sound=sound, stays=True)
    assert call["over"] is True
    assert call["heard"][-1] == ["Say", "Thank you"]  # type: ignore[index]  # JSON
    told = dict(hub.asked)  # type: ignore[attr-defined]  # see above
    assert told["/chosen"]["Digits"] == "1"
    assert (told["/done"]["RecordingDuration"], told["/done"]["Digits"]) == ("4", "#")
    assert told["/status"]["CallStatus"] == "completed"
    recording = next(iter(twilio.account.recordings.values()))
    assert (recording.content, recording.content_type) == (b"RIFF", "audio/wav")


@pytest.mark.parametrize("how", ["hang_up", "wait"])
async def test_somebody_who_presses_nothing_hangs_up_or_hears_the_rest(
    twilio: TwilioEmulator, hub: TestServer, how: str
) -> None:
    call = await act(twilio, "/sandbox/lines", **{"from": PHONE, "to": OURS})
    call = await act(twilio, f"/sandbox/lines/{call['sid']}", act=how)
    assert call["over"] is True
    last = {"hang_up": ["Hangup", ""], "wait": ["Say", "Bye"]}[how]
    assert call["heard"][-1] == last  # type: ignore[index]  # JSON
    assert dict(hub.asked)["/status"]["CallStatus"] == "completed"  # type: ignore[attr-defined]  # see above


async def test_what_does_not_fit_the_call_changes_nothing(twilio: TwilioEmulator) -> None:
    assert (await act(twilio, "/sandbox/lines/CAnobody", act="hang_up"))["http"] == 404
    call = await act(twilio, "/sandbox/lines", **{"from": PHONE, "to": OURS})
    path = f"/sandbox/lines/{call['sid']}"
    assert (await act(twilio, path, act="speak", seconds=3))["asks"] == "keys"
    assert (await act(twilio, path, act="dance"))["http"] == 400


async def test_the_sandbox_calls_nobody_outside_this_machine(twilio: TwilioEmulator) -> None:
    twilio.set_hooks(OURS, Hooks(text="https://hub.example.com/hooks/x/text", call="http://192.0.2.1/call"))
    assert (await twilio.receive_text(PHONE, OURS, "hi")).status == 0
    assert (await twilio.receive_call(PHONE, OURS)).status == "failed"


async def test_a_phone_remembers_both_sides_over_a_restart(twilio: TwilioEmulator, tmp_path: Path) -> None:
    await twilio.receive_text(PHONE, OURS, "Can you come?")
    await twilio.receive_call(PHONE, OURS, digits=["1"], voicemail_seconds=2, says="Hello")
    file = tmp_path / "phones.jsonl"
    with file.open("a") as stream:
        stream.write('{"kind": "text", "sid": "cut off')
    text, call = PhoneLog(file).of(PHONE)
    assert (text.body, text.incoming, text.number) == ("Can you come?", False, OURS)
    assert (call.kind, call.heard[-1]) == ("call", ["Record", "Hello"])


async def test_a_number_that_went_live_is_no_longer_served(twilio: TwilioEmulator) -> None:
    await twilio.receive_text(PHONE, OURS, "before")
    twilio.serve({})
    assert (await twilio.receive_text(PHONE, OURS, "after")).status == 0
    assert [entry.body for entry in twilio.log.of(PHONE)] == ["before", "after"]


async def test_a_phone_that_the_hub_rings_is_picked_up_or_not(hub: TestServer) -> None:
    signed_in = {"Authorization": aiohttp.encode_basic_auth("AC" + "0" * 32, "t")}
    asked = {"To": PHONE, "From": OURS, "Url": str(hub.make_url("/call")), "MachineDetection": "Enable"}
    async with TwilioEmulator("AC" + "0" * 32, "t", {OURS: Hooks()}, ring_seconds=30) as twilio:
        calls = f"{twilio.base_url}/2010-04-01/Accounts/AC{'0' * 32}/Calls.json"
        async with aiohttp.ClientSession(headers=signed_in) as http:

            async def rung() -> str:
                async with http.post(calls, data=asked) as made:
                    sid: str = (await made.json())["sid"]
                for _ in range(500):
                    if any(call.sid == sid for call in twilio.live.ringing(PHONE)):
                        break
                    await asyncio.sleep(0.01)
                return sid

            first = await rung()
            picked_up = await act(twilio, f"/sandbox/lines/{first}", act="pick_up")
            assert (picked_up["heard"], picked_up["asks"]) == ([["Say", "Press 1"]], "keys")
            assert twilio.live.ringing(PHONE) == []
            assert twilio.account.calls[first].answered_by == "human"
            await act(twilio, f"/sandbox/lines/{first}", act="hang_up")
            second = await rung()
            await act(twilio, f"/sandbox/lines/{second}", act="decline")
            await twilio.settle()
            states = [twilio.account.calls[each].status for each in (first, second)]
            assert states == ["completed", "no-answer"]
