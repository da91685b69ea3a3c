"""A hub of one channel and a Twilio of one number, talking over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from channels.base import Captured, Context, Request
from channels.sms import TwilioSms
from channels.twilio_wire import signature
from channels.voice import TwilioVoice
from hub.model.errors import NotAuthentic, Unreadable
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Hooks, TwilioEmulator
from tests.servers.process import free_port

SID = "AC" + "0" * 32
TOKEN = "token-of-the-tests"
OURS = "+14155550100"
PHONE = "+14155550142"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class HookServer:
    """Stands for the hub's hooks: verify, key, parse, keep, reply; nothing of its own."""

    channel: Any = None
    url: str = ""
    events: list[Any] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    refused: int = 0
    opt: str = ""
    definition: dict[str, Any] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        is_form = request.content_type == "application/x-www-form-urlencoded"
        asked = Request(
            hook=request.match_info["hook"],
            url=f"{self.url}{request.path_qs}",
            headers=request.headers,
            form=tuple(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else (),
            body=body,
            received_at=NOW,
            definition=self.definition,
        )
        try:
            self.channel.verify(asked)
        except NotAuthentic:
            self.refused += 1
            return web.Response(status=403)
        key = self.channel.key(asked)
        duplicate = key in self.keys
        failure = ""
        if not duplicate:
            try:
                self.events += self.channel.parse(asked)
            except Unreadable as error:
                failure = error.message
        self.keys.add(key)
        captured = Captured(key=key, duplicate=duplicate, failure=failure, opt=self.opt)
        answer = self.channel.reply(asked, [captured])
        return web.Response(status=answer.status, content_type=answer.content_type, body=answer.body)


@pytest.fixture
async def hooks() -> AsyncIterator[HookServer]:
    server = HookServer()
    app = web.Application()
    app.router.add_post("/hooks/{channel}/{hook}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def twilio(hooks: HookServer) -> AsyncIterator[TwilioEmulator]:
    there = Hooks(
        text=f"{hooks.url}/hooks/number/text",
        call=f"{hooks.url}/hooks/line/call",
        call_status=f"{hooks.url}/hooks/line/call_status",
    )
    async with TwilioEmulator(SID, TOKEN, {OURS: there}, status_delay=0.005) as emulator:
        yield emulator


@pytest.fixture
def settings(twilio: TwilioEmulator) -> dict[str, Any]:
    return {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": twilio.base_url}


@pytest.fixture
async def sms(hooks: HookServer, settings: dict[str, Any]) -> AsyncIterator[TwilioSms]:
    channel = TwilioSms("number", settings, Context(public_url=hooks.url))
    hooks.channel = channel
    await channel.open()
    yield channel
    await channel.close()


@pytest.fixture
async def voice(hooks: HookServer, settings: dict[str, Any]) -> AsyncIterator[TwilioVoice]:
    channel = TwilioVoice("line", settings, Context(public_url=hooks.url))
    hooks.channel = channel
    await channel.open()
    yield channel
    await channel.close()


@pytest.fixture
def offline_settings() -> dict[str, Any]:
    return {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS}


@pytest.fixture
def offline_sms(offline_settings: dict[str, Any]) -> TwilioSms:
    return TwilioSms("number", offline_settings, Context(public_url="https://hub.example.com"))


@pytest.fixture
def offline_voice(offline_settings: dict[str, Any]) -> TwilioVoice:
    return TwilioVoice("line", offline_settings, Context(public_url="https://hub.example.com"))


@pytest.fixture
def signed() -> Callable[..., Request]:
    """Makes a request as Twilio would, signed with the tests' token."""

    def make(hook: str, form: Sequence[tuple[str, str]], *, query: str = "", channel: str = "number") -> Request:
        url = f"https://hub.example.com/hooks/{channel}/{hook}{query}"
        return Request(
            hook=hook,
            url=url,
            headers={"X-Twilio-Signature": signature(TOKEN, url, form)},
            form=tuple(form),
            body=b"x" if form else b"",
            received_at=NOW,
        )

    return make


@pytest.fixture
def outgoing(hooks: HookServer) -> Outgoing:
    return Outgoing(
        id=7,
        attempt=1,
        to=Identity("tel", PHONE),
        text="Your appointment is tomorrow at 10.",
        status_url=f"{hooks.url}/hooks/number/text_status?m=7&a=1",
        valid_for=3600,
    )


@pytest.fixture
def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=60)


@pytest.fixture
def changed() -> Callable[..., Outgoing]:
    return replace


@pytest.fixture
def unused_port() -> int:
    return free_port()
