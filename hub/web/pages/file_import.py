"""Import of a file: tried first, each row told, then taken in; between the two it is kept as a blob."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy import Connection

from hub.desk.import_report import Report
from hub.model.errors import HubError, NotFound, Refused
from hub.store import audit as acts
from hub.web import audit
from hub.web.auth import STAFF, allow
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, write
from hub.web.rendering import render
from hub.web.services import SERVICES, Services

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What is imported: `name` as in its address `/<name>/import`, its page, and who takes the bytes in."""

    name: str
    template: str
    take: Callable[[Services, bytes, bool], Awaitable[Report[Any]]]
    roles: tuple[str, ...] = WORKERS

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes of the page."""

        @allow(*self.roles)
        async def show(request: web.Request) -> web.StreamResponse:
            """Shows where to choose a file."""
            return self._page(request)

        @allow(*self.roles, body="files")
        async def take(request: web.Request) -> web.StreamResponse:
            """Tries a file, or imports the one that was tried."""
            return await self._post(request)

        path = f"/{self.name}/import"
        return [web.get(path, show), web.post(path, take)]

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
            report = await self.take(services, content, dry)
        except HubError as error:
            problem = " ".join(part for part in (error.message, error.next_step) if part)
            return self._page(request, problem=problem, status=status_of(error))
        if not dry:
            by = audit.by(request)

            def tell(conn: Connection, counts: dict[str, int]) -> None:
                acts.note(conn, by, f"{self.name}.imported", "", counts)

            await write(request, tell, report.counts)
        return self._page(request, report=report, kept=self._kept(request, sha256) if dry else "")

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
        report: Report[Any] | None = None,
        kept: str = "",
        problem: str = "",
        status: int = 200,
    ) -> web.StreamResponse:
        rows = sorted(report.rows, key=lambda row: row.outcome != "rejected") if report else []
        return render(
            request,
            self.template,
            status=status,
            report=report,
            shown=rows[:_SHOWN],
            kept=kept,
            problem=problem,
        )
