"""The Twilio that runs here, spoken to by the official client and by people over /sandbox."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from channels.twilio_wire.client import WireHttpClient, rest_client
from hub.model.errors import ChannelBroken, Rejected, Temporary
from hub.sandbox.twilio import Fault, Hooks, Media, TwilioEmulator

SID, TOKEN = "AC" + "a" * 32, "token-of-the-tests"
OURS, PHONE, OTHER = "+14155550100", "+14155550142", "+14155550143"


class Hub:
    """Answers webhooks with the TwiML laid ready for their path, and keeps what came."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.twiml: dict[str, str] = {}
        self.unsigned = 0

    async def handle(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        given = request.headers.get("X-Twilio-Signature", "")
        self.unsigned += not RequestValidator(TOKEN).validate(f"{self.url}{request.path_qs}", form, given)
        self.asked.append((request.path, form))
        return web.Response(text=self.twiml.get(request.path, ""), content_type="text/xml")

    def words(self, path: str, name: str) -> list[str]:
        return [form.get(name, "") for where, form in self.asked if where == path]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def twilio(hub: Hub) -> AsyncIterator[TwilioEmulator]:
    hooks = Hooks(text=f"{hub.url}/text", call=f"{hub.url}/call", call_status=f"{hub.url}/ended")
    async with TwilioEmulator(SID, TOKEN, {OURS: hooks}, status_delay=0.005, answering=[PHONE]) as emulator:
        yield emulator


@pytest.fixture
async def client(twilio: TwilioEmulator) -> AsyncIterator[Any]:
    async with aiohttp.ClientSession() as session:
        yield rest_client(SID, TOKEN, WireHttpClient(session, base_url=twilio.base_url))


async def test_a_wrong_token_or_another_account_is_refused(twilio: TwilioEmulator) -> None:
    async with aiohttp.ClientSession() as session:
        http = WireHttpClient(session, base_url=twilio.base_url)
        for sid, token in ((SID, "wrong"), ("AC" + "b" * 32, TOKEN)):
            with pytest.raises(ChannelBroken):
                await rest_client(sid, token, http).messages.list_async()


async def test_a_text_goes_queued_sent_delivered_with_signed_callbacks(
    hub: Hub, twilio: TwilioEmulator, client: Any
) -> None:
    made = await client.messages.create_async(
        to=PHONE, from_=OURS, body="Hi", status_callback=f"{hub.url}/status?m=1&b=%20"
    )
    assert made.status == "queued"
    await twilio.settle()
    assert hub.words("/status", "MessageStatus") == ["queued", "sent", "delivered"]
    assert hub.unsigned == 0
    assert (await client.messages(made.sid).fetch_async()).status == "delivered"
    assert [text.body for text in twilio.phone(PHONE)] == ["Hi"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.DUPLICATE_CALLBACKS, ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        (Fault.OUT_OF_ORDER_CALLBACKS, ["delivered", "sent", "queued"]),
        (Fault.UNDELIVERED, ["queued", "sent", "undelivered"]),
    ],
)
async def test_callbacks_go_wrong_on_demand(
    hub: Hub, twilio: TwilioEmulator, client: Any, fault: Fault, words: list[str]
) -> None:
    twilio.fail_next(fault)
    await client.messages.create_async(to=PHONE, from_=OURS, body="Hi", status_callback=f"{hub.url}/status")
    await twilio.settle()
    assert hub.words("/status", "MessageStatus") == words
    if fault is Fault.UNDELIVERED:
        assert hub.words("/status", "ErrorCode")[-1] == "30003"
        assert twilio.phone(PHONE) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "not a number"}, "21211"),
        ({"from_": "+14155550999"}, "21606"),
        ({"body": ""}, "21602"),
        ({"body": "x" * 1601}, "21617"),
    ],
)
async def test_refusals_carry_twilios_codes(client: Any, fields: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as raised:
        await client.messages.create_async(**{"to": PHONE, "from_": OURS, "body": "Hi", **fields})
    assert raised.value.provider_code == code


async def test_an_unknown_message_is_404_and_a_wrong_filter_400(client: Any, twilio: TwilioEmulator) -> None:
    with pytest.raises(Rejected) as raised:
        await client.messages("SM" + "0" * 32).fetch_async()
    assert raised.value.provider_code == "20404"
    with pytest.raises(Rejected):
        await client.messages.list_async(date_sent_after="yesterday")


async def test_the_list_is_filtered_newest_first_and_paged(twilio: TwilioEmulator, client: Any) -> None:
    sids = [(await twilio.receive_text(PHONE, OURS, str(n))).sid for n in range(5)]
    await twilio.receive_text(OTHER, OURS, "other")
    listed = await client.messages.list_async(from_=PHONE, page_size=2)
    assert [message.sid for message in listed] == sids[::-1]
    day = twilio.clock()
    assert len(await client.messages.list_async(date_sent=day.date().isoformat())) == 6
    assert await client.messages.list_async(date_sent_after="2999-01-01") == []
    assert await client.messages.list_async(date_sent_before="2001-01-01") == []


async def test_media_are_listed_and_read(twilio: TwilioEmulator, client: Any, hub: Hub) -> None:
    made = await twilio.receive_text(PHONE, OURS, "look", media=[Media("image/png", b"\x89PNG")])
    (listed,) = await client.messages(made.sid).media.list_async()
    assert listed.content_type == "image/png"
    (url,) = hub.words("/text", "MediaUrl0")
    async with aiohttp.ClientSession() as session:
        assert (await session.get(url)).status == 401
        signed_in = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
        assert await (await session.get(url, headers=signed_in)).read() == b"\x89PNG"


async def test_what_the_hub_replies_at_once_lands_on_the_phone(hub: Hub, twilio: TwilioEmulator) -> None:
    hub.twiml["/text"] = "<Response><Message>Thanks &amp; bye</Message></Response>"
    made = await twilio.receive_text(PHONE, OURS, "Hello")
    assert made.replies == ("Thanks & bye",)
    assert [text.body for text in twilio.phone(PHONE)] == ["Thanks & bye"]


async def test_a_menu_is_played_with_the_digits_pressed(hub: Hub, twilio: TwilioEmulator) -> None:
    hub.twiml = {
        "/call": '<Response><Gather action="/menu"><Say>Press 1</Say></Gather><Say>no key</Say></Response>',
        "/menu": f'<Response><Dial action="/dialled"><Number>{PHONE}</Number></Dial></Response>',
        "/dialled": "<Response><Redirect>/last</Redirect></Response>",
        "/last": "<Response><Say>Bye</Say><Hangup/><Say>never</Say></Response>",
    }
    played = await twilio.receive_call(OTHER, OURS, digits=["1"])
    assert played.steps == ["Gather", "Dial", "Redirect", "Say", "Hangup"]
    assert played.said == ["Press 1", "Bye"]
    assert hub.words("/menu", "Digits") == ["1"]
    assert hub.words("/dialled", "DialCallStatus") == ["completed"]
    assert hub.words("/ended", "CallStatus") == ["completed"]
    assert hub.unsigned == 0
    assert (await twilio.receive_call(OTHER, OURS)).said == ["Press 1", "no key"]


async def test_a_flow_that_turns_in_circles_or_is_broken_ends(hub: Hub, twilio: TwilioEmulator) -> None:
    hub.twiml["/call"] = "<Response><Redirect>/call</Redirect></Response>"
    assert (await twilio.receive_call(PHONE, OURS)).status == "completed"
    hub.twiml["/call"] = "<Response><Say>broken"
    assert (await twilio.receive_call(PHONE, OURS)).steps == []
    twilio.set_hooks(OURS, Hooks(call="http://127.0.0.1:1/"))
    assert (await twilio.receive_call(PHONE, OURS)).status == "failed"


async def test_a_voicemail_is_a_recording_that_plays(hub: Hub, twilio: TwilioEmulator, client: Any) -> None:
    hub.twiml["/call"] = '<Response><Record action="/done" recordingStatusCallback="/rec" maxLength="2"/></Response>'
    played = await twilio.receive_call(PHONE, OURS, voicemail_seconds=5)
    assert hub.words("/done", "RecordingDuration") == hub.words("/rec", "RecordingDuration") == ["2"]
    (recording,) = await client.recordings.list_async(call_sid=played.sid)
    async with aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}) as session:
        sound = await (await session.get(recording.media_url)).read()
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnframes() / file.getframerate() == 2


