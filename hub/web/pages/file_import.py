"""Import of a file: tried first, each row told, then taken in; between the two it is kept as a blob.

A file of many rows is worked on beside the requests, and the page shows how far it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell
from hub.model.errors import HubError, NotFound, Refused
from hub.store import audit as acts
from hub.store import file_imports
from hub.web import audit
from hub.web.auth import STAFF, allow
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.importing import IMPORTS, SILENT, as_shown
from hub.web.pages.fields import WORKERS, read, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES, Services

# So long a page waits for what became of a file, before it shows how far it is.
_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What is imported: `name` as in its address `/<name>/import`, its page, and who takes the bytes in."""

    name: str
    template: str
    take: Callable[[Services, bytes, bool, Tell], Awaitable[Report[Any]]]
    roles: tuple[str, ...] = WORKERS

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes of the page."""

        @allow(*self.roles)
        async def show(request: web.Request) -> web.StreamResponse:
            """Shows where to choose a file, how far one is, or what became of it."""
            return await self._get(request)

        @allow(*self.roles, body="files")
        async def take(request: web.Request) -> web.StreamResponse:
            """Tries a file, or imports the one that was tried."""
            return await self._post(request)

        path = f"/{self.name}/import"
        return [web.get(path, show), web.post(path, take)]

    async def _get(self, request: web.Request) -> web.StreamResponse:
        number = request.query.get("file", "")
        if not number.isdecimal() or len(number) > 18:
            return self._page(request)
        file = await read(
            request, lambda conn, key: file_imports.of_staff(conn, self.name, key, request[STAFF].id), int(number)
        )
        if file is None:
            return self._page(request, problem=_("This file is not here any more; choose it again."), status=404)
        if file["state"] == file_imports.DONE:
            return self._page(request, report=file["report"], kept=self._kept(request, file["sha256"]))
        if file["state"] == file_imports.FAILED:
            return self._page(request, problem=file["error"] or _("This file could not be taken in."))
        if request.app[SERVICES].clock() - file["heard_at"] > SILENT:
            return self._page(
                request, problem=_("The hub was restarted over this file. Choose it again: what is in is.")
            )
        return self._page(request, file=file)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        services, form = request.app[SERVICES], await request.post()
        dry = form.get("do") != "import"
        try:
            if dry:
                file = form.get("file")
                content = file.file.read() if isinstance(file, FileField) else b""
                if not content:
                    raise Refused(_("No file was chosen, or it is empty."), field="file")
                sha256 = await asyncio.to_thread(services.blobs.put, content)
            else:
                sha256 = self._tried(request, str(form.get("kept", "")))
                content = await asyncio.to_thread(services.blobs.read, sha256)
            number, task = await self._begin(request, sha256, content, dry=dry)
            # Most files are in before anybody would look for how far they are.
            await asyncio.wait({task}, timeout=_SECONDS)
            if not task.done():
                return redirect(request, f"/{self.name}/import?file={number}")
            report = as_shown(task.result())
        except HubError as error:
            problem = " ".join(part for part in (error.message, error.next_step) if part)
            return self._page(request, problem=problem, status=status_of(error))
        return self._page(request, report=report, kept=self._kept(request, sha256))

    async def _begin(
        self, request: web.Request, sha256: str, content: bytes, *, dry: bool
    ) -> tuple[int, asyncio.Task[Report[Any]]]:
        """Begins to work on a file; returns its number, and the work."""
        services, by = request.app[SERVICES], audit.by(request)

        async def take(tell: Tell) -> Report[Any]:
            report = await self.take(services, content, dry, tell)
            if not dry:
                await services.database.write(
                    lambda conn, counts: acts.note(conn, by, f"{self.name}.imported", "", counts), report.counts
                )
            return report

        def note(conn: Connection, staff: int) -> int:
            return file_imports.begin(conn, self.name, sha256, staff, by.at, dry=dry)

        number = await write(request, note, request[STAFF].id)
        return number, request.app[IMPORTS].begin(services, number, take)

    def _kept(self, request: web.Request, sha256: str) -> str:
        """Names a file that this staff member has tried, so that nobody can name any other stored file."""
        said = f"{self.name}/{request[STAFF].id}/{sha256}".encode()
        return f"{sha256}.{hmac.new(request.app[SERVICES].keys.links, said, hashlib.sha256).hexdigest()}"

    def _tried(self, request: web.Request, kept: str) -> str:
        sha256 = kept.partition(".")[0]
        if not hmac.compare_digest(self._kept(request, sha256).encode(), kept.encode()):
            raise NotFound(_("This file is not here any more; choose it again."))
        return sha256

    def _page(
        self,
        request: web.Request,
        *,
        report: Mapping[str, Any] | None = None,
        kept: str = "",
        file: Mapping[str, Any] | None = None,
        problem: str = "",
        status: int = 200,
    ) -> web.StreamResponse:
        return render(request, self.template, status=status, report=report, kept=kept, file=file, problem=problem)
