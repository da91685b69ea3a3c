"""What needs somebody, as every page shows it: the number beside its place, asked for at most every few seconds."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from aiohttp import web

from hub.model.errors import HubError
from hub.model.problem import Severity
from hub.store import problems
from hub.web.auth.access import Handler
from hub.web.keys import STAFF
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

PLACE = "/needs-you"
_FRESH_SECONDS = 5.0


@dataclass(slots=True)
class Needs:
    """How many problems of each severity were open and not put off when somebody last looked."""

    counts: dict[Severity, int] = field(default_factory=dict)
    asked_at: float = 0.0

    @property
    def number(self) -> int:
        """How many need somebody; what is only good to know does not count."""
        return self.counts.get(Severity.ERROR, 0) + self.counts.get(Severity.WARNING, 0)

    @property
    def is_grave(self) -> bool:
        return self.counts.get(Severity.ERROR, 0) > 0

    def forget(self) -> None:
        """Makes the next page ask again."""
        self.asked_at = 0.0


NEEDS = web.AppKey("needs", Needs)


@web.middleware
async def with_needs(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Knows the number before a staff page is drawn."""
    if not request.path.startswith(("/api/", "/hooks/")) and STAFF in request:
        await _refresh(request.app)
    return await handler(request)


def prepare(app: web.Application) -> None:
    """Starts without a number."""
    app[NEEDS] = Needs()


async def _refresh(app: web.Application) -> None:
    needs, services = app[NEEDS], app[SERVICES]
    now = time.monotonic()
    if needs.asked_at and now - needs.asked_at < _FRESH_SECONDS:
        return
    needs.asked_at = now
    try:
        needs.counts = await services.database.read(problems.counts, services.clock())
    except HubError as error:
        log.warning("What needs somebody could not be counted: %s", error.message)
