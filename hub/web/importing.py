"""Files brought in by pages: worked on beside the requests, each with how far it is, where any process can read it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from aiohttp import web

from hub.desk.import_report import Report, Tell
from hub.model.errors import HubError
from hub.store import file_imports
from hub.web.services import Services

log = logging.getLogger(__name__)

# Whoever works on a file tells of each 250 rows; silent for so long, they have ended over it.
SILENT = timedelta(minutes=2)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Imports:
    """The files that this process works on."""

    tasks: set[asyncio.Task[Report[Any]]] = field(default_factory=set)

    def begin(
        self, services: Services, number: int, take: Callable[[Tell], Awaitable[Report[Any]]]
    ) -> asyncio.Task[Report[Any]]:
        """Begins to work on a file; the task returns its report or raises what stands in the way."""
        task = asyncio.create_task(_work(services, number, take), name=f"file {number}")
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Report[Any]]) -> None:
        self.tasks.discard(task)
        # What a person is told stands in its row; anything else was not foreseen.
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, HubError):
            log.error("%s could not be taken in", task.get_name(), exc_info=error)


IMPORTS: web.AppKey[Imports] = web.AppKey("imports", Imports)


async def ended_with_the_process(app: web.Application) -> AsyncIterator[None]:
    """Keeps the files of this process; what is under way when it ends is brought in again by staff."""
    app[IMPORTS] = imports = Imports()
    yield
    for task in imports.tasks:
        task.cancel()
    await asyncio.gather(*imports.tasks, return_exceptions=True)


def as_shown(report: Report[Any]) -> dict[str, Any]:
    """Returns what a page tells of a file: the rejected rows first, and of many rows not all."""
    rows = sorted(report.rows, key=lambda row: row.outcome != "rejected")
    told = {
        "dry": report.dry,
        "counts": report.counts,
        "ignored": list(report.ignored),
        "rows": [asdict(row) for row in rows[:_SHOWN]],
        "has_more": len(rows) > _SHOWN,
    }
    shown: dict[str, Any] = orjson.loads(orjson.dumps(told))
    return shown


async def _work(services: Services, number: int, take: Callable[[Tell], Awaitable[Report[Any]]]) -> Report[Any]:
    async def note(**values: Any) -> None:
        at = services.clock()
        await services.database.write(lambda conn, _: file_imports.note(conn, number, at, **values), None)

    async def tell(done: int, total: int) -> None:
        await note(done=done, total=total)

    try:
        report = await take(tell)
    except HubError as error:
        await note(state=file_imports.FAILED, error=f"{error.message} {error.next_step}".strip())
        raise
    except Exception:
        await note(state=file_imports.FAILED)
        raise
    await note(state=file_imports.DONE, report=as_shown(report))
    return report
