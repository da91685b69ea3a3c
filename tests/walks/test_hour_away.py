"""The hub is away for an hour, in which people text and call: all of it is here once after it came back, as of then."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from channels.twilio_wire import hook_url
from hub.sandbox.twilio import Hooks, TwilioEmulator
from hub.sandbox.twilio.state import Call, Recording, new_sid
from tests.walks.running import RunningHub, wait_for

SID, TOKEN, OURS, PHONE = "AC" + "0" * 31 + "3", "token-of-the-tests", "+14155550100", "+14155550142"
TEXTS, PAGE = 120, 50
CONFIG = """
[channels.main_number]
adapter = "channels.sms:TwilioSms"
mode = "live"
account_sid = "{sid}"
auth_tokens = ["{token}"]
from_number = "{ours}"
base_url = "{base_url}"

[channels.main_phone]
adapter = "channels.voice:TwilioVoice"
mode = "live"
account_sid = "{sid}"
auth_tokens = ["{token}"]
from_number = "{ours}"
base_url = "{base_url}"
"""
_HISTORY = """
SELECT medium, text, id >> 20, (SELECT count(*) FROM attachment WHERE interaction_id = interaction.id)
FROM interaction WHERE direction = 'in' ORDER BY id
"""
_WAITING = "SELECT count(*) FROM attachment WHERE state <> 'stored'"


class Past:
    """A clock that is as far behind as it is told."""

    def __init__(self) -> None:
        self.behind = timedelta(minutes=70)

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind


async def test_an_hour_without_the_hub_is_caught_up_with_page_by_page_and_once(tmp_path: Path) -> None:
    clock = Past()
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}, clock=clock) as twilio:
        twilio.account.largest_page = PAGE
        hub = RunningHub(
            tmp_path / "data", config=CONFIG.format(sid=SID, token=TOKEN, ours=OURS, base_url=twilio.base_url)
        )
        called = [hook_url(hub.url, "main_phone", hook) for hook in ("call", "call_status")]
        twilio.set_hooks(OURS, Hooks(hook_url(hub.url, "main_number", "text"), *called))
        await missed(twilio, "Before")
        call(twilio, seconds=0)
        with ended(hub):
            await asyncio.to_thread(hub.start)
            await history(hub, 2)
            hub.kill()

            sids = []
            for number in range(TEXTS):
                clock.behind = timedelta(hours=1) - number * timedelta(seconds=29)
                sids.append(await missed(twilio, f"Text {number}"))
            clock.behind = timedelta(minutes=55)
            call(twilio, seconds=3)
            clock.behind = timedelta(0)
            await asyncio.to_thread(hub.start)
            caught_up = await history(hub, 2 + TEXTS + 1)
            texts = [entry for entry in caught_up if entry.medium == "sms"]
            assert [entry.text for entry in texts] == ["Before", *(f"Text {number}" for number in range(TEXTS))]
            assert (await twilio.redeliver(sids[0])).status == 200, "told after all, when it had been found already"
            hub.kill()
            await missed(twilio, "Later")
            await asyncio.to_thread(hub.start)
            again = await history(hub, len(caught_up) + 1)
    happened = [round(twilio.account.messages[sid].made_at.timestamp()) for sid in sids]
    assert [entry.at // 1000 for entry in texts[1:]] == pytest.approx(happened, abs=1), "each stands where it happened"
    assert [entry.files for entry in caught_up if entry.medium == "call"] == [0, 1], "the recording is here too"
    assert again[:-1] == caught_up
    assert again[-1].text == "Later"


async def missed(twilio: TwilioEmulator, body: str) -> str:
    """Lets somebody text while nobody answers; returns the text's name at Twilio."""
    delivery = await twilio.receive_text(PHONE, OURS, body)
    assert delivery.status == 0
    return delivery.sid


def call(twilio: TwilioEmulator, *, seconds: int) -> None:
    """Lets a call have ended, with a recording where somebody spoke, of which no webhook told."""
    at, sid = twilio.clock(), new_sid("CA")
    twilio.account.calls[sid] = Call(
        sid=sid, from_=PHONE, to=OURS, direction="inbound", status="completed", made_at=at, ended_at=at, seconds=seconds
    )
    if seconds:
        recording = Recording(sid=new_sid("RE"), call_sid=sid, seconds=seconds, made_at=at)
        twilio.account.recordings[recording.sid] = recording


class Entry(NamedTuple):
    """An interaction. `at`: when it happened, in milliseconds; `files`: how many of it are stored here."""

    medium: str
    text: str
    at: int
    files: int


async def history(hub: RunningHub, many: int) -> list[Entry]:
    """Waits until so much has come in and every file of it is here; returns it in its order."""

    def ask() -> list[Entry] | None:
        with closing(sqlite3.connect(f"file:{hub.data / 'hub.sqlite3'}?mode=ro", uri=True)) as connection:
            waiting = connection.execute(_WAITING).fetchone()[0]
            found = [Entry(*row) for row in connection.execute(_HISTORY)]
        return found if len(found) >= many and not waiting else None

    return await asyncio.to_thread(wait_for, ask, f"{many} interactions")


@contextmanager
def ended(hub: RunningHub) -> Iterator[None]:
    try:
        yield
    finally:
        hub.kill()
