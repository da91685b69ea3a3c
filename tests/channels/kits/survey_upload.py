"""The kit of channels.survey_upload: a sheet in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.channels.contract import NOW, Kit, Lend

SHEET = """Timestamp,E-mail address,How likely are you to recommend us?,Comments
2026-03-01 10:00,ada@example.com,9,Fine
2026-03-01 11:00,not an address,11,
,,,
2026-03-01 12:00,ben@example.com,3,"Two
lines"
"""


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    file = folder / "answers.csv"
    file.write_text(SHEET)
    yield Kit(
        settings={"time_zone": "Europe/Berlin", "max_bytes": 1_000_000},
        wrong={
            "zone": {"time_zone": "Mars/Base"},
            "unknown": {"folder": "x"},
            "limit": {"max_bytes": "large"},
            "no room": {"max_bytes": -1},
        },
        file=(file, {"received_at": NOW.isoformat()}),
    )
