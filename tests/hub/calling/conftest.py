"""A hub of one number, its provider, and staff with phones: everything over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.base import Context
from channels.voice import TwilioVoice
from hub.sandbox.twilio import Hooks, TwilioEmulator
from hub.store import rosters
from hub.store.session import open_database
from tests.builders import NOW
from tests.hub.calling.pharmacy import OURS, ROSTER, SID, TOKEN, Line
from tests.web_room import Clock, services_for, web_room


@pytest.fixture
async def line(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Line]:
    database = open_database(sqlite_store_url)
    await database.open()
    clock = Clock()
    channels: dict[str, object] = {}
    services = services_for(database, tmp_path, clock, channels=channels)
    services.settings.channels["phone"] = services.settings.channels["main_phone"]
    async with web_room(services, clock) as room:
        ours = str(room.url("")).rstrip("/")
        there = Hooks(call=f"{ours}/hooks/phone/call", call_status=f"{ours}/hooks/phone/call_status")
        async with TwilioEmulator(SID, TOKEN, {OURS: there}, status_delay=0.005, clock=clock) as twilio:
            account = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": twilio.base_url}
            voice = TwilioVoice("phone", account, Context(public_url=ours))
            channels["phone"] = voice
            object.__setattr__(services, "local_url", ours)  # known only once the room listens
            await database.write(lambda conn, _: rosters.save(conn, "desk", ROSTER, "ada", NOW), None)
            yield Line(room, twilio)
            await voice.close()
    await database.close()
