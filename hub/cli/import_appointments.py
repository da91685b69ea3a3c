"""Importing a file of appointments: through the running hub, or by the command itself when none runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub.app import opened
from hub.app.data import database_url, locked, prepare, running
from hub.cli.frame import emit, wants_json
from hub.cli.hub_api import HubApi
from hub.config import Settings
from hub.desk.appointment_import import import_appointments
from hub.model.errors import ConfigurationError
from hub.store.migrate import migrate

_PROBLEMS_TOLD = 20


async def import_file(settings: Settings, file: Path, time_zone: str, *, dry: bool) -> dict[str, Any]:
    """Imports a file and returns its report, as the API tells it."""
    found = running(settings.hub.data)
    if found is not None:
        fields = {"dry": str(dry).lower(), "time_zone": time_zone}
        api = HubApi(found)
        answer: dict[str, Any] = await asyncio.to_thread(api.send_file, "/appointments/file", file, file.name, fields)
        return answer
    prepare(settings.hub.data)
    with contextlib.ExitStack() as held:
        if not settings.hub.database_url:
            if not (settings.hub.data / "hub.sqlite3").exists():
                raise ConfigurationError(f"There is no database in {settings.hub.data}.", next_step="Run: hub init")
            held.enter_context(locked(settings.hub.data))
        await migrate(database_url(settings))
        async with opened(settings, with_channels=False) as hub:
            content = await asyncio.to_thread(file.read_bytes)
            report = await import_appointments(
                hub.database,
                content,
                hub.clock(),
                time_zone=time_zone or settings.hub.time_zone,
                region=settings.hub.region,
                dry=dry,
            )
    return {**asdict(report), "counts": report.counts}


def tell(report: dict[str, Any], line: Callable[[str], None], *, plainly: bool = False) -> None:
    """Tells what became of a file, or would."""
    if wants_json() and not plainly:
        emit({name: report[name] for name in ("dry", "encoding", "columns", "counts", "rows")})
        return
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in report["counts"].items() if count)
    line(f"{len(report['rows']):,} rows: {counts or 'nothing'}")
    rejected = [row for row in report["rows"] if row["outcome"] == "rejected"]
    for row in rejected[:_PROBLEMS_TOLD]:
        line(f"  line {row['line']}: {row['reason']}")
    if len(rejected) > _PROBLEMS_TOLD:
        line(f"  and {len(rejected) - _PROBLEMS_TOLD:,} more")