@pytest.mark.parametrize(("callee", "ends"), [(PHONE, "completed"), (OTHER, "no-answer")])
async def test_a_call_out_rings_a_phone(hub: Hub, twilio: TwilioEmulator, client: Any, callee: str, ends: str) -> None:
    hub.twiml["/hello"] = "<Response><Say>Hello</Say></Response>"
    made = await client.calls.create_async(
        to=callee,
        from_=OURS,
        url=f"{hub.url}/hello",
        status_callback=f"{hub.url}/out",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    await twilio.settle()
    assert hub.words("/out", "CallStatus")[-1] == ends
    assert (await client.calls(made.sid).fetch_async()).status == ends


async def test_webhook_addresses_are_read_changed_and_read_back(twilio: TwilioEmulator, client: Any, hub: Hub) -> None:
    (number,) = await client.incoming_phone_numbers.list_async(phone_number=OURS)
    assert number.sms_url == f"{hub.url}/text"
    await client.incoming_phone_numbers(number.sid).update_async(sms_url=f"{hub.url}/new")
    assert (await client.incoming_phone_numbers(number.sid).fetch_async()).sms_url == f"{hub.url}/new"
    await twilio.receive_text(PHONE, OURS, "Hi")
    assert hub.words("/new", "Body") == ["Hi"]


async def test_people_drive_it_over_http(hub: Hub, twilio: TwilioEmulator, client: Any) -> None:
    async with aiohttp.ClientSession(twilio.base_url) as session:
        text = {"from": PHONE, "to": OURS, "body": "Hi", "media_urls": ["data:text/plain;base64,SGk="]}
        made = await (await session.post("/sandbox/texts", json=text)).json()
        assert made["hub_status"] == 200
        call = {"from": PHONE, "to": OURS, "say": "Hello", "seconds": 2, "digits": "1"}
        assert (await (await session.post("/sandbox/calls", json=call)).json())["status"] == "completed"
        await session.post("/sandbox/faults", json={"kind": "429", "retry_after": 3})
        with pytest.raises(Temporary) as raised:
            await client.messages.create_async(to=PHONE, from_=OURS, body="Hi")
        assert raised.value.retry_after == 3
        await client.messages.create_async(to=PHONE, from_=OURS, body="Hello Ada")
        await twilio.settle()
        phone = await (await session.get(f"/sandbox/phones/{PHONE}")).json()
        assert [row["body"] for row in phone["texts"]] == ["Hello Ada"]
    assert hub.words("/text", "NumMedia") == ["1"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("texts", b"not json"),
        ("texts", b'{"from": "+1"}'),
        ("texts", b'{"from": "+1", "to": "+2", "media_urls": ["https://example.com/x"]}'),
        ("texts", b'{"from": "+1", "to": "+2", "media_urls": ["data:x;base64,%%"]}'),
        ("calls", b'{"from": "+1", "to": "+2", "seconds": -1}'),
        ("faults", b'{"kind": "earthquake"}'),
    ],
)
async def test_an_odd_order_is_refused_in_words(twilio: TwilioEmulator, path: str, body: bytes) -> None:
    async with aiohttp.ClientSession(twilio.base_url) as session:
        answer = await session.post(f"/sandbox/{path}", data=body)
        assert answer.status == 400
        assert (await answer.json())["message"]
