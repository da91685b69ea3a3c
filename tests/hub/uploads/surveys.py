"""Survey files and the flow of uploads for the tests."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from channels.base import Context
from channels.survey_upload import SurveyUpload
from hub.capture.capture import Capture
from hub.capture.uploads import Uploads
from hub.store import uploads as store
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.uploads import Outcome, RowOutcome, Upload

HEADER = (
    "Timestamp",
    "Email Address",
    "Full name",
    "How likely are you to recommend us to a friend? (0-10)",
    "What could we do better?",
)


def survey(file: Path, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
    """Writes a survey as CSV."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return file


def answer(number: int, *, email: str = "", score: int = 9, words: str = "") -> tuple[object, ...]:
    """One row: a person of its own, unless named."""
    return (
        f"2026-02-{number % 28 + 1:02} 10:{number % 60:02}:00",
        email or f"person{number}@example.com",
        f"Person {number}",
        score,
        words or f"Everything was fine {number}",
    )


def answers(count: int) -> list[tuple[object, ...]]:
    return [answer(number, score=number % 11) for number in range(count)]


def flow(database: Database, folder: Path, **more: Any) -> Uploads:
    """The uploads of one process."""
    given: dict[str, Any] = {
        "database": database,
        "blobs": FileBlobs(folder / "blobs"),
        "capture": Capture(b"k" * 32),
        "channels": {"surveys": SurveyUpload("surveys", {}, Context(public_url="https://hub.example.com"))},
        "clock": utc_now,
        "worker": "one",
        **more,
    }
    return Uploads(**given)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def count(database: Database, table: Any) -> int:
    return await database.read(lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None)


async def state(database: Database, upload: Upload) -> Upload:
    return await database.read(store.get, upload.id)


async def outcomes(database: Database, upload: Upload, *, dry: bool, of: Sequence[Outcome] = ()) -> list[RowOutcome]:
    return await database.read(lambda conn, _: store.outcomes(conn, upload.id, dry=dry, of=of, limit=100_000), None)


async def counts(database: Database, upload: Upload, *, dry: bool) -> dict[Outcome, int]:
    return await database.read(lambda conn, _: store.outcome_counts(conn, upload.id, dry=dry), None)


async def take_in(uploads: Uploads, upload: Upload) -> Upload:
    """Commits an upload to its end."""
    await uploads.commit(upload.id)
    while await uploads.run_once():
        pass
    return await state(uploads.database, upload)


async def take_out(uploads: Uploads, upload: Upload) -> Upload:
    """Undoes an upload to its end."""
    await uploads.undo(upload.id)
    while await uploads.run_once():
        pass
    return await state(uploads.database, upload)
