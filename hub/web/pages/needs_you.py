"""Needs you: what is wrong, why, and what mends it; and that everything else was looked at and is well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.needs import Needs, needs
from hub.model.errors import HubError, Refused
from hub.model.problem_codes import worded
from hub.store import audit as acts
from hub.store import problems
from hub.store.problems import Noted
from hub.web import audit
from hub.web.auth import STAFF, allow
from hub.web.i18n import N_, _
from hub.web.navigation import may_go
from hub.web.needs import NEEDS, PLACE
from hub.web.pages.fields import EVERYBODY, WORKERS, form_of, path_id, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

# A look may wait for slow servers; the page need not, but for so many times what it waits for the database.
_LOOK = 4
_NOBODY_LOOKS = timedelta(minutes=5)
_LATER: Mapping[str, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_LOOKS: set[asyncio.Task[None]] = set()
_JOBS: Mapping[str, str] = {
    "dispatch": N_("Sending what is due"),
    "plan": N_("Planning reminders"),
    "days": N_("Planning greetings and service reminders"),
    "reconcile": N_("Looking up doubtful messages"),
    "sent_copies": N_("Keeping copies of what was sent"),
    "media": N_("Fetching pictures and recordings"),
    "uploads": N_("Reading uploads"),
    "sweep": N_("Removing files nobody refers to"),
    "recall": N_("Asking the provider of %(channel)s what came"),
    "needs_you": N_("Looking for problems"),
    "try_channels": N_("Trying every channel"),
    "backup": N_("Making backups that are due"),
    "runs": N_("Carrying out campaigns"),
    "rates": N_("Watching how much comes back"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A problem in the words of its reader; `said` is what a server or a fault said, verbatim."""

    id: int
    code: str
    place: str
    severity: str
    message: str
    cause: str
    mend: str
    said: str
    label: str
    path: str
    command: str
    posts: bool
    since: datetime
    hidden_until: datetime | None
    ended_at: datetime | None


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what needs somebody, and how every job and channel is doing."""
    services = request.app[SERVICES]
    now, sections = services.clock(), services.settings.channels

    def ask(conn: Connection, names: list[str]) -> Needs:
        return needs(conn, now, names)

    found = await read(request, ask, list(sections))
    return render(
        request,
        "needs_you.html",
        problems=[_shown(each) for each in found.problems],
        may_go=lambda path: may_go(request, request[STAFF], path),
        hidden=[_shown(each) for each in found.hidden],
        ended=[_shown(each) for each in found.ended],
        channels=found.channels,
        jobs=[(_job_words(job.name), job) for job in found.jobs],
        looked_at=found.looked_at,
        nobody_looks=found.looked_at is None or now - found.looked_at > _NOBODY_LOOKS,
        sections=sections,
    )


@allow(*WORKERS)
async def look_again(request: web.Request) -> web.StreamResponse:
    """Looks at everything now; a server that is slow to answer is told of when it has."""
    look = asyncio.create_task(_look(request.app))
    _LOOKS.add(look)
    look.add_done_callback(_LOOKS.discard)
    patience = _LOOK * request.app[SERVICES].settings.limits.patience_seconds
    done, _waiting = await asyncio.wait({look}, timeout=patience)
    if not done:
        return redirect(request, PLACE, say=_("Still looking: a server is slow to answer. Load this page in a moment."))
    look.result()
    return redirect(request, PLACE, say=_("Everything was looked at just now."))


@allow(*WORKERS)
async def later(request: web.Request) -> web.StreamResponse:
    """Puts a problem off. Raises NotFound, and Refused."""
    number, chosen = path_id(request), text_of(await form_of(request), "for")
    if chosen not in _LATER:
        raise Refused(_("Choose for how long."), field="for")
    await _put_off(request, number, request.app[SERVICES].clock() + _LATER[chosen])
    return redirect(request, PLACE, say=_("It is put off; it comes back by itself if it is still there then."))


@allow(*WORKERS)
async def now(request: web.Request) -> web.StreamResponse:
    """Shows a problem again that was put off. Raises NotFound."""
    await _put_off(request, path_id(request), None)
    return redirect(request, PLACE)


async def _put_off(request: web.Request, number: int, until: datetime | None) -> None:
    by = audit.by(request)

    def change(conn: Connection, problem_id: int) -> None:
        problem = problems.put_off(conn, problem_id, until)
        detail = {"code": problem.code, "place": problem.place, "until": until.isoformat() if until else ""}
        acts.note(conn, by, "problem.put_off" if until else "problem.shown", f"problem/{problem_id}", detail)

    await write(request, change, number)
    request.app[NEEDS].forget()


async def _look(app: web.Application) -> None:
    try:
        await app[SERVICES].look_again()
    except HubError as error:
        log.warning("Nobody looked for problems: %s", error.message)
        raise
    finally:
        app[NEEDS].forget()


def _shown(problem: Noted) -> Shown:
    words = worded(problem.code, problem.place, problem.seen, _)
    told = asdict(words) if words else {name: getattr(problem, name) for name in ("message", "cause", "mend")}
    action: Mapping[str, Any] = problem.action or {}
    return Shown(
        id=problem.id,
        code=problem.code,
        place=problem.place,
        severity=problem.severity.value,
        **told,
        said=str(problem.seen.get("said", "")),
        label=_(str(action.get("label", ""))),
        path=str(action.get("path", "")),
        command=str(action.get("command", "")),
        posts=bool(action.get("posts")),
        since=problem.since,
        hidden_until=problem.hidden_until,
        ended_at=problem.ended_at,
    )


def _job_words(name: str) -> str:
    kind, _space, channel = name.partition(" ")
    return _(_JOBS[kind]) % {"channel": channel} if kind in _JOBS else name


def routes() -> list[web.RouteDef]:
    return [
        web.get(PLACE, show),
        web.post(f"{PLACE}/look", look_again),
        web.post(rf"{PLACE}/{{id:\d+}}/later", later),
        web.post(rf"{PLACE}/{{id:\d+}}/now", now),
    ]
