"""Forged webhooks in volume leave nothing but their number; a genuine text is one, ten times or an hour later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from sqlalchemy import Connection, func, select
from twilio.request_validator import RequestValidator

from channels.base import Context
from channels.sms import TwilioSms
from hub.insight.health import channels_health
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow, SuppressionRow
from hub.web.hooks import flush
from tests.web_room import Clock, WebRoom, services_for, web_room

TOKEN = "0123456789abcdef0123456789abcdef"
URL = "http://127.0.0.1:8080/hooks/main_number/text"
STOP = {"MessageSid": "SM" + "1" * 32, "From": "+14155550101", "To": "+14155550100", "Body": "STOP", "NumMedia": "0"}
FORGED = 150


@pytest.fixture
async def hooked(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    settings = {"account_sid": "AC" + "0" * 32, "auth_tokens": TOKEN, "from_number": "+14155550100"}
    channel = TwilioSms("main_number", settings, Context(public_url="http://127.0.0.1:8080", sandbox=True))
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock, channels={"main_number": channel}), clock) as room:
        yield room


async def posted(http: aiohttp.ClientSession, room: WebRoom, form: dict[str, str], signature: str) -> tuple[int, str]:
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    address = room.url("/hooks/main_number/text")
    async with http.post(address, data=urlencode(form).encode(), headers=headers) as answer:
        return answer.status, await answer.text()


async def counts(room: WebRoom) -> tuple[int, ...]:
    def ask(conn: Connection, _: None) -> tuple[int, ...]:
        tables = (ArrivalRow, InteractionRow, SuppressionRow)
        return tuple(conn.scalar(select(func.count()).select_from(each)) or 0 for each in tables)

    return await room.services.database.read(ask, None)


async def test_forged_requests_in_volume_leave_no_row_and_the_health_page_counts_them(hooked: WebRoom) -> None:
    signature = RequestValidator(TOKEN).compute_signature(URL, STOP)
    forged = [{**STOP, "MessageSid": f"SM{number:032x}"} for number in range(FORGED)]
    async with aiohttp.ClientSession() as http:
        answers = await asyncio.gather(*[posted(http, hooked, form, signature) for form in forged])
        assert {status for status, _ in answers} == {403}
        assert await counts(hooked) == (0, 0, 0)
        # Ten deliveries at once: none of them waits for another's commit.
        at_once = await asyncio.gather(*[posted(http, hooked, STOP, signature) for _ in range(10)])
        [genuine] = set(at_once)
        assert genuine[0] == 200, "who is genuine is heard meanwhile"
        hooked.clock.advance(hours=1)
        assert await posted(http, hooked, STOP, signature) == genuine
    assert await counts(hooked) == (1, 1, 1)
    counted = 0
    async with asyncio.timeout(60):  # the hub's own regular writing may be on its way with some of them
        while counted < FORGED:
            await flush(hooked.server.app)
            [health] = await hooked.services.database.read(channels_health, ["main_number"])
            counted = health.forged
    assert counted == FORGED
