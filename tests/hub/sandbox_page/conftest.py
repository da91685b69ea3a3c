"""The sandbox page before real stand-ins; what the hub would send is sent to them as the hub's adapters do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiosmtplib
import pytest

from hub.app.playing import Playing
from hub.app.stand_ins import StandIns
from hub.config import load
from hub.store.session import open_database
from tests.patience import PATIENT
from tests.web_room import Clock, WebRoom, services_for, web_room

TOML = """
[channels.support_mail]
adapter = "channels.email_imap:ImapMailbox"
address = "support@example.com"
[channels.sales_mail]
adapter = "channels.email_imap:ImapMailbox"
address = "sales@example.com"
[channels.main_number]
adapter = "channels.sms:TwilioSms"
from_number = "+14155550100"
[channels.live_number]
adapter = "channels.sms:TwilioSms"
mode = "live"
from_number = "+14155550199"
[channels.main_phone]
adapter = "channels.voice:TwilioVoice"
from_number = "+14155550100"
"""


@dataclass
class Played:
    """The room, its stand-ins, and the way in which the hub sends mail to them."""

    room: WebRoom
    stand_ins: StandIns

    async def hub_sends(self, raw: bytes, to: str) -> None:
        port = self.stand_ins.doors.smtp_port
        await aiosmtplib.send(
            raw, sender="support@example.com", recipients=[to], hostname="127.0.0.1", port=port, start_tls=False
        )

    def box(self, channel: str) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.stand_ins.box(channel) / "new").iterdir())]


@pytest.fixture
async def played(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Played]:
    """A room whose sandbox is played."""
    file = tmp_path / "hub.toml"
    file.write_text(TOML)
    settings = load({"data": tmp_path}, file=file, environment=PATIENT)
    stand_ins = StandIns(tmp_path / "sandbox")
    await stand_ins.serve(settings.channels, "http://127.0.0.1:1")
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    own = ("http://127.0.0.1:1", "http://hub.test")
    door = Playing(settings, stand_ins, stand_ins.doors.twilio, own_addresses=own)
    services = services_for(database, tmp_path, clock, sandbox=door)
    channels = services.settings.model_copy(update={"channels": settings.channels})
    async with web_room(replace(services, settings=channels), clock) as room:
        yield Played(room, stand_ins)
    await stand_ins.stop()
    await database.close()
