"""Uploads that are stopped anywhere go on where they were; every row counts once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context
from channels.survey_upload import SurveyUpload
from hub.capture.uploads import Uploads
from hub.model.contact import InboundContact, Medium, Party
from hub.model.errors import Refused
from hub.store import uploads as store
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from hub.store.uploads import Outcome, Upload, UploadState
from tests.builders import NOW, who
from tests.hub.uploads.surveys import answers, count, flow, outcomes, state, survey, take_in, utc_now

ROOT = Path(__file__).parents[3]
ROWS = 1_500


@pytest.fixture
async def upload(database: Database, tmp_path: Path) -> Upload:
    file = survey(tmp_path / "s.csv", [*answers(ROWS - 2), *answers(1), ("2026-02-01", "", "x", 1, "y")])
    return (await flow(database, tmp_path).receive(file, "s.csv")).upload


async def assert_all_in(database: Database, upload: Upload) -> None:
    done = await state(database, upload)
    assert done.state is UploadState.COMMITTED
    assert (done.accepted, done.repeated, done.rejected) == (ROWS - 2, 1, 1)
    assert done.accepted + done.repeated + done.rejected == done.rows == ROWS
    assert await count(database, InteractionRow) == ROWS - 2
    assert await count(database, ArrivalRow) == ROWS - 1
    assert len(await outcomes(database, upload, dry=False)) == ROWS


async def until_row(database: Database, upload: Upload, row: int) -> None:
    async with asyncio.timeout(60):
        while (await state(database, upload)).next_row < row:  # noqa: ASYNC110  # another process commits
            await asyncio.sleep(0.005)


async def test_a_commit_that_was_cancelled_goes_on_behind_its_last_chunk(
    database: Database, tmp_path: Path, upload: Upload
) -> None:
    uploads = flow(database, tmp_path)
    await uploads.commit(upload.id)
    for row in (250, 750):
        running = asyncio.create_task(uploads.run_once())
        await until_row(database, upload, row)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (await state(database, upload)).state is UploadState.COMMITTING
    while await uploads.run_once():
        pass
    await assert_all_in(database, upload)


async def test_another_process_waits_for_the_lease_and_then_goes_on(
    database: Database, tmp_path: Path, upload: Upload
) -> None:
    first = flow(database, tmp_path)
    await first.commit(upload.id)
    running = asyncio.create_task(first.run_once())
    await until_row(database, upload, 250)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await flow(database, tmp_path, worker="two").run_once() == 0
    later = flow(database, tmp_path, worker="two", clock=lambda: utc_now() + timedelta(minutes=5))
    assert await later.run_once() == 1
    await assert_all_in(database, upload)


async def test_a_worker_that_lost_its_lease_stores_nothing_more(
    database: Database, tmp_path: Path, upload: Upload
) -> None:
    first, second = (
        flow(database, tmp_path, worker=name, clock=lambda hours=hours: utc_now() + timedelta(hours=hours))
        for name, hours in (("one", 0), ("two", 1))
    )
    await first.commit(upload.id)
    await asyncio.gather(first.run_once(), second.run_once())
    while await second.run_once():
        pass
    await assert_all_in(database, upload)


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.hub.uploads.surveys import flow
from hub.store.session import open_database

async def main(url, folder):
    database = open_database(url)
    await database.open()
    print("works", flush=True)
    await flow(database, Path(folder), worker="killed").run_once()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_commit_that_was_killed_goes_on_and_every_row_counts_once(
    database: Database, tmp_path: Path, upload: Upload
) -> None:
    uploads = flow(database, tmp_path, clock=lambda: utc_now() + timedelta(minutes=5))
    await uploads.commit(upload.id)
    process = subprocess.Popen(  # noqa: ASYNC220  # starting it takes a moment only
        [sys.executable, "-c", KILLED, database.url, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    try:
        await until_row(database, upload, 500)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    stopped = await state(database, upload)
    assert stopped.next_row < ROWS, "it was killed in the midst of it"
    assert stopped.accepted + stopped.repeated + stopped.rejected == stopped.next_row
    while await uploads.run_once():
        pass
    await assert_all_in(database, upload)


async def test_a_dry_run_that_was_stopped_starts_over(database: Database, tmp_path: Path, upload: Upload) -> None:
    uploads = flow(database, tmp_path)
    await uploads.try_dry(upload.id)
    running = asyncio.create_task(uploads.run_once())
    await until_row(database, upload, 250)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    while await uploads.run_once():
        pass
    assert (await state(database, upload)).state is UploadState.TRIED
    told = await database.read(lambda conn, _: store.outcome_counts(conn, upload.id, dry=True), None)
    assert told == {Outcome.NEW: ROWS - 2, Outcome.REPEATED: 1, Outcome.NO_IDENTITY: 1}


async def test_staff_stops_a_commit_by_undoing_it(database: Database, tmp_path: Path, upload: Upload) -> None:
    uploads = flow(database, tmp_path)
    await uploads.commit(upload.id)
    running = asyncio.create_task(uploads.run_once())
    await until_row(database, upload, 250)
    await uploads.undo(upload.id)
    await running
    while await uploads.run_once():
        pass
    done = await state(database, upload)
    assert (done.state, done.accepted, done.next_row) == (UploadState.UNDONE, 0, 0)
    assert await count(database, InteractionRow) == 0


@pytest.mark.parametrize("steer", ["commit", "try_dry"])
async def test_what_is_in_is_not_taken_in_again(database: Database, tmp_path: Path, upload: Upload, steer: str) -> None:
    uploads = flow(database, tmp_path)
    await take_in(uploads, upload)
    with pytest.raises(Refused):
        await getattr(uploads, steer)(upload.id)


class OneBadRow(SurveyUpload):
    """Reads what no database can store in one of its rows, as a faulty adapter would."""

    def rows(self, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[tuple[int, InboundContact | str]]:
        for number, contact in super().rows(file, mapping, start):
            if number != 7 or isinstance(contact, str):
                yield number, contact
                continue
            yield (
                number,
                InboundContact(
                    channel=self.name,
                    medium=Medium.SURVEY,
                    external_id="bad",
                    content_key="bad",
                    sender=Party(who("bad@example.com")),
                    text="a lone surrogate \ud800",
                    occurred_at=NOW,
                    received_at=NOW,
                ),
            )


async def test_a_row_that_cannot_be_stored_is_told_and_stops_no_other(
    database: Database, tmp_path: Path, upload: Upload
) -> None:
    channel = OneBadRow("surveys", {}, Context(public_url=""))
    uploads: Uploads = flow(database, tmp_path, channels={"surveys": channel})
    done = await take_in(uploads, upload)
    assert (done.state, done.accepted, done.rejected) == (UploadState.COMMITTED, ROWS - 3, 2)
    assert done.accepted + done.repeated + done.rejected == ROWS
    told = await outcomes(database, upload, dry=False, of=[Outcome.REJECTED])
    assert [(each.row, each.reason[:19]) for each in told] == [(7, "could not be stored")]
