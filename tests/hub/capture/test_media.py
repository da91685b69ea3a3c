"""Files that the provider keeps for us are fetched until they are here; gone only when the provider says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from channels.base import Context
from channels.sms import TwilioSms
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.media import MediaFetcher
from hub.capture.recalling import Recaller
from hub.sandbox.twilio import Hooks, Media, TwilioEmulator
from hub.store import jobs
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.tables import AttachmentRow, BlobRow, JobRow
from tests.servers.process import free_port

SID, TOKEN = "AC" + "0" * 32, "token-of-the-tests"
OURS, PHONE = "+14155550100", "+14155550142"
PICTURE = b"J" * 100_000


@dataclass
class Clock:
    """The time of the hub; a test lets it pass."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Bench:
    """One text with a picture, captured but not yet fetched."""

    twilio: TwilioEmulator
    database: Database
    blobs: FileBlobs
    channels: Mapping[str, object]
    clock: Clock

    async def work(self, *, after: timedelta = timedelta()) -> int:
        self.clock.now += after
        fetcher = MediaFetcher(self.database, self.blobs, self.channels, "worker", self.clock)
        return await fetcher.work()

    async def attachment(self) -> Any:
        return await self.database.read(lambda conn, _: conn.execute(select(AttachmentRow.__table__)).one(), None)

    async def job(self) -> Any:
        return await self.database.read(lambda conn, _: conn.execute(select(JobRow.__table__)).one(), None)


@pytest.fixture
async def bench(database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    port = free_port()
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}, port=port) as twilio:
        settings = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": twilio.base_url}
        channel = TwilioSms("main_number", settings, Context(public_url="https://hub.example.com"))
        await channel.open()
        await twilio.receive_text(PHONE, OURS, "look", media=[Media("image/jpeg", PICTURE)])
        blobs, clock = FileBlobs(tmp_path / "blobs"), Clock(datetime.now(UTC))
        intake = Intake(database, blobs, Capture(b"k" * 32))
        assert await Recaller(intake, channel, "worker", clock).run_once() == 1
        clock.now = datetime.now(UTC)
        yield Bench(twilio, database, blobs, {"main_number": channel}, clock)
        await channel.close()


async def test_a_picture_is_fetched_once_and_counted(bench: Bench) -> None:
    assert (await bench.attachment()).state == "waiting"
    assert await bench.work() == 1
    attachment = await bench.attachment()
    assert (attachment.state, attachment.size) == ("stored", len(PICTURE))
    assert bench.blobs.read(attachment.sha256) == PICTURE
    known = select(BlobRow.references).where(BlobRow.sha256 == attachment.sha256)
    assert await bench.database.read(lambda conn, _: conn.scalar(known), None) == 1
    assert await bench.work(after=timedelta(days=1)) == 0


async def test_a_failure_loses_nothing_and_the_next_try_brings_it(bench: Bench) -> None:
    await bench.twilio.stop()
    assert await bench.work() == 1
    assert (await bench.attachment()).state == "waiting"
    job = await bench.job()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert job.last_error
    assert TOKEN not in job.last_error
    assert await bench.work() == 0, "not before its time"

    await bench.twilio.start()
    assert await bench.work(after=timedelta(minutes=1)) == 1
    assert (await bench.attachment()).state == "stored"
    assert (await bench.job()).state == "done"


async def test_what_the_provider_no_longer_has_is_gone_and_not_asked_for_again(bench: Bench) -> None:
    bench.twilio.account.messages.clear()
    assert await bench.work() == 1
    assert (await bench.attachment()).state == "gone"
    job = await bench.job()
    assert job.state == "failed"
    assert job.last_error
    assert await bench.work(after=timedelta(days=1)) == 0


async def test_a_file_is_shown_as_gone_when_its_last_try_failed(bench: Bench) -> None:
    await bench.twilio.stop()

    def nearly(conn: Connection, _: None) -> None:
        conn.execute(update(JobRow).values(attempts=jobs.MOST_ATTEMPTS - 1))

    await bench.database.write(nearly, None)
    assert await bench.work() == 1
    assert (await bench.attachment()).state == "gone"
    assert (await bench.job()).state == "failed"


async def test_the_jobs_of_others_are_left_alone(bench: Bench) -> None:
    await bench.work()
    await bench.database.write(lambda conn, _: jobs.enqueue(conn, "confirm_opt_in", [("1", {})], bench.clock.now), None)
    assert await bench.work(after=timedelta(hours=1)) == 0


async def test_what_was_recalled_is_known_the_next_time(bench: Bench, tmp_path: Path) -> None:
    channel: Any = bench.channels["main_number"]
    recaller = Recaller(Intake(bench.database, bench.blobs, Capture(b"k" * 32)), channel, "worker", bench.clock)
    assert await recaller.run_once() == 0
    await bench.twilio.receive_text(PHONE, OURS, "and another")
    assert await recaller.run_once() == 1
    assert await recaller.run_once() == 0
