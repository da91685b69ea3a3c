"""Two ways to import a survey: through the running hub, or, when none runs, by this command itself."""

from __future__ import annotations

import asyncio
import contextlib
import pkgutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from hub.app import channels as adapters
from hub.app import opened
from hub.app.data import locked, prepare, running
from hub.app.schema import bring_up_to_date
from hub.capture.survey_mapping import roles_of
from hub.capture.uploads import Uploads
from hub.cli.frame import note
from hub.cli.hub_api import HubApi
from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.store import uploads as store
from hub.store.session import Database
from hub.store.uploads import Outcome, Upload

_PROBLEMS = (Outcome.REJECTED, Outcome.NO_IDENTITY)


class Way(Protocol):
    """What both ways do; an upload is told as the API tells it."""

    async def send(self, file: Path, title: str) -> dict[str, Any]: ...
    async def remap(self, upload: str, roles: Sequence[str], told: Mapping[str, Any]) -> dict[str, Any]: ...
    async def steer(self, upload: str, step: str) -> dict[str, Any]: ...
    async def look(self, upload: str) -> dict[str, Any]: ...
    async def problems(self, upload: str, *, dry: bool, limit: int) -> list[dict[str, Any]]: ...


class ThroughHub:
    """The running hub does the work; this command waits and tells."""

    def __init__(self, api: HubApi) -> None:
        self._api = api

    async def send(self, file: Path, title: str) -> dict[str, Any]:
        told = {"title": title} if title else {}
        return await asyncio.to_thread(self._api.send_file, "/uploads", file, file.name, told)

    async def remap(self, upload: str, roles: Sequence[str], told: Mapping[str, Any]) -> dict[str, Any]:
        return await self._ask("PUT", f"/uploads/{upload}/columns", {"roles": list(roles), **told})

    async def steer(self, upload: str, step: str) -> dict[str, Any]:
        return await self._ask("POST", f"/uploads/{upload}/{step}")

    async def look(self, upload: str) -> dict[str, Any]:
        return await self._ask("GET", f"/uploads/{upload}")

    async def problems(self, upload: str, *, dry: bool, limit: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for outcome in _PROBLEMS:
            path = f"/uploads/{upload}/rows?dry={str(dry).lower()}&outcome={outcome}&limit={limit}"
            rows += (await self._ask("GET", path))["items"]
        return sorted(rows, key=lambda row: int(row["row"]))[:limit]

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer: dict[str, Any] = await asyncio.to_thread(self._api.ask, method, path, body)
        return answer


class ByItself:
    """This command holds the folder and works on the upload itself."""

    def __init__(self, uploads: Uploads, database: Database) -> None:
        self._uploads = uploads
        self._database = database

    async def work(self) -> None:
        """Works on whatever waits, until it is cancelled."""
        while True:
            if not await self._uploads.run_once():
                await asyncio.sleep(0.1)

    async def send(self, file: Path, title: str) -> dict[str, Any]:
        received = await self._uploads.receive(file, file.name, title=title)
        return {**await self._told(received.upload), "again": received.again}

    async def remap(self, upload: str, roles: Sequence[str], told: Mapping[str, Any]) -> dict[str, Any]:
        return await self._told(await self._uploads.remap(int(upload), roles, **told))

    async def steer(self, upload: str, step: str) -> dict[str, Any]:
        steps = {"try": self._uploads.try_dry, "commit": self._uploads.commit, "undo": self._uploads.undo}
        return await self._told(await steps[step](int(upload)))

    async def look(self, upload: str) -> dict[str, Any]:
        return await self._told(await self._database.read(store.get, int(upload)))

    async def problems(self, upload: str, *, dry: bool, limit: int) -> list[dict[str, Any]]:
        rows = await self._database.read(
            lambda conn, _: store.outcomes(conn, int(upload), dry=dry, of=_PROBLEMS, limit=limit), None
        )
        return [{"row": row.row, "outcome": row.outcome.value, "reason": row.reason} for row in rows]

    async def _told(self, upload: Upload) -> dict[str, Any]:
        foretold, score = await self._database.read(
            lambda conn, _: (
                store.outcome_counts(conn, upload.id, dry=True),
                store.nps_of(conn, [upload.id]).get(upload.id),
            ),
            None,
        )
        names = ("filename", "title", "rows", "next_row", "accepted", "repeated", "rejected", "error")
        roles = roles_of(upload.mapping)
        return {
            "id": str(upload.id),
            "state": upload.state.value,
            **{name: getattr(upload, name) for name in names},
            "source": upload.shape["source"],
            "columns": [
                {"name": column["name"], "question": column["question"], "role": role}
                for column, role in zip(upload.mapping["columns"], roles, strict=True)
            ],
            "foretold": {outcome.value: count for outcome, count in foretold.items()},
            "nps": score.score if score else None,
        }


@asynccontextmanager
async def way(settings: Settings) -> AsyncIterator[Way]:
    """Gives the way that is open now. Raises ConfigurationError without a database or a channel for surveys."""
    found = running(settings.hub.data)
    if found is not None:
        yield ThroughHub(HubApi(found))
        return
    prepare(settings.hub.data)
    with contextlib.ExitStack() as held:
        if not settings.hub.database_url:
            if not (settings.hub.data / "hub.sqlite3").exists():
                raise ConfigurationError(f"There is no database in {settings.hub.data}.", next_step="Run: hub init")
            held.enter_context(locked(settings.hub.data))
        await bring_up_to_date(settings, note)
        async with opened(settings, with_channels=False) as hub:
            uploads = Uploads(
                database=hub.database,
                blobs=hub.blobs,
                capture=hub.intake.capture,
                channels=_survey_channels(settings, hub.local_url),
                clock=hub.clock,
                worker=hub.worker,
                most_rows=settings.limits.survey_rows,
            )
            itself = ByItself(uploads, hub.database)
            working = asyncio.create_task(itself.work())
            try:
                yield itself
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)


def _survey_channels(settings: Settings, local_url: str) -> dict[str, object]:
    """Opens the channels that read survey files, and no other: nothing is polled or sent by this command."""
    context = adapters.context(settings, local_url, sandbox=True)
    return {
        name: adapters.load(section, section.adapter, section.settings, context)
        for name, section in settings.channels.items()
        if hasattr(pkgutil.resolve_name(section.adapter), "rows")
    }
